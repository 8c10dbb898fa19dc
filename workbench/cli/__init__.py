"""The command line: thin commands over the workspace; results on standard output, the rest not.

``--json`` gives one JSON document and nothing else there. Exit codes: 0 done, 1 failed, 2 wrong
use, 3 blocked by a gate, 130 cancelled.
"""

from __future__ import annotations

from collections.abc import Sequence


def main(arguments: Sequence[str] | None = None) -> int:
    """Run ``workbench`` with these arguments, or those of the process; returns the exit code."""
    from workbench.cli.rim import run

    return run(arguments)
