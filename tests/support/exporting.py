"""What an organization's export holds."""

import json
import zipfile
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from service.cli.operator import Desk
from service.cli.org_export import export_organization
from tests.factories.world import Member, World


async def exported(world: World, member: Member, *names: str) -> dict[str, list[Any]]:
    """The rows of these files."""
    desk = Desk(world.database, world.keystore, world.clock, world.ids)
    with TemporaryDirectory() as folder:
        path = Path(folder) / "export.zip"
        await export_organization(desk, member.organization, path)
        with zipfile.ZipFile(path) as archive:
            return {
                name: [json.loads(line) for line in archive.read(f"{name}.ndjson").splitlines()]
                for name in names
            }
