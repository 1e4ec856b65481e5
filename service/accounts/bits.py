"""The standard populations as bits of an account."""

from collections.abc import Mapping
from typing import Final

from service.accounts.models import StandardPopulation

BITS: Final[Mapping[StandardPopulation, int]] = {p: 1 << bit for bit, p in enumerate(StandardPopulation)}
STANDARD_BITS: Final = sum(BITS.values())
