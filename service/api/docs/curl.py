"""One curl command an operation: what it takes is in shell variables, so that it can be pasted."""

import json
import re
from collections.abc import Sequence
from typing import Final

_NAMED: Final = re.compile(r"\{(\w+)\}")
_INDENT: Final = " \\\n  "


def command(  # what an operation is made of
    method: str,
    path: str,
    required: Sequence[str],
    *,
    has_key: bool,
    media_type: str | None,
    body: str,
) -> str:
    """The command; `$CG` is the service's address, `$CG_KEY` an API key, `$IMPORT_ID` and the like what a path names."""
    address = "$CG" + _NAMED.sub(lambda match: "$" + match[1].upper(), path)
    if required:
        address += "?" + "&".join(f"{name}=${name.upper()}" for name in required)
    parts = [f'curl "{address}"']
    if method not in {"GET", "POST"} or (method == "POST" and media_type is None):
        parts[0] = f'curl -X {method} "{address}"'
    if has_key:
        parts.append('-H "Authorization: Bearer $CG_KEY"')
    parts += _sent(media_type, body)
    return _INDENT.join(parts)


def _sent(media_type: str | None, body: str) -> list[str]:
    if media_type is None:
        return []
    if media_type != "application/json":
        return ["--data-binary @accounts.csv"]
    flat = json.dumps(json.loads(body), ensure_ascii=False).replace("'", "'\\''")
    return ['-H "Content-Type: application/json"', f"-d '{flat}'"]
