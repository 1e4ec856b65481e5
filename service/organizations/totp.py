"""Judging the codes of a second factor: of an authenticator app, or one that was written down. Each is good once."""

from typing import Final

from sqlmodel import col, delete, update

from service.crypto import SERVICE, DataKeys, Keystore, SecretName
from service.db.sealed import SealedColumn
from service.db.sessions import WriteSession
from service.kit.clock import Clock
from service.organizations.models import Person, RecoveryCode
from service.organizations.one_time import matching_step, new_recovery_codes, recovery_text
from service.organizations.tokens import keyed

SEALED_SECRET: Final = SealedColumn("person", "totp_secret", of_service=True)


async def verify_code(
    session: WriteSession, keystore: Keystore, clock: Clock, person: Person, code: str
) -> bool:
    """Whether the code is one of the person's, which it then isn't again. `person` is locked and belongs to `session`."""
    if person.totp_confirmed_at is None:
        return False
    return take_step(keystore, clock, person, code) or await _take_recovery(
        session, keystore, clock, person, code
    )


def sealed_secret(keystore: Keystore, person: Person, secret: bytes) -> bytes:
    """The secret as it is stored, bound to its person."""
    return DataKeys(keystore, SERVICE).seal(secret, SEALED_SECRET.place(person.id))


def take_step(keystore: Keystore, clock: Clock, person: Person, code: str) -> bool:
    """Whether it is a code of the person's app, confirmed or not, that wasn't taken before; notes that it is now."""
    if person.totp_secret is None:
        return False
    secret = DataKeys(keystore, SERVICE).open(person.totp_secret, SEALED_SECRET.place(person.id))
    step = matching_step(secret, code, clock.now(), after=person.totp_step)
    if step is not None:
        person.totp_step = step
    return step is not None


async def _take_recovery(
    session: WriteSession, keystore: Keystore, clock: Clock, person: Person, code: str
) -> bool:
    text = recovery_text(code)
    if text is None:
        return False
    # Found by the keyed hash: whoever measures how long the index takes learns nothing of a code.
    taken = await session.execute(
        update(RecoveryCode)
        .where(
            col(RecoveryCode.person_id) == person.id,
            col(RecoveryCode.digest) == _digest(keystore, person, text),
            col(RecoveryCode.used_at).is_(None),
        )
        .values(used_at=clock.now())
        .returning(col(RecoveryCode.person_id))
        .execution_options(synchronize_session=False)
    )
    return taken.first() is not None


async def replace_recovery_codes(session: WriteSession, keystore: Keystore, person: Person) -> list[str]:
    """New codes in place of the old ones; they are stored as keyed hashes."""
    await session.execute(delete(RecoveryCode).where(col(RecoveryCode.person_id) == person.id))
    codes = new_recovery_codes()
    for text in filter(None, map(recovery_text, codes)):
        session.add(RecoveryCode(person_id=person.id, digest=_digest(keystore, person, text), used_at=None))
    return codes


async def forget_factor(session: WriteSession, person: Person) -> None:
    """Ask for codes no more: neither of the app nor those that were written down. `person` belongs to `session`."""
    person.totp_secret = person.totp_confirmed_at = person.totp_step = None
    await session.execute(delete(RecoveryCode).where(col(RecoveryCode.person_id) == person.id))


def _digest(keystore: Keystore, person: Person, text: str) -> bytes:
    key = keystore.get_or_create(SecretName("people", "service")).reveal()
    return keyed(key, "recovery", str(person.id), text)
