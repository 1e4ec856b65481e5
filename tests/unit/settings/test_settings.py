"""Settings: what a development machine may leave out, a production server may not."""

from pathlib import Path

import pytest

from service.settings import (
    Environment,
    SettingsError,
    default_data_dir,
    load_settings,
    make_mailer,
    open_keystore,
    sign_on_config,
)

PRODUCTION = {
    "COMMONGROUND_ENVIRONMENT": "production",
    "DATABASE_URL": "postgresql://commonground_app:hush@db/commonground",
    "MATCHER_DATABASE_URL": "postgresql://commonground_matcher:hush@db/commonground",
    "COMMONGROUND_KEK_FILE": "/etc/commonground/kek",
    "COMMONGROUND_KEYSTORE_DIR": "/srv/commonground/keystore",
}


@pytest.fixture(autouse=True)
def no_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DATABASE_URL", "MATCHER_DATABASE_URL", "MIGRATOR_DATABASE_URL", *PRODUCTION):
        monkeypatch.delenv(name, raising=False)


def set_all(monkeypatch: pytest.MonkeyPatch, *, without: str | None = None) -> None:
    for name, value in PRODUCTION.items():
        if name != without:
            monkeypatch.setenv(name, value)


def test_nothing_set_is_development_on_the_embedded_server_for_this_machine_only() -> None:
    settings = load_settings()
    assert settings.environment is Environment.DEVELOPMENT
    assert settings.is_embedded
    assert (settings.host, settings.port) == ("127.0.0.1", 8000)
    assert settings.data_dir == default_data_dir()


def test_trusted_proxies_are_those_of_this_machine_unless_named(monkeypatch: pytest.MonkeyPatch) -> None:
    assert load_settings().trusted_proxies == ("127.0.0.1/32", "::1/128")
    monkeypatch.setenv("COMMONGROUND_TRUSTED_PROXIES", "172.17.0.1, 10.0.0.0/8,FD00::/8")
    assert load_settings().trusted_proxies == ("172.17.0.1/32", "10.0.0.0/8", "fd00::/8")


@pytest.mark.parametrize("wrong", ["*", "proxy.example", "10.0.0.1/8", "127.0.0.1;::1"])
def test_trusted_proxies_are_addresses_and_networks(monkeypatch: pytest.MonkeyPatch, wrong: str) -> None:
    monkeypatch.setenv("COMMONGROUND_TRUSTED_PROXIES", wrong)
    with pytest.raises(SettingsError, match="TRUSTED_PROXIES"):
        load_settings()


def test_keys_and_uploads_lie_beside_the_data_unless_named() -> None:
    settings = load_settings(data_dir=Path("/data"))
    assert settings.keystore_folder == Path("/data/keystore")
    assert settings.kek_path == Path("/data/secrets/kek")
    assert settings.upload_folder == Path("/data/uploads")


def test_production_with_everything_named_is_accepted(monkeypatch: pytest.MonkeyPatch) -> None:
    set_all(monkeypatch)
    settings = load_settings()
    assert not settings.is_embedded
    assert settings.kek_path == Path("/etc/commonground/kek")


@pytest.mark.parametrize("missing", ["COMMONGROUND_KEK_FILE", "COMMONGROUND_KEYSTORE_DIR", "DATABASE_URL"])
def test_production_refuses_to_make_up_what_is_missing(monkeypatch: pytest.MonkeyPatch, missing: str) -> None:
    set_all(monkeypatch, without=missing)
    if missing == "DATABASE_URL":
        monkeypatch.delenv("MATCHER_DATABASE_URL")
    with pytest.raises(SettingsError, match=missing):
        load_settings()


def test_production_refuses_one_role_for_app_and_matcher(monkeypatch: pytest.MonkeyPatch) -> None:
    set_all(monkeypatch)
    monkeypatch.setenv("MATCHER_DATABASE_URL", PRODUCTION["DATABASE_URL"])
    with pytest.raises(SettingsError, match="MATCHER_DATABASE_URL"):
        load_settings()


def test_one_address_without_the_other_is_refused_everywhere(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", PRODUCTION["DATABASE_URL"])
    with pytest.raises(SettingsError, match="MATCHER_DATABASE_URL"):
        load_settings()


@pytest.mark.parametrize("name", ["DATABASE_URL", "MIGRATOR_DATABASE_URL", "BACKUP_DATABASE_URL"])
@pytest.mark.parametrize(
    "given",
    [
        "hush", "", "postgresql://[", "mysql://me:hush@db/x", "postgresql://me:hush@db:port/x", "postgresql://me:hu/sh@db/x",
        "postgresql:hush", "postgresql://me:hush@d b/x",
    ],
)  # fmt: skip
def test_address_that_cannot_be_read_is_named_and_not_shown(
    monkeypatch: pytest.MonkeyPatch, name: str, given: str
) -> None:
    set_all(monkeypatch)
    monkeypatch.setenv(name, given)
    with pytest.raises(SettingsError, match=f"^{name}: postgresql://ROLE:PASSWORD@HOST/DATABASE") as caught:
        load_settings()
    assert "hu" not in str(caught.value)


@pytest.mark.parametrize(
    "given",
    [
        "postgresql:///x?host=/run/postgresql", "postgresql://me@/x?host=%2Frun", "postgres://me:h%2Fush@[::1]:5433/x?sslmode=require",
        "postgresql://me:hush@one:5432,two:5433/x?target_session_attrs=read-write", "postgresql+asyncpg://me:hush@db/x",
    ],
)  # fmt: skip
def test_address_in_any_of_its_shapes_is_taken(monkeypatch: pytest.MonkeyPatch, given: str) -> None:
    set_all(monkeypatch)
    monkeypatch.setenv("MIGRATOR_DATABASE_URL", given)
    load_settings()


def test_wrong_value_is_named_by_its_variable_and_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COMMONGROUND_PORT", "hush-hush")
    with pytest.raises(SettingsError, match="COMMONGROUND_PORT") as caught:
        load_settings()
    assert "hush" not in str(caught.value)


def test_no_password_shows_when_settings_are_printed(monkeypatch: pytest.MonkeyPatch) -> None:
    set_all(monkeypatch)
    assert "hush" not in repr(load_settings())


def test_option_of_a_command_wins_over_the_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COMMONGROUND_PORT", "9000")
    assert load_settings(port=None).port == 9000
    assert load_settings(port=0).port == 0


def test_production_refuses_a_wrapping_key_that_is_not_there_and_makes_none(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    set_all(monkeypatch)
    monkeypatch.setenv("COMMONGROUND_KEK_FILE", str(tmp_path / "kek"))
    monkeypatch.setenv("COMMONGROUND_KEYSTORE_DIR", str(tmp_path / "keystore"))
    with pytest.raises(SettingsError, match="commonground kek create"):
        open_keystore(load_settings())
    assert not (tmp_path / "kek").exists()


def test_development_draws_a_wrapping_key(tmp_path: Path) -> None:
    open_keystore(load_settings(data_dir=tmp_path / "data"))
    assert load_settings(data_dir=tmp_path / "data").kek_path.exists()


MAIL = {
    "COMMONGROUND_SMTP_URL": "smtp://post:hush@mail.example",
    "COMMONGROUND_MAIL_FROM": "Common Ground <no-reply@cg.example>",
    "COMMONGROUND_PUBLIC_URL": "https://cg.example/",
}
SIGN_ON = {
    "COMMONGROUND_SSO_ISSUER": "https://id.example",
    "COMMONGROUND_SSO_CLIENT_ID": "cg",
    "COMMONGROUND_SSO_CLIENT_SECRET": "hush",
    "COMMONGROUND_PUBLIC_URL": "https://cg.example",
}


def test_without_a_mail_server_no_letter_leaves_and_links_begin_with_host_and_port() -> None:
    assert not make_mailer(load_settings()).is_set_up
    assert load_settings(port=9000).own_url == "http://127.0.0.1:9000"
    assert sign_on_config(load_settings()) is None


def test_a_mail_server_needs_sender_and_public_address(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COMMONGROUND_SMTP_URL", MAIL["COMMONGROUND_SMTP_URL"])
    with pytest.raises(SettingsError, match="COMMONGROUND_MAIL_FROM"):
        load_settings()
    for name, value in MAIL.items():
        monkeypatch.setenv(name, value)
    settings = load_settings()
    assert make_mailer(settings).is_set_up
    assert settings.own_url == "https://cg.example"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("COMMONGROUND_SMTP_URL", "http://hush@mail"),
        ("COMMONGROUND_MAIL_FROM", "hush"),
        ("COMMONGROUND_PUBLIC_URL", "https://cg.example/hush?x=1"),
    ],
)
def test_a_wrong_mail_setting_is_named_and_not_shown(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    for known, given in (MAIL | {name: value}).items():
        monkeypatch.setenv(known, given)
    with pytest.raises(SettingsError, match=name) as caught:
        load_settings()
    assert "hush" not in str(caught.value)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("COMMONGROUND_SMTP_URL", "smtp+plain://post:hush@mail.example"),
        ("COMMONGROUND_PUBLIC_URL", "http://cg.example"),
    ],
)
def test_production_refuses_letters_and_links_that_others_can_read(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    set_all(monkeypatch)
    for known, given in (MAIL | {name: value}).items():
        monkeypatch.setenv(known, given)
    with pytest.raises(SettingsError, match=name):
        load_settings()


def test_production_accepts_a_plain_mail_server_on_the_same_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    set_all(monkeypatch)
    for known, given in (MAIL | {"COMMONGROUND_SMTP_URL": "smtp+plain://localhost"}).items():
        monkeypatch.setenv(known, given)
    assert make_mailer(load_settings()).is_set_up


@pytest.mark.parametrize("missing", SIGN_ON)
def test_single_sign_on_is_set_up_whole_or_not_at_all(monkeypatch: pytest.MonkeyPatch, missing: str) -> None:
    for name, value in SIGN_ON.items():
        if name != missing:
            monkeypatch.setenv(name, value)
    with pytest.raises(SettingsError, match=missing):
        load_settings()


def test_single_sign_on_reads_its_domains_as_a_list(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in SIGN_ON.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("COMMONGROUND_SSO_EMAIL_DOMAINS", "Acme.example, other.example")
    config = sign_on_config(load_settings())
    assert config is not None
    assert config.email_domains == {"acme.example", "other.example"}
    assert config.redirect_uri == "https://cg.example/v1/sso/callback"
    assert "hush" not in repr(config)


@pytest.mark.parametrize(
    ("name", "value"),
    [("COMMONGROUND_SSO_PEOPLE", "anyone"), ("COMMONGROUND_SSO_ISSUER", "http://id.example")],
)
def test_single_sign_on_refuses_what_lets_strangers_in(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    for known, given in (SIGN_ON | {name: value}).items():
        monkeypatch.setenv(known, given)
    with pytest.raises(SettingsError, match=r"SSO_EMAIL_DOMAINS|SSO_ISSUER"):
        load_settings()


def test_open_sign_up_needs_mail_to_prove_addresses(monkeypatch: pytest.MonkeyPatch) -> None:
    assert load_settings().sign_up == "invited"
    monkeypatch.setenv("COMMONGROUND_SIGN_UP", "open")
    with pytest.raises(SettingsError, match="COMMONGROUND_SMTP_URL"):
        load_settings()
    monkeypatch.setenv("COMMONGROUND_SMTP_URL", "smtp://mail.example:587")
    monkeypatch.setenv("COMMONGROUND_MAIL_FROM", "cg@example.com")
    monkeypatch.setenv("COMMONGROUND_PUBLIC_URL", "https://cg.example")
    assert load_settings().sign_up == "open"
