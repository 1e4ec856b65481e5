"""What the operations of people work with, and the one way to make a person."""

from dataclasses import dataclass, field
from datetime import timedelta
from uuid import UUID

from sqlalchemy.exc import IntegrityError

from service.crypto import Keystore, SecretName
from service.db.database import Database
from service.db.sessions import WriteSession
from service.kit.clock import Clock
from service.kit.ids import Ids
from service.organizations.errors import SignInFirstError
from service.organizations.models import LinkPurpose, Person, PersonLink
from service.organizations.passwords import Passwords
from service.organizations.tokens import keyed, link_digest, new_link

_LONGEST_NAME = 200


@dataclass(frozen=True, slots=True)
class People:
    """The parts that operations of people need."""

    database: Database
    keystore: Keystore
    clock: Clock
    ids: Ids
    passwords: Passwords
    public_url: str = "http://127.0.0.1:8000"
    letters_leave: bool = False
    """Whether a mail server is set up; without one a link is shown to whoever invites, and to nobody else."""
    sign_up_is_open: bool = False

    def keyed(self, purpose: str, *values: str) -> bytes:
        """A hash under the service's own key, of what must not be stored or told as it is."""
        return keyed(self.keystore.get_or_create(SecretName("people", "service")).reveal(), purpose, *values)


@dataclass(frozen=True, slots=True)
class Device:
    """From where somebody signs in: the address as the proxy tells it, and what the browser says it is."""

    address: str = field(repr=False)
    user_agent: str = field(repr=False)


async def add_person(
    session: WriteSession, people: People, *, email: str, name: str, password_hash: str | None, proven: bool
) -> Person:
    """A new person; `email` normal. `proven`: they have shown that the address is theirs. SignInFirstError if it is taken."""
    now = people.clock.now()
    person = Person(
        id=people.ids.new(), email=email, name=name[:_LONGEST_NAME], password_hash=password_hash,
        password_changed_at=now if password_hash else None, email_verified_at=now if proven else None,
        totp_secret=None, totp_confirmed_at=None, totp_step=None, created_at=now, disabled_at=None,
    )  # fmt: skip
    try:
        async with session.savepoint():
            session.add(person)
    except IntegrityError:
        raise SignInFirstError from None
    return person


def add_link(
    session: WriteSession,
    people: People,
    purpose: LinkPurpose,
    lasts: timedelta,
    *,
    person_id: UUID | None = None,
    email: str | None = None,
    proves_email: bool = False,
) -> str:
    """The text of a new link, which is stored nowhere."""
    text, now = new_link(), people.clock.now()
    session.add(
        PersonLink(
            digest=link_digest(text), purpose=purpose, person_id=person_id, email=email,
            proves_email=proves_email, created_at=now, expires_at=now + lasts, used_at=None,
        )
    )  # fmt: skip
    return text
