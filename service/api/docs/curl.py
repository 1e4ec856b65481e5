"""One curl command an operation: what it takes is in shell variables, so that it can be pasted."""

import json
import re
from collections.abc import Sequence
from typing import Final

_NAMED: Final = re.compile(r"\{(\w+)\}")
_WIDE: Final = 48
"""Characters of a body that still stand in one line."""
_INDENT: Final = " \\\n  "


def command(  # what an operation is made of
    method: str,
    path: str,
    required: Sequence[str],
    *,
    caller: str,
    media_type: str | None,
    body: str,
) -> str:
    """The command; `$CG` is the service's address, `$CG_KEY` an API key, `$IMPORT_ID` and the like what a path names.

    `caller` is `anybody`, `key` or `person`, whose cookie lies in `cookies.txt`.
    """
    address = "$CG" + _NAMED.sub(lambda match: "$" + match[1].upper(), path)
    if required:
        address += "?" + "&".join(f"{name}=${name.upper()}" for name in required)
    parts = [f'curl "{address}"']
    if method not in {"GET", "POST"} or (method == "POST" and media_type is None):
        parts[0] = f'curl -X {method} "{address}"'
    if caller == "key":
        parts.append('-H "Authorization: Bearer $CG_KEY"')
    elif caller == "person":
        parts.append("-b cookies.txt" if method == "GET" else '-b cookies.txt -H "X-CSRF-Token: $CG_CSRF"')
    parts += _sent(media_type, body)
    return _INDENT.join(parts)


def _sent(media_type: str | None, body: str) -> list[str]:
    if media_type is None:
        return []
    if media_type != "application/json":
        return ["--data-binary @accounts.csv"]
    sent = json.dumps(json.loads(body), ensure_ascii=False)
    quoted = (body if len(sent) > _WIDE else sent).replace("'", "'\\''")
    return ['-H "Content-Type: application/json"', f"-d '{quoted}'"]
