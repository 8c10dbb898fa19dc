"""Which types of a run's model somebody here vouched for.

Kept in the workspace's folder, never in the library: whoever can write to a shared MLflow server
must not be able to say what this machine loads.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from workbench.core.errors import StoreError
from workbench.core.files import locked, write_text

FILE = "trust.json"


def trust(root: Path, run_id: str, types: Sequence[str]) -> None:
    """Vouch for the types in a run's model."""
    if not types:
        return
    with locked(root / ".trust.lock"):
        known = _read(root)
        known[run_id] = sorted({*known.get(run_id, ()), *types})
        write_text(root / FILE, json.dumps(known, indent=1))


def trusted_by(root: Path, run_id: str) -> tuple[str, ...]:
    """The types that were vouched for, for one run."""
    return tuple(_read(root).get(run_id, ()))


def _read(root: Path) -> dict[str, list[str]]:
    path = root / FILE
    if not path.is_file():
        return {}
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise StoreError(f"{path} is damaged.", "Remove it, and adopt the models again.") from error
    return {str(k): [str(t) for t in v] for k, v in dict(found).items()}
