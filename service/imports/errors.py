"""What can go wrong with an import before its file is read; what the file itself does wrong is ingest's to say.

ImportFailed
├── UnknownImport       no such import of this organization
├── UploadTooLarge      more bytes than the operator allows
├── UploadIncomplete    the connection ended before the announced length
└── EmptyUpload         no byte came
"""


class ImportFailed(Exception):
    """Base of all errors of this room."""


class UnknownImport(ImportFailed):
    def __init__(self) -> None:
        super().__init__("There is no such import.")


class UploadTooLarge(ImportFailed):
    def __init__(self, limit: int) -> None:
        super().__init__(f"The upload is larger than {limit:,} bytes: compress it with gzip, or split the list.")


class UploadIncomplete(ImportFailed):
    def __init__(self, received: int, announced: int) -> None:
        super().__init__(f"The upload ended after {received:,} of {announced:,} bytes: send it again.")


class EmptyUpload(ImportFailed):
    def __init__(self) -> None:
        super().__init__("The request has no body: send the file itself as the body of the request.")
