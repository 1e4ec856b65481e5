"""What the cryptographic core refuses.

CryptoError
├── EncodingError               a part, id, number or text outside the protocol's encodings
│   └── KeyTextError            a key text or value of a column; never printed
├── KeyMaterialError            a key of another form or length
│   └── ExchangeKeyError        an X25519 key that gives no secret
├── SecretCopyError             an attempt to pickle or copy a secret
├── StatementError              an epoch statement that can't be believed
│   ├── SignatureError
│   ├── PinMismatchError        another partnership, epoch, identity or mode than pinned
│   ├── EpochOrderError         a repeated or skipped epoch
│   └── SecondStatementError    two exchange keys for one epoch
├── ConfirmationError           the two sides did not derive the same keys
├── RecordError                 a sealed or wrapped record that does not open
│   ├── RecordVersionError
│   ├── DataKeyMissingError     sealed under a version of the data key that is no longer there
│   └── StaleRevisionError
└── KeystoreError
    ├── SecretMissingError
    ├── SecretExistsError
    ├── WrongKekError           wrapped under another key-encryption key
    ├── KekFileError
    ├── KekInUseError           an old version still wraps something
    ├── DataKeyInUseError       an old version may still be what something is sealed under
    ├── CopyError               a copy of the keystore that can't be made there, or isn't whole
    ├── TombstonesError         the record of what was erased can't be read
    └── OpenToOthersError       a file or folder that others on the machine can read
"""


class CryptoError(Exception):
    """Base of everything that the cryptographic core refuses."""


class EncodingError(CryptoError): ...


class KeyTextError(EncodingError): ...


class KeyMaterialError(CryptoError): ...


class ExchangeKeyError(KeyMaterialError): ...


class SecretCopyError(CryptoError, TypeError): ...


class StatementError(CryptoError): ...


class SignatureError(StatementError): ...


class PinMismatchError(StatementError): ...


class EpochOrderError(StatementError): ...


class SecondStatementError(StatementError): ...


class ConfirmationError(CryptoError): ...


class RecordError(CryptoError): ...


class RecordVersionError(RecordError): ...


class StaleRevisionError(RecordError): ...


class DataKeyMissingError(RecordError): ...


class KeystoreError(CryptoError): ...


class SecretMissingError(KeystoreError): ...


class SecretExistsError(KeystoreError): ...


class WrongKekError(KeystoreError): ...


class KekFileError(KeystoreError): ...


class KekInUseError(KeystoreError): ...


class DataKeyInUseError(KeystoreError): ...


class CopyError(KeystoreError): ...


class TombstonesError(KeystoreError): ...


class OpenToOthersError(KeystoreError): ...
