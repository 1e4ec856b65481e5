"""The cryptographic core of the protocol `commonground/1` (docs/reference/protocol.md).

What works on whole columns stands in `service.crypto.columns` alone: it needs Polars, which most of the commands don't.
"""

from service.crypto.data_keys import SERVICE, DataKeys, DataPlace
from service.crypto.encoding import SUITE, line
from service.crypto.exchange import ExchangeKey
from service.crypto.file_keystore import FileKeystore
from service.crypto.identity import IdentityKey, Mode, Party, Side, safety_number
from service.crypto.invitation import InvitationCode, code_secret
from service.crypto.kek import KekFile, load_or_create_kek
from service.crypto.keystore import Keystore, MemoryKeystore
from service.crypto.outer import RestKey, RestPlace, outer_key, rest_key
from service.crypto.pair import PairKeys, agree_pair
from service.crypto.sealing import FieldPlace, SealKey, read_reference, reference_text
from service.crypto.secret import EvidenceKey, HmacKey, OuterKey, ReferenceKey, SecretBytes, TokenKey
from service.crypto.statement import (
    EpochBook,
    Pins,
    SignedStatement,
    Statement,
    parse_statement,
    sign_statement,
)
from service.crypto.streams import OpenedStream, SealingStream
from service.crypto.tombstones import Erased, Tombstone
from service.crypto.wrapping import KeyEncryptionKey, SecretName

__all__ = [
    "SERVICE",
    "SUITE",
    "DataKeys",
    "DataPlace",
    "EpochBook",
    "Erased",
    "EvidenceKey",
    "ExchangeKey",
    "FieldPlace",
    "FileKeystore",
    "HmacKey",
    "IdentityKey",
    "InvitationCode",
    "KekFile",
    "KeyEncryptionKey",
    "Keystore",
    "MemoryKeystore",
    "Mode",
    "OpenedStream",
    "OuterKey",
    "PairKeys",
    "Party",
    "Pins",
    "ReferenceKey",
    "RestKey",
    "RestPlace",
    "SealKey",
    "SealingStream",
    "SecretBytes",
    "SecretName",
    "Side",
    "SignedStatement",
    "Statement",
    "TokenKey",
    "Tombstone",
    "agree_pair",
    "code_secret",
    "line",
    "load_or_create_kek",
    "outer_key",
    "parse_statement",
    "read_reference",
    "reference_text",
    "rest_key",
    "safety_number",
    "sign_statement",
]
