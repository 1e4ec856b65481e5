"""Generated from the OpenAPI document by `python -m clients.python.generate`; not to be edited."""

from uuid import UUID

from commonground_client.base import Model
from pydantic import Field


class Counts(Model):
    """Numbers that reconcile: several accounts of one side may overlap one of the other."""

    accounts: int = Field(description="My accounts in these pairs.")
    companies: int = Field(description="Distinct companies: connected groups of these pairs.")
    pairs: int
    partner_accounts: int


class Cell(Model):
    counts: Counts
    partner_population: str
    population: str


class Matrix(Model):
    cells: list[Cell]
    partner_populations: list[str] = Field(description="The partner's that show overlaps: the columns.")
    partnership_id: UUID
    populations: list[str] = Field(description="Mine: the rows.")
    total: Counts = Field(
        description="Over all pairs once; not the sum of the cells where an account is in two populations."
    )
