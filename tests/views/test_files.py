"""Charts and tables of a report as files that others can read."""

from __future__ import annotations

import csv
import json
import struct
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from workbench.core.errors import UsageError
from workbench.core.report import Report, Table
from workbench.views.charts import charts


def test_each_chart_is_a_picture_and_each_table_a_csv(
    reports: list[Report], tmp_path: Path
) -> None:
    report = next(r for r in reports if r.kind == "evaluation")
    written = report.write(tmp_path / "out")
    assert {p.name for p in written} == {p.name for p in (tmp_path / "out").iterdir()}
    names = [f"evaluation-{chart.name}" for chart in charts(report)]
    assert len(names) > 2
    for name in names:
        spec = json.loads((tmp_path / "out" / f"{name}.vl.json").read_text())
        assert spec["$schema"].startswith("https://vega.github.io/schema/vega-lite/")
        drawn = ET.fromstring((tmp_path / "out" / f"{name}.svg").read_text())
        assert drawn.tag.endswith("svg")
        png = (tmp_path / "out" / f"{name}.png").read_bytes()
        assert png.startswith(b"\x89PNG")
        assert min(struct.unpack(">II", png[16:24])) > 200
    for table in report.tables:
        with (tmp_path / "out" / f"evaluation-{table.name}.csv").open(newline="") as file:
            head, *rows = csv.reader(file)
        assert head == list(table.columns)
        assert len(rows) == len(table)


def test_names_and_cells_of_a_user_do_no_harm(tmp_path: Path) -> None:
    table = Table.of("../../a b", {"=cmd()": ["+1", "plain", None], "n": [-1.5, 2, 3]})
    twin = Table.of("a b", {"x": [1]})
    report = Report("odd", "s", "t", tables=(table, twin))
    first, second = report.write(tmp_path)
    assert first.parent == second.parent == tmp_path
    assert first.read_text() == "'=cmd(),n\n'+1,-1.5\nplain,2\n,3\n"
    (tmp_path / "file").write_text("")
    with pytest.raises(UsageError, match="is a file"):
        report.write(tmp_path / "file")
