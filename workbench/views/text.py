"""A report for a terminal: plain, aligned, and nothing in it that a terminal obeys."""

from __future__ import annotations

import shutil
import textwrap
from collections.abc import Iterator, Sequence

from workbench.core.report import Report
from workbench.views.facts import facts
from workbench.views.tables import Shown, telling

ROWS = 15
PIPE = 180  # characters
WIDEST = 44  # characters of a cell
MARKS = {"error": "x", "warning": "!", "info": "-"}


def lines(report: Report, width: int | None = None) -> str:
    """The report's sentence, findings, facts and telling tables.

    Parameters
    ----------
    width
        Columns of the terminal; found out by default.
    """
    width = width or columns()
    parts = [flat(report.title)]
    if report.sentence:
        parts.append("\n".join(textwrap.wrap(flat(report.sentence), width)))
    if report.findings:
        parts.append("\n".join(_findings(report, width)))
    pairs = facts(report)
    if pairs:
        parts.append("\n".join(_facts(pairs)))
    if report.kind == "doctor":
        parts.append("\n".join(_checks(report, width)))
    else:
        parts += [table(t, width) for t in telling(report, ROWS)]
    return "\n\n".join(parts)


def columns() -> int:
    """How wide the terminal is; a file or a pipe is wide."""
    return shutil.get_terminal_size((PIPE, 24)).columns


def table(shown: Shown, width: int = 100) -> str:
    """Aligned columns; the last ones are left out where the terminal is too narrow for all."""
    grid = [[flat(t) for t in shown.titles], *([flat(c) for c in row] for row in shown.rows)]
    widths = [min(WIDEST, max(len(row[i]) for row in grid)) for i in range(len(shown.titles))]
    if not shown.numeric[-1]:  # sentences stand last: they get the room that is left
        room = width - sum(widths[:-1]) - 2 * (len(widths) - 1)
        widths[-1] = max(widths[-1], min(room, max(len(row[-1]) for row in grid)))
    kept = len(widths)
    while kept > 1 and sum(widths[:kept]) + 2 * (kept - 1) > width:
        kept -= 1
    found = [_row(row[:kept], widths, shown.numeric) for row in grid]
    found.insert(1, "  ".join("-" * w for w in widths[:kept]))
    left = [flat(t) for t in shown.titles[kept:]]
    if shown.more:
        found.append(f"... and {shown.more:,} more rows")
    if left:
        found += textwrap.wrap(f"(not shown: {', '.join(left)})", max(width, 20))
    return "\n".join(found)


def flat(value: object) -> str:
    """Text from data on one line, without control characters: a terminal would obey them."""
    text = "".join(c if c.isprintable() else " " for c in str(value))
    return " ".join(text.split())


def _row(cells: Sequence[str], widths: Sequence[int], numeric: Sequence[bool]) -> str:
    parts = []
    for cell, width, number in zip(cells, widths, numeric, strict=False):
        cut = cell if len(cell) <= width else cell[: width - 1] + "…"
        parts.append(cut.rjust(width) if number else cut.ljust(width))
    return "  ".join(parts).rstrip()


def _findings(report: Report, width: int) -> Iterator[str]:
    order = {"error": 0, "warning": 1, "info": 2}
    numbers = {id(finding): number for number, finding in enumerate(report.mendable(), 1)}
    for finding in sorted(report.findings, key=lambda f: order[f.severity]):
        mark = MARKS[finding.severity]
        yield textwrap.fill(
            flat(finding.sentence), width, initial_indent=f"{mark} ", subsequent_indent="  "
        )
        if finding.remedy is not None:
            text = f"{finding.remedy.label} ({flat(finding.address)})"
            start = f"  [{numbers[id(finding)]}] "
            yield textwrap.fill(
                flat(text), width, initial_indent=start, subsequent_indent=" " * len(start)
            )


def _checks(report: Report, width: int) -> Iterator[str]:
    signs = {"ok": "ok", "warning": "!", "error": "x"}
    wide = max((len(flat(c["name"])) for c in report["checks"].records()), default=0)
    margin = " " * (wide + 6)
    for check in report["checks"].records():
        head = (
            f"{signs.get(check['state'], check['state']):>2}  {flat(check['name']).ljust(wide)}  "
        )
        yield textwrap.fill(
            flat(check["found"]), width, initial_indent=head, subsequent_indent=margin
        )
        if check["mend"] and check["state"] != "ok":
            yield textwrap.fill(
                flat(check["mend"]), width, initial_indent=f"{margin}> ",
                subsequent_indent=f"{margin}  ",
            )  # fmt: skip


def _facts(pairs: Sequence[tuple[str, str]]) -> Iterator[str]:
    wide = max(len(title) for title, _ in pairs)
    for title, value in pairs:
        yield f"{title.ljust(wide)}  {flat(value)}"
