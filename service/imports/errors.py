"""What can go wrong with an import before its file is read; what the file itself does wrong is ingest's to say.

ImportFailedError
├── UnknownImportError       no such import of this organization
├── NoSuchMappingError       no such saved mapping of this organization
├── UnknownMappingError      an upload asks for a saved mapping that there isn't
├── TooManyMappingsError     as many saved mappings as an organization may have
├── ImportStateError         it is over, or not held: it can't be confirmed or cancelled
├── UploadTooLargeError      more bytes than the operator allows
├── NoRoomError              the disk that uploads lie on is full
├── UploadIncompleteError    the connection ended before the announced length
├── UploadDamagedError       it waited and isn't what came any more
├── UnfitAttributeError      an attribute that it asks for doesn't go with those that there are
├── PopulationGoneError      a population that it names isn't there any more
└── EmptyUploadError         no byte came
"""

from collections.abc import Sequence


class ImportFailedError(Exception):
    """Base of all errors of this room."""


class UnknownImportError(ImportFailedError):
    def __init__(self) -> None:
        super().__init__("There is no such import.")


class NoSuchMappingError(ImportFailedError):
    def __init__(self) -> None:
        super().__init__("There is no such mapping.")


class UnknownMappingError(ImportFailedError):
    def __init__(self, name: str, known: Sequence[str]) -> None:
        there = f"there are {', '.join(known)}" if known else "none is saved"
        super().__init__(f"mapping: no mapping '{name}' is saved; {there}.")


class TooManyMappingsError(ImportFailedError):
    def __init__(self, most: int) -> None:
        super().__init__(f"There are {most} saved mappings already: remove one first.")


class ImportStateError(ImportFailedError):
    def __init__(self, status: str, wanted: str, why: str) -> None:
        super().__init__(f"The import is {status} and can't be {wanted}. {why}")


class UploadTooLargeError(ImportFailedError):
    def __init__(self, limit: int) -> None:
        super().__init__(
            f"The upload is larger than {limit:,} bytes: compress it with gzip, or split the list."
        )


class NoRoomError(ImportFailedError):
    def __init__(self) -> None:
        super().__init__(
            "The server has no room for the upload, and nothing of it was kept: the operator of this server must free space where "
            "uploads lie (`commonground doctor` says how much is left); then send it again."
        )


class UploadIncompleteError(ImportFailedError):
    def __init__(self, received: int, announced: int) -> None:
        super().__init__(f"The upload ended after {received:,} of {announced:,} bytes: send it again.")


class UploadDamagedError(ImportFailedError):
    code = "upload_damaged"

    def __init__(self) -> None:
        super().__init__(
            "The uploaded file was changed or cut short while it waited, and nothing of it was kept: upload it again."
        )


class ReadAgainError(Exception):
    """Rows that were passed over as known are to be looked at after all: read the file once more, whole."""


class UnfitAttributeError(ImportFailedError):
    """What a mapping asks to be kept as an attribute doesn't go with the attributes that there are."""

    code = "unfit_attribute"


class PopulationGoneError(ImportFailedError):
    """A population that the import names isn't there any more, or is another one."""

    code = "population_gone"

    def __init__(self, slug: str) -> None:
        super().__init__(
            f"The population '{slug}' was removed before the list was stored, and nothing of the list was kept: upload it again "
            "without it, or make the population anew."
        )


class EmptyUploadError(ImportFailedError):
    def __init__(self) -> None:
        super().__init__(
            "The body is empty: send the file itself as the body of the request, with its header and rows."
        )
