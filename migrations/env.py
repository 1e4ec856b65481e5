"""Alembic's environment. `commonground migrate` runs it with an open connection of the migrator's role."""

import importlib
from pathlib import Path
from typing import Any, Literal

from alembic import context
from alembic.autogenerate.api import AutogenContext

import service
from service.db.model import Record, TextEnum
from service.db.unscoped import UNSCOPED_TABLES


def import_models() -> None:
    """Import `models.py` of every room that has one, so that `Record.metadata` knows all tables."""
    root = Path(service.__file__).parent
    for models in sorted(root.glob("*/models.py")):
        importlib.import_module(f"service.{models.parent.name}.models")


def include_name(name: str | None, kind: str, _parents: Any) -> bool:
    """Leave out the tables that no model describes: the queue library's."""
    return not (kind == "table" and name in UNSCOPED_TABLES and name not in Record.metadata.tables)


def render_item(kind: str, item: Any, _context: AutogenContext) -> str | Literal[False]:
    """Write an enum in a new migration as the text that it is."""
    return "sa.Text()" if kind == "type" and isinstance(item, TextEnum) else False


connection = context.config.attributes.get("connection")
if connection is None:
    raise SystemExit("Run migrations with `commonground migrate`; Alembic alone doesn't know the server.")
import_models()
context.configure(
    connection=connection,
    target_metadata=Record.metadata,
    include_name=include_name,
    render_item=render_item,
    transaction_per_migration=True,
)
with context.begin_transaction():
    context.run_migrations()
