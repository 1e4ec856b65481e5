"""Checks of the key-encryption key and the keystore."""

from pathlib import Path

from service.cli.doctor.findings import Finding, fail, ok, refused, warn
from service.cli.words import counted
from service.crypto import FileKeystore, KekFile
from service.crypto.errors import RecordError, SecretMissingError, WrongKekError
from service.crypto.files import is_draft
from service.crypto.rotation import wraps
from service.settings import Settings

_MOST_NAMED = 3


def kek(settings: Settings) -> list[Finding]:
    path, found = settings.kek_path, list[Finding]()
    if not path.exists() and not _has_secrets(settings.keystore_folder):
        return [
            warn(
                "kek",
                f"{path} isn't there yet",
                f"make it with `commonground kek create {path}`, and keep a copy",
            )
        ]
    with refused("kek", found, "bring the file back from its copy, mode 0600, owned by the service's user"):
        file = KekFile(path)
        folder = path.parent.stat().st_mode & 0o777
        if folder & 0o022:
            found.append(
                fail(
                    "kek",
                    f"others may replace {path}: its folder has mode {folder:o}",
                    f"chmod 700 {path.parent}",
                )
            )
        found.append(ok("kek", f"{file.kek_id} wraps, of {len(file.kek_ids)} in {path}"))
    return found


def keystore(settings: Settings) -> list[Finding]:
    folder, found = settings.keystore_folder, list[Finding]()
    if not folder.exists():
        return [warn("keystore", f"{folder} isn't there yet", "the first organization's keys make it")]
    if not folder.is_dir():
        return [
            fail(
                "keystore", f"{folder} is no folder", "let COMMONGROUND_KEYSTORE_DIR name the folder of keys"
            )
        ]
    with refused("keystore", found, "mend that first: nothing can be read without it"):
        file = KekFile(settings.kek_path)
        store = FileKeystore(folder, file)
        stones = len(store.buried())
        found.extend(_closed(store))
        if not found:
            found.append(
                ok(
                    "keystore",
                    f"every one opens: {counted(len(store.names()), 'secret')}; {counted(stones, 'erasure')} noted",
                )
            )
        found.extend(_unfinished(file, store))
    return found


def _closed(store: FileKeystore) -> list[Finding]:
    """Secrets that don't open, each with its reason."""
    reasons = []
    for name in store.names():
        try:
            store.get(name)
        except (WrongKekError, RecordError) as error:
            reasons.append(str(error))
        except SecretMissingError:
            continue
    if not reasons:
        return []
    more = f" (and {len(reasons) - _MOST_NAMED} more)" if len(reasons) > _MOST_NAMED else ""
    return [
        fail(
            "keystore",
            f"{counted(len(reasons), 'secret')} can't be opened: {'; '.join(reasons[:_MOST_NAMED])}{more}",
            "add the missing version to the key file from its copy, or bring the secrets back with "
            "`commonground backup restore-keystore`",
        )
    ]


def _unfinished(file: KekFile, store: FileKeystore) -> list[Finding]:
    found = []
    try:
        older = wraps(store)
    except RecordError:  # told already
        return []
    del older[file.kek_id]
    if older:
        found.append(
            warn(
                "keystore",
                f"{counted(sum(older.values()), 'secret')} under an older key",
                "run `commonground kek rotate`",
            )
        )
    drafts = sum(1 for path in store.folder.iterdir() if is_draft(path.name))
    if drafts:
        found.append(
            warn(
                "keystore",
                f"{counted(drafts, 'draft')} left by killed processes",
                "`commonground kek rotate` removes them",
            )
        )
    return found


def _has_secrets(folder: Path) -> bool:
    return folder.is_dir() and any(folder.iterdir())
