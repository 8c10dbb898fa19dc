"""Bundles: the folders that this workspace exported, as its audit log knows them."""

from __future__ import annotations

import json
from pathlib import Path

from workbench.actions.context import Context
from workbench.core.bundle import MANIFEST


def folders(context: Context) -> list[Path]:
    """Exported bundle folders that still exist, newest first, each once."""
    found = [
        Path(json.loads(entry.evidence)["bundle"])
        for entry in context.audit.entries(1000)
        if entry.verb == "export"
    ]
    return [folder for folder in dict.fromkeys(found) if (folder / MANIFEST).is_file()]
