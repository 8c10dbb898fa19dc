"""One tree of errors, each with a sentence and a hint.

::

    WorkbenchError          anything that we can explain            exit 1  http 400
    ├── UsageError          a wrong argument or name                exit 2  http 422
    │   └── NotFound        a name that is not there                exit 2  http 404
    ├── DataError           data that cannot be used as asked       exit 1  http 422
    │   └── InvalidValue    one cell or column of it                exit 1  http 422
    ├── StoreError          the workspace cannot be read or written exit 1  http 503
    ├── MissingExtra        an optional part is not installed       exit 1  http 501
    ├── JobError            a job failed, was lost or cannot start  exit 1  http 500
    ├── Refused             a door refused a caller                 exit 1  http 403
    ├── Blocked             a gate said no                          exit 3  http 409
    └── Cancelled           somebody asked to stop                  exit 130 http 499

Raise where the cause is known; translate once at each rim (exit code, HTTP problem, notification).
"""

from __future__ import annotations

import traceback
from collections.abc import Iterable
from difflib import get_close_matches

CELLS = ("ipykernel_", "<ipython-input")  # how notebooks name the files of their cells


class WorkbenchError(Exception):
    """A fault with one clear ``sentence`` (what is wrong and where) and a ``hint`` (what to do)."""

    exit_code = 1
    http_status = 400

    def __init__(self, sentence: str, hint: str = "") -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.sentence} {self.hint}".rstrip()

    def _render_traceback_(self) -> list[str]:
        """What IPython prints instead of a trace: the cell's own line, the sentence, the hint."""
        steps = traceback.extract_tb(self.__traceback__)
        cell = [s for s in steps if any(mark in s.filename for mark in CELLS)]
        line = (cell[-1].line or "") if cell else ""
        plain = line and not line.startswith("get_ipython()")  # a magic is its own line
        where = [f"In line {cell[-1].lineno}: {line}"] if plain else []
        return [*where, self.sentence, *([self.hint] if self.hint else [])]


class UsageError(WorkbenchError):
    """A wrong argument: an unknown option, an impossible combination."""

    exit_code = 2
    http_status = 422


class NotFound(UsageError):
    """A name that is not there; the hint offers the near ones."""

    http_status = 404

    @classmethod
    def among(cls, what: str, name: str, known: Iterable[str]) -> NotFound:
        """An error that names the nearest known names."""
        names = sorted(known)
        near = get_close_matches(name, names, n=3) or names[:8]
        hint = f"Known: {', '.join(near)}." if near else f"There is no {what} yet."
        return cls(f"No {what} is called {name!r}.", hint)


class DataError(WorkbenchError):
    """Data that cannot be used as asked: broken, empty, or without what the step needs."""

    http_status = 422


class InvalidValue(DataError):
    """A value that does not fit its column; ``column`` and ``row`` say where (row may be None)."""

    def __init__(
        self, sentence: str, hint: str = "", *, column: str, row: int | None = None
    ) -> None:
        super().__init__(sentence, hint)
        self.column = column
        self.row = row


class StoreError(WorkbenchError):
    """The workspace or a server behind it cannot be read or written."""

    http_status = 503


class MissingExtra(WorkbenchError):
    """A part that is not installed; the hint is the exact command."""

    http_status = 501

    def __init__(self, what: str, extra: str) -> None:
        super().__init__(
            f"{what} needs a part that is not installed.",
            f"Install it with: pip install 'ml-workbench[{extra}]'",
        )
        self.extra = extra


class JobError(WorkbenchError):
    """A job failed, was lost, or cannot be started."""

    http_status = 500


class Refused(WorkbenchError):
    """A door (Host, Origin, token) refused a caller."""

    def __init__(self, status: int, sentence: str) -> None:
        super().__init__(sentence)
        self.http_status = status


class Blocked(WorkbenchError):
    """A gate said no; the findings that decided are in ``reasons``."""

    exit_code = 3
    http_status = 409

    def __init__(self, sentence: str, reasons: Iterable[str] = ()) -> None:
        self.reasons = tuple(reasons)
        super().__init__(sentence, " ".join(self.reasons))


class Cancelled(WorkbenchError):
    """Somebody asked to stop; not a fault."""

    exit_code = 130
    http_status = 499

    def __init__(self, sentence: str = "Cancelled.") -> None:
        super().__init__(sentence)
