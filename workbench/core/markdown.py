"""Text from data inside Markdown: shown as it is, and nothing of it obeyed."""

from __future__ import annotations

import html
import re


def safe(text: object) -> str:
    """Plain text on one line: no tags, no Markdown."""
    flat = html.escape(" ".join(str(text).split()), quote=False)
    return re.sub(r"([\\`*_\[\]|#~])", r"\\\1", flat)


def code(text: object) -> str:
    """Text between backticks, where tags mean nothing; a bar would still end a table's cell."""
    flat = " ".join(str(text).split()).replace("`", "'").replace("|", "\\|")
    return flat or " "
