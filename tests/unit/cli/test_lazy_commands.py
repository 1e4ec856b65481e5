"""The command line imports what a command needs, when it is called."""

import gc
import subprocess
import sys
from pathlib import Path

import pytest

from service.cli import COMMANDS, commands, main
from service.cli.errors import CommandError, is_spoken
from service.cli.lazy import LazyCommand, load

HEAVY = {
    "sqlalchemy",
    "sqlmodel",
    "asyncpg",
    "fastapi",
    "uvicorn",
    "polars",
    "alembic",
    "pgqueuer",
    "httpx",
    "numpy",
}


def modules_after(code: str) -> set[str]:
    """Run `code` in a fresh interpreter and give the top-level modules that it imported."""
    script = f"import sys\ntry:\n    {code}\nfinally:\n    sys.stderr.write(' '.join(sys.modules))"
    ended = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    return {name.partition(".")[0] for name in ended.stderr.split()}


@pytest.mark.parametrize(
    "code",
    [
        "import service.cli",
        "import service.cli; sys.argv[1:] = ['--help']; service.cli.main()",
        "import service.cli; sys.argv[1:] = ['version']; service.cli.main()",
    ],
)
def test_command_line_itself_imports_nothing_heavy(code: str) -> None:
    modules = modules_after(code)
    assert "typer" in modules
    assert modules & HEAVY == set()


def run(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> int | str | None:
    monkeypatch.setattr(sys, "argv", ["commonground", *arguments])
    with pytest.raises(SystemExit) as ended:
        main()
    return ended.value.code


def test_help_lists_every_command_with_a_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(monkeypatch, "--help") == 0
    said = capsys.readouterr().out
    for name, command in COMMANDS.items():
        assert name in said
        assert command.help.split(".")[0][:20] in said


@pytest.mark.parametrize(
    ("name", "option"), [("serve", "--port"), ("worker", "--data-dir"), ("migrate", "--create-roles")]
)
def test_help_of_a_command_shows_its_own_options(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], name: str, option: str
) -> None:
    assert run(monkeypatch, name, "--help") == 0
    assert option in capsys.readouterr().out


def test_unknown_command_is_a_usage_error(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(monkeypatch, "conquer") == 2
    assert "conquer" in capsys.readouterr().err


def test_command_without_the_server_extra_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "uvicorn", None)  # as if it were not installed
    monkeypatch.delitem(sys.modules, "service.cli.running", raising=False)
    monkeypatch.delitem(sys.modules, "service.cli.serve", raising=False)
    with pytest.raises(CommandError, match=r"pip install 'commonground\[server\]'"):
        load("serve", COMMANDS["serve"])


def test_missing_module_of_our_own_is_no_missing_extra() -> None:
    with pytest.raises(ModuleNotFoundError):
        load("gone", LazyCommand("service.cli.gone:gone", "…"))


def failing(error: Exception) -> LazyCommand:
    """A command that raises `error`, reachable as an attribute of this test's own module."""

    def fail() -> None:
        raise error

    module = type(sys)("commonground_test_failing")
    module.fail = fail  # type: ignore[attr-defined]
    sys.modules["commonground_test_failing"] = module
    return LazyCommand("commonground_test_failing:fail", "…")


def test_error_that_speaks_for_itself_is_one_line_with_its_exit_code(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(
        commands._lazy, "fail", failing(CommandError("The list has no name column.", exit_code=3))
    )
    assert run(monkeypatch, "fail") == 3
    assert capsys.readouterr().err == "commonground: The list has no name column.\n"


def test_programming_error_keeps_its_traceback(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(commands._lazy, "fail", failing(ZeroDivisionError("a mistake of ours")))
    monkeypatch.setattr(sys, "argv", ["commonground", "fail"])
    with pytest.raises(ZeroDivisionError):
        main()


def test_errors_that_rooms_name_speak_for_themselves() -> None:
    from service.db.errors import EmbeddedServerError  # noqa: PLC0415

    assert is_spoken(EmbeddedServerError("too long"))
    assert not is_spoken(ValueError("…"))


@pytest.mark.parametrize("ending", ["", "raise LookupError"])
def test_no_garbage_is_looked_for_while_a_command_is_imported_and_then_it_is_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ending: str
) -> None:
    made = tmp_path / "looked_at_by_a_test.py"
    made.write_text(f"import gc\nmeanwhile = gc.isenabled()\n{ending}\ndef seen() -> None: pass\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    command = LazyCommand("looked_at_by_a_test:seen", "")
    try:
        if ending:
            with pytest.raises(LookupError):
                load("seen", command)
        else:
            load("seen", command)
            assert not sys.modules["looked_at_by_a_test"].meanwhile
        assert gc.isenabled()
        assert gc.get_freeze_count() > 0 or ending
    finally:
        sys.modules.pop("looked_at_by_a_test", None)
