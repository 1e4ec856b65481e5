"""What the jobs of this room are made of, and their names."""

from dataclasses import dataclass

from service.crypto import Keystore
from service.db.database import Database
from service.kit.clock import Clock
from service.kit.ids import Ids

PUSH_JOB = "overlaps.push"
MEET_JOB = "overlaps.meet"
WEIGH_JOB = "overlaps.weigh"
SCORE_JOB = "overlaps.score"
PUBLISH_JOB = "overlaps.publish"


@dataclass(frozen=True, slots=True)
class Parts:
    database: Database
    keystore: Keystore
    clock: Clock
    ids: Ids
