"""Rows of an explanation beside each other."""

from __future__ import annotations

import numpy as np
import pytest

from workbench.core.report import Report, Table
from workbench.explanation.cells import alike
from workbench.explanation.explain import FIXED
from workbench.views.charts import charts
from workbench.views.charts.paths import START


def _report(values: np.ndarray) -> Report:
    names = ("a", "b", "c")
    rows = tuple(
        (i + 10, None, 1.0, 1.0 + float(v.sum()), 0.0, *map(float, v)) for i, v in enumerate(values)
    )
    size = np.abs(values).mean(axis=0)
    importance = tuple((n, float(s), 0.0, None) for n, s in zip(names, size, strict=True))
    order = tuple((int(k) + 10,) for k in alike(values))
    return Report(
        "explanation", "r", "", "", {"space": "value", "classes": [None]}, (),
        (
            Table("importance", ("column", "mean_abs", "mean", "class"), importance),
            Table("values", (*FIXED, *names), rows),
            Table("data", ("row", *names), tuple((r[0], 1.0, 2.0, 3.0) for r in rows)),
            Table("order", ("row",), order),
        ),
    )  # fmt: skip


@pytest.fixture(scope="module")
def two_kinds() -> np.ndarray:
    rng = np.random.default_rng(0)
    return rng.normal([[3, 0, 0], [-3, 1, 0]] * 30, 0.1)


def test_like_rows_stand_beside_each_other(two_kinds: np.ndarray) -> None:
    order = alike(two_kinds)
    assert sorted(order) == list(range(60))
    kinds = order % 2
    assert int(np.abs(np.diff(kinds)).sum()) == 1  # one border between the two kinds


@pytest.mark.parametrize("rows", [0, 1, 2])
def test_few_rows_have_an_order_too(rows: int) -> None:
    assert alike(np.zeros((rows, 3))).tolist() == list(range(rows))


def test_ways_lead_from_the_base_to_each_rows_output(two_kinds: np.ndarray) -> None:
    report = _report(two_kinds)
    chart = next(c for c in charts(report) if c.name == "decision")
    rows = chart.spec["data"]["values"]
    outputs = {str(r[0]): r[3] for r in report["values"].rows}
    for row in {r["row"] for r in rows}:
        way = [r for r in rows if r["row"] == row]
        assert way[0]["column"] == START
        assert way[0]["at"] == pytest.approx(1.0, abs=1e-5)  # all columns are shown: the base
        assert way[-1]["column"] == "a"  # the most important comes last
        assert way[-1]["at"] == pytest.approx(outputs[row], abs=1e-5)


def test_the_heat_map_holds_the_contributions_in_order(two_kinds: np.ndarray) -> None:
    report = _report(two_kinds)
    chart = next(c for c in charts(report) if c.name == "heatmap")
    first = report["order"].column("row")[0]
    shown = {r["column"]: r["shown"] for r in chart.spec["data"]["values"] if r["at"] == 0}
    expected = dict(zip("abc", two_kinds[first - 10], strict=True))
    assert shown == pytest.approx(expected, abs=1e-5)
    older = Report.from_dict({**report.to_dict(), "tables": report.to_dict()["tables"][:3]})
    assert "heatmap" not in [c.name for c in charts(older)]
