"""Files → checked batches of records. No database, no framework; safe to call from a thread.

    sheet = open_sheet(Path("accounts.csv"))
    for batch in sheet.batches():
        batch.frame    # polars: row, line, the fields of the kind as text or null
        batch.refused  # polars: row, line, column, reason, message, text

Everything that refuses a whole file is an `IngestError` with a stable `code`.
"""

from service.ingest.batches import ACCOUNT_SCHEMA, Batch, Dialect, Progress
from service.ingest.errors import IngestError
from service.ingest.kinds import ACCOUNTS, CONTACTS, OPPORTUNITIES, RecordKind, Selection
from service.ingest.limits import Limits
from service.ingest.refusals import REFUSED_SCHEMA, RowReason
from service.ingest.sheet import Sheet, Summary, open_sheet, read_accounts

__all__ = [
    "ACCOUNTS",
    "ACCOUNT_SCHEMA",
    "CONTACTS",
    "OPPORTUNITIES",
    "REFUSED_SCHEMA",
    "Batch",
    "Dialect",
    "IngestError",
    "Limits",
    "Progress",
    "RecordKind",
    "RowReason",
    "Selection",
    "Sheet",
    "Summary",
    "open_sheet",
    "read_accounts",
]
