"""The letter to an address that somebody wants to sign up with: it brings a link, or says that there is an account already."""

from datetime import datetime
from uuid import UUID

from service.db.database import Database
from service.db.sessions import WriteSession
from service.kit.clock import Clock
from service.kit.mail import Letter
from service.organizations.letters.texts import LetterKind, link_to, said, write
from service.organizations.models import LinkPurpose, PersonLink
from service.organizations.people_repository import Persons
from service.organizations.rules import SIGN_UP_LASTS
from service.organizations.session_repository import Links
from service.organizations.tokens import digest_of, link_digest, new_link


def await_link(session: WriteSession, about: UUID, email: str, now: datetime) -> None:
    """Keep an address until its letter is written; the row is found by `about` and opens nothing."""
    session.add(
        PersonLink(
            digest=_awaited(about), purpose=LinkPurpose.SIGN_UP, person_id=None, email=email, proves_email=True,
            created_at=now, expires_at=now + SIGN_UP_LASTS, used_at=None,
        )
    )  # fmt: skip


async def sign_up_letter(database: Database, clock: Clock, public_url: str, about: UUID) -> Letter | None:
    """None once the address is kept no more. A second run draws another link, since the first may have reached nobody."""
    now = clock.now()
    async with database.directory() as session:
        found = await Links(session).look(_awaited(about), LinkPurpose.SIGN_UP, now)
        if found is None or found.email is None:
            return None
        values = {"server": public_url.partition("://")[2]}
        if await Persons(session).by_email(found.email) is not None:
            return write(LetterKind.KNOWN_ALREADY, found.email, values)
        link = new_link()
        session.add(
            PersonLink(
                digest=link_digest(link), purpose=LinkPurpose.SIGN_UP, person_id=None, email=found.email,
                proves_email=True, created_at=now, expires_at=found.expires_at, used_at=None,
            )
        )  # fmt: skip
        values |= {"link": link_to(public_url, LetterKind.SIGN_UP, link), "until": said(found.expires_at)}
        return write(LetterKind.SIGN_UP, found.email, values)


def _awaited(about: UUID) -> bytes:
    """No link has this digest: links are of another form."""
    return digest_of(f"awaited {about}")
