"""What the doctor says of a machine: folders, keys, disk, addresses."""

import json
import os
import socketserver
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from service.cli.doctor import machine
from service.cli.doctor.command import examine
from service.cli.doctor.findings import Finding, Status
from service.crypto import FileKeystore, KekFile, SecretBytes, SecretName, load_or_create_kek
from service.crypto.rotation import rotate_kek
from service.db.tools import packaged_major
from service.settings import Settings, load_settings
from tests.support.processes import run_command
from tests.support.small_disk import needs_root, small_disk

ORG = "0190a000-0000-7000-8000-00000000000a"
NAME = SecretName("ik", ORG)
GIB = 1024**3


@pytest.fixture(autouse=True)
def bare_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in list(os.environ):
        if name.startswith("COMMONGROUND_") or name.endswith(("DATABASE_URL", "FORWARDED_ALLOW_IPS")):
            monkeypatch.delenv(name)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """With a key file and one secret."""
    made = load_settings(data_dir=tmp_path / "data")
    FileKeystore(made.keystore_folder, load_or_create_kek(made.kek_path)).put_new(NAME, SecretBytes.draw())
    return made


def of(found: list[Finding], check: str, status: Status) -> str:
    chosen = [finding for finding in found if (finding.check, finding.status) == (check, status)]
    assert chosen, [finding.line() for finding in found]
    assert status is Status.OK or all(finding.mend for finding in chosen)
    return " ".join(finding.line() for finding in chosen)


def test_sound_machine_fails_nothing(settings: Settings) -> None:
    found = machine.check_machine(settings)
    assert [finding.line() for finding in found if finding.status is Status.FAIL] == []
    assert "every one opens: 1 secret; 0 erasures noted" in of(found, "keystore", Status.OK)


def test_machine_before_its_first_start_is_only_told_what_comes(tmp_path: Path) -> None:
    found = machine.check_machine(load_settings(data_dir=tmp_path / "data"))
    assert {finding.check for finding in found if finding.status is Status.WARN} == {
        "data", "kek", "keystore", "embedded",
    }  # fmt: skip
    assert not (tmp_path / "data").exists()


def test_missing_kek_of_a_keystore_is_found(settings: Settings) -> None:
    settings.kek_path.unlink()
    found = machine.check_machine(settings)
    assert "from its copy" in of(found, "kek", Status.FAIL)
    of(found, "keystore", Status.FAIL)
    assert not settings.kek_path.exists()


@pytest.mark.parametrize("mode", [0o640, 0o604])
def test_kek_that_others_read_is_found(settings: Settings, mode: int) -> None:
    settings.kek_path.chmod(mode)
    assert "chmod 600" in of(machine.check_machine(settings), "kek", Status.FAIL)


def test_kek_that_others_may_replace_is_found(settings: Settings) -> None:
    settings.kek_path.parent.chmod(0o777)
    assert "chmod 700" in of(machine.check_machine(settings), "kek", Status.FAIL)


def test_keystore_that_others_enter_is_found(settings: Settings) -> None:
    settings.keystore_folder.chmod(0o755)
    assert "chmod 700" in of(machine.check_machine(settings), "keystore", Status.FAIL)


def test_secret_that_others_read_is_found(settings: Settings) -> None:
    next(settings.keystore_folder.iterdir()).chmod(0o644)
    assert "chmod 600" in of(machine.check_machine(settings), "keystore", Status.FAIL)


def test_wrong_kek_is_found_and_the_right_one_named(settings: Settings) -> None:
    right = KekFile(settings.kek_path).kek_id
    settings.kek_path.unlink()
    load_or_create_kek(settings.kek_path)
    assert f"wrapped by key-encryption key {right}" in of(
        machine.check_machine(settings), "keystore", Status.FAIL
    )


def test_damaged_secret_is_found(settings: Settings) -> None:
    next(settings.keystore_folder.iterdir()).write_bytes(b"nothing")
    said = of(machine.check_machine(settings), "keystore", Status.FAIL)
    assert "damaged" in said
    assert "restore-keystore" in said


@pytest.mark.parametrize(
    ("check", "name"),
    [
        ("keystore", "keystore_folder"),
        ("kek", "kek_path"),
        ("uploads", "upload_folder"),
        ("data", "data_dir"),
    ],
)
def test_file_for_a_folder_and_folder_for_a_file_are_findings_beside_the_others(
    settings: Settings, check: str, name: str
) -> None:
    path: Path = getattr(settings, name)
    if path.exists():
        path.rename(path.with_name("aside"))
    if check == "kek":
        path.mkdir(mode=0o700)
    else:
        path.write_text("no folder")
    found = machine.check_machine(settings)
    assert str(path) in of(found, check, Status.FAIL)
    assert {"settings", "disk", "mail"} <= {finding.check for finding in found}


def test_keystore_that_is_a_file_is_in_the_report(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    said, code = run_command(
        "doctor", "--json", data_dir=tmp_path / "data", COMMONGROUND_KEYSTORE_DIR=str(tmp_path / "file")
    )
    assert code == 1
    keystore = [check for check in json.loads(said)["checks"] if check["check"] == "keystore"]
    assert [check["said"] for check in keystore] == [f"{tmp_path / 'file'} is no folder"]


def test_unreadable_list_of_erasures_is_found(settings: Settings) -> None:
    ledger = settings.keystore_folder / ".tombstones"
    ledger.write_bytes(b"?\n")
    ledger.chmod(0o600)
    assert "names no erasure" in of(machine.check_machine(settings), "keystore", Status.FAIL)


def test_rotation_that_was_interrupted_is_found(settings: Settings) -> None:
    file = KekFile(settings.kek_path)
    file.add()
    assert "commonground kek rotate" in of(machine.check_machine(settings), "keystore", Status.WARN)
    rotate_kek(file, FileKeystore(settings.keystore_folder, file))
    assert Status.WARN not in {one.status for one in machine.keystore(settings)}


def test_draft_of_a_killed_process_is_found(settings: Settings) -> None:
    (settings.keystore_folder / "-.-.ik.service~1").touch(mode=0o600)
    assert "1 draft left" in of(machine.check_machine(settings), "keystore", Status.WARN)


@pytest.mark.parametrize(
    ("free", "status"), [(50 * GIB, Status.OK), (4 * GIB, Status.WARN), (GIB // 2, Status.FAIL)]
)
def test_full_disk_is_found(tmp_path: Path, free: int, status: Status) -> None:
    of([machine.space(tmp_path, free)], "disk", status)


@needs_root
def test_disk_of_the_uploads_alone_is_looked_at_too(settings: Settings) -> None:
    with small_disk(settings.upload_folder, 1_000_000) as folder:
        found = machine.disk(settings)
    assert [str(folder) in finding.said for finding in found if finding.status is Status.FAIL] == [True]


def test_upload_that_nobody_takes_is_found(settings: Settings) -> None:
    settings.upload_folder.mkdir()
    waiting = settings.upload_folder / "x.upload"
    waiting.touch()
    assert "1 waiting" in of(machine.spool(settings), "uploads", Status.OK)
    long_ago = time.time() - 100_000
    os.utime(waiting, (long_ago, long_ago))
    assert "more than a day" in of(machine.spool(settings), "uploads", Status.WARN)


def test_data_of_another_major_version_are_found(settings: Settings) -> None:
    data = settings.data_dir / "postgres"
    data.mkdir()
    (data / "PG_VERSION").write_text("14\n")
    said = of(examine(settings.data_dir), "embedded", Status.FAIL)
    assert "PostgreSQL 14's" in said
    assert "backup create" in said
    (data / "PG_VERSION").write_text(f"{packaged_major()}\n")
    of(machine.embedded_data(settings), "embedded", Status.OK)


def test_development_that_others_reach_is_found(tmp_path: Path) -> None:
    settings = load_settings(data_dir=tmp_path, host="0.0.0.0")  # noqa: S104 - the very thing
    assert "COMMONGROUND_ENVIRONMENT=production" in of(machine.environment(settings), "settings", Status.WARN)


def test_proxy_that_is_not_trusted_is_found(tmp_path: Path) -> None:
    behind = {"data_dir": tmp_path, "public_url": "https://ground.example"}
    open_to_all = load_settings(**behind, host="0.0.0.0")  # noqa: S104 - as in a container
    assert "TRUSTED_PROXIES" in of(machine.proxies(open_to_all), "proxies", Status.WARN)
    for fine in (
        load_settings(**behind),
        open_to_all.model_copy(update={"trusted_proxies": ("127.0.0.1/32", "172.17.0.1/32")}),
        open_to_all.model_copy(update={"public_url": None}),
    ):
        of(machine.proxies(fine), "proxies", Status.OK)


def test_proxies_named_where_the_service_does_not_look_are_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FORWARDED_ALLOW_IPS", "172.17.0.1")
    said = of(machine.proxies(load_settings(data_dir=tmp_path)), "proxies", Status.FAIL)
    assert "COMMONGROUND_TRUSTED_PROXIES" in said
    monkeypatch.setenv("COMMONGROUND_TRUSTED_PROXIES", "172.17.0.1")
    of(machine.proxies(load_settings(data_dir=tmp_path)), "proxies", Status.OK)


def test_address_without_tls_is_found(tmp_path: Path) -> None:
    settings = load_settings(data_dir=tmp_path, public_url="http://ground.example:8000")
    assert "TLS" in of(machine.public_url(settings), "address", Status.FAIL)
    for fine in ("http://127.0.0.1:8000", "https://ground.example"):
        of(machine.public_url(load_settings(data_dir=tmp_path, public_url=fine)), "address", Status.OK)


class Answering(socketserver.StreamRequestHandler):
    def handle(self) -> None:
        self.wfile.write(b"220 mail.example\r\n")
        for line in self.rfile:
            quits = line.upper().startswith(b"QUIT")
            self.wfile.write(b"221 bye\r\n" if quits else b"250 mail.example\r\n")
            if quits:
                return


@pytest.fixture
def mail_port() -> Iterator[int]:
    """Of a mail server that offers nothing."""
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Answering) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server.server_address[1]
        server.shutdown()
        thread.join()


def with_mail(folder: Path, url: str) -> Settings:
    return load_settings(
        data_dir=folder, smtp_url=url, mail_from="a@mail.example", public_url="https://ground.example"
    )


def test_mail_server_is_asked(tmp_path: Path, mail_port: int) -> None:
    plain = with_mail(tmp_path, f"smtp+plain://127.0.0.1:{mail_port}")
    assert "answers" in of(machine.smtp(plain), "mail", Status.OK)
    sealed = with_mail(tmp_path, f"smtp://127.0.0.1:{mail_port}")
    assert "no STARTTLS" in of(machine.smtp(sealed), "mail", Status.FAIL)
    away = with_mail(tmp_path, "smtp://user:hidden@127.0.0.1:1")
    said = of(machine.smtp(away), "mail", Status.FAIL)
    assert "COMMONGROUND_SMTP_URL" in said
    assert "hidden" not in said


def test_wrong_setting_is_a_finding(tmp_path: Path) -> None:
    said, code = run_command("doctor", data_dir=tmp_path, COMMONGROUND_PORT="door")
    assert code == 1
    assert said.startswith("fail  settings   COMMONGROUND_PORT: ")


def test_doctor_speaks_json_and_fails_with_one(tmp_path: Path) -> None:
    nowhere = "postgresql://commonground_app:hidden@127.0.0.1:1/none"
    given = {"DATABASE_URL": nowhere, "MATCHER_DATABASE_URL": nowhere}
    said, code = run_command("doctor", "--json", data_dir=tmp_path / "data", **given)
    told = json.loads(said)
    assert code == 1
    assert told["status"] == "fail"
    assert {check["check"] for check in told["checks"] if check["status"] == "fail"} == {"database"}
    assert all({"check", "status", "said", "mend"} == set(check) for check in told["checks"])
    assert "hidden" not in said
    assert not (tmp_path / "data").exists()


def test_doctor_says_one_line_a_check_and_ends_well_before_a_first_start(tmp_path: Path) -> None:
    said, code = run_command("doctor", data_dir=tmp_path / "data")
    assert code == 0
    assert all(line.split()[0] in {"ok", "warn"} for line in said.splitlines())
