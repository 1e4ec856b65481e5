"""The service's own secret `R` of a partnership and epoch: the outer key, and the key of what rests beside tokens."""

import os
from dataclasses import dataclass

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from service.crypto.encoding import check_id, line, number
from service.crypto.record import RecordKey
from service.crypto.secret import OuterKey, RandomBytes, SecretBytes


@dataclass(frozen=True, slots=True)
class RestPlace:
    """Where a blob rests: proofs, codes and records of one organization's segment of one kind, in one column."""

    org: str
    kind: str
    segment: str | int
    column: str

    def parts(self) -> tuple[str, str, str | int, str]:
        return check_id(self.org, "organization"), self.kind, self.segment, self.column


class RestKey(RecordKey):
    """`Rr`: without it, what was stored beside the tokens of an ended epoch is unreadable in every backup."""

    __slots__ = ("_epoch",)

    def __init__(self, secret: SecretBytes, partnership: str, epoch: int) -> None:
        super().__init__(secret)
        self._epoch = _epoch_parts(partnership, epoch)

    def store(self, plain: bytes, place: RestPlace, random_bytes: RandomBytes = os.urandom) -> bytes:
        return self.close(plain, self._bound_to(place), random_bytes)

    def load(self, record: bytes, place: RestPlace) -> bytes:
        """RecordError if the blob was changed or comes from another row, column, partnership or epoch."""
        return self.open(record, self._bound_to(place))

    def _bound_to(self, place: RestPlace) -> bytes:
        return line("rest", *self._epoch, *place.parts())


def outer_key(secret: SecretBytes, partnership: str, epoch: int) -> OuterKey:
    """`Ro` of `R`."""
    return OuterKey.of(_derive(secret, line("match", *_epoch_parts(partnership, epoch))))


def rest_key(secret: SecretBytes, partnership: str, epoch: int) -> RestKey:
    """`Rr` of `R`."""
    derived = _derive(secret, line("rest", *_epoch_parts(partnership, epoch)))
    return RestKey(SecretBytes(derived), partnership, epoch)


def _derive(secret: SecretBytes, info: bytes) -> bytes:
    return HKDF(algorithm=SHA256(), length=32, salt=None, info=info).derive(secret.reveal())


def _epoch_parts(partnership: str, epoch: int) -> tuple[str, int]:
    return check_id(partnership, "partnership"), number(epoch, "an epoch", at_least=1)
