"""What a running app holds: built once by the entry point, handed to every request."""

from dataclasses import dataclass

from service.crypto import Keystore
from service.db.database import Database
from service.imports.spool import Spool
from service.kit.clock import Clock
from service.kit.ids import Ids


@dataclass(frozen=True, slots=True)
class AppState:
    database: Database
    keystore: Keystore
    spool: Spool
    clock: Clock
    ids: Ids
