"""A run trained once more by a process that has the versions of that time.

``python -m workbench.actions.again LINE ROOT RUN JOB``, as ``actions/reproduce.py`` starts it.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from pathlib import Path

from workbench.actions import reproduce
from workbench.actions.context import Context
from workbench.core.errors import Cancelled, WorkbenchError
from workbench.core.settings import Settings
from workbench.jobs.children import answering


def main(arguments: list[str]) -> None:
    """Train it, tell how far it is on the line, and at last what came of it."""
    line, root, run, job = arguments
    answer = answering(line)

    def tell(fraction: float, text: str, metrics: Mapping[str, float] | None = None) -> None:
        try:
            answer.send_bytes(json.dumps([fraction, text]).encode())
        except OSError as error:  # nobody listens any more
            raise Cancelled("Cancelled.") from error

    place = Path(root)
    try:
        context = Context(place, Settings.read(place), job=job or None)
        done = reproduce.run(context, tell, run=run)
    except Cancelled:
        return
    except WorkbenchError as error:
        done = {"error": [error.sentence, error.hint]}
    answer.send_bytes(json.dumps(done).encode())


if __name__ == "__main__":
    main(sys.argv[1:])
