"""The document's descriptions as HTML: paragraphs, `code`, and nothing else."""

import re
from typing import Final

from markupsafe import Markup, escape

_CODE: Final = re.compile(r"`([^`]+)`")


def inline(text: str) -> Markup:
    """One run of text; what stands in backticks is code."""
    return Markup(_CODE.sub(r"<code>\1</code>", str(escape(text))))  # noqa: S704  # escaped just before


def prose(text: str) -> Markup:
    """Paragraphs, which blank lines part."""
    parts = [part for part in re.split(r"\n\s*\n", text.strip()) if part]
    return Markup("").join(Markup("<p>{}</p>").format(inline(part)) for part in parts)
