"""A report as files that others can use: pictures, chart specifications, tables."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from workbench.core.errors import UsageError
from workbench.core.files import write_bytes
from workbench.core.report import Report, Table
from workbench.core.sheets import guarded
from workbench.core.wire import plain
from workbench.views.charts import Chart, charts

SCALE = 2.0  # pixels of a PNG for each of the chart's


def write(reports: Iterable[Report], folder: str | Path) -> list[Path]:
    """Write each report's charts as SVG, PNG and Vega-Lite and its tables as CSV.

    Texts in CSV that a spreadsheet would run as formulas get an apostrophe in front.

    Raises
    ------
    UsageError
        ``folder`` is a file.
    """
    place = Path(folder).expanduser().absolute()
    if place.is_file():
        raise UsageError(f"{place} is a file.", "Name a folder.")
    written = []
    for report in reports:
        for name, content in contents(report):
            write_bytes(place / name, content)
            written.append(place / name)
    return written


def contents(report: Report) -> Iterator[tuple[str, bytes]]:
    """Names and contents of a report's files."""
    drawn: set[str] = set()
    told: set[str] = set()
    for chart in charts(report):
        name = _name(f"{report.kind}-{chart.name}", drawn)
        yield f"{name}.vl.json", json.dumps(chart.spec, default=str, indent=1).encode()
        yield from ((f"{name}.{kind}", content) for kind, content in _pictures(chart))
    for table in report.tables:
        yield f"{_name(f'{report.kind}-{table.name}', told)}.csv", _csv(table)


def _pictures(chart: Chart) -> Iterator[tuple[str, bytes]]:
    """The chart on white, as SVG and PNG; nothing where vl-convert is not installed."""
    try:
        import vl_convert
    except ModuleNotFoundError:
        return
    spec = json.loads(json.dumps({**chart.spec, "background": "white"}, default=str))
    offline: dict[str, Any] = {"vl_version": "5.20", "allowed_base_urls": []}
    yield "svg", vl_convert.vegalite_to_svg(spec, **offline).encode()
    yield "png", bytes(vl_convert.vegalite_to_png(spec, scale=SCALE, **offline))


def _csv(table: Table) -> bytes:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow([_harmless(name) for name in table.columns])
    writer.writerows([_harmless(plain(cell)) for cell in row] for row in table.rows)
    return text.getvalue().encode()


def _harmless(cell: Any) -> Any:
    if isinstance(cell, (dict, list)):
        return json.dumps(cell)
    return guarded(cell) if isinstance(cell, str) else cell


def _name(wanted: str, taken: set[str]) -> str:
    """A file's name out of a chart's, which may hold a user's column."""
    stem = re.sub(r"[^\w-]+", "-", wanted).strip("-")[:80]
    name, count = stem, 2
    while name in taken:
        name, count = f"{stem}-{count}", count + 1
    taken.add(name)
    return name
