"""Every report can be drawn, written and read, and nothing in it is obeyed by who shows it."""

from __future__ import annotations

import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import vl_convert
from hypothesis import example, given
from hypothesis import strategies as st

from workbench.core.report import Finding, Report, Table
from workbench.views import tables, words
from workbench.views.charts import charts, makers
from workbench.views.charts.parts import apart
from workbench.views.html import fragment, page, safe
from workbench.views.significance import OneTest
from workbench.views.svg import svg
from workbench.views.text import lines
from workbench.workspace import Workspace

FRAGMENT = 300_000  # bytes that a notebook cell may hold
ALLOWED = {"http://www.w3.org/2000/svg", "http://www.w3.org/1999/xlink"}


class Tags(HTMLParser):
    """The elements and addresses of a document."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.handlers: set[str] = set()
        self.links: set[str] = set()
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.handlers |= {name for name, _ in attrs if name.startswith("on")}
        self.links |= {v or "" for n, v in attrs if n in ("href", "src", "xlink:href", "action")}


def harmless(html: str) -> None:
    found = Tags(html)
    assert not found.tags & {"script", "img", "iframe", "object", "link", "form"}
    assert not found.handlers
    assert not {link for link in found.links if not link.startswith("#")}
    assert set(re.findall(r"https?://[^\s\"'<)]+", html)) <= ALLOWED


def test_every_kind_that_has_charts_was_made(reports: list[Report]) -> None:
    assert {r.kind for r in reports} >= set(makers)
    assert all(charts(r) for r in reports if r.kind in makers)


def test_a_profile_draws_associations_gaps_and_time(tmp_path: Path) -> None:
    frame = pd.DataFrame(
        {
            "a": range(60),
            "b": [i * i for i in range(60)],
            "gap": [None if i % 3 else 1.5 * i for i in range(60)],
            "day": pd.date_range("2024-01-01", periods=60),
            "sex": ["f", "m"] * 30,
        }
    )
    report = Workspace(tmp_path).import_data(frame, name="t", roles={"a": "feature"}).profile()
    drawn = {c.name: svg(c) for c in charts(report)}
    assert {"associations", "together", "time-0"} <= set(drawn)
    assert all(drawn.values())
    text = page(report)
    harmless(text)
    assert "Remedy: Make sex sensitive." in text and "correlation ratio" in text
    assert "] Make sex sensitive (maybe-sensitive:sex)" in lines(report)


def test_every_chart_is_valid_vega_lite(reports: list[Report], hostile: list[Report]) -> None:
    for report in (*reports, *hostile):
        for chart in charts(report):
            drawn = vl_convert.vegalite_to_svg(chart.spec, vl_version="5.20")
            assert "NaN" not in re.sub(r"<text.*?</text>", "", drawn), (report.kind, chart.name)
            assert chart.title


def test_charts_draw_the_numbers_of_the_report(reports: list[Report]) -> None:
    report = next(r for r in reports if r.kind == "evaluation" and "roc" in r)
    drawn = next(c for c in charts(report) if c.name == "roc").spec["data"]["values"]
    assert [(d["fpr"], d["tpr"]) for d in drawn] == list(report["roc"].rows)
    compared = next(r for r in reports if r.kind == "comparison")
    drawn = next(c for c in charts(compared) if c.name == "ranking").spec["data"]["values"]
    assert [d["value"] for d in drawn] == compared["ranking"].column("value")


def test_the_tests_of_a_comparison_are_told_in_words(reports: list[Report]) -> None:
    compared = next(r for r in reports if r.kind == "comparison")
    text, html = lines(compared, 180), fragment(compared)
    first = next(compared["tests"].records())
    names = {r["id"]: r["title"] for r in compared["ranking"].records()}
    assert f"{names[first['a']]} − {names[first['b']]}" in text
    for told in ("McNemar of accuracy", "p, all pairs", "(Cohen's g)", "(Cohen's d)"):
        assert told in text and safe(told) in html, told


def test_a_test_says_what_is_left_after_the_correction_for_all_pairs() -> None:
    names = {"x": "forest 1", "y": "svm 2"}

    def said(**record: Any) -> tuple[str, str]:
        base = {
            "test": "losses",
            "metric": "log_loss",
            "p": 0.01,
            "p_adjusted": 0.01,
            "better": "x",
        }
        one = OneTest("x", "y", {**base, "effect": -0.6, **record})
        return one.verdict(names), one.effect

    assert said() == ("forest 1 is better", "−0.600, medium")
    assert said(p_adjusted=0.2)[0] == "better alone, not with all pairs counted"
    assert said(better="", effect=None) == ("no evidence of a difference", "–")
    assert said(test="mcnemar", effect=0.3)[1] == "0.300, large"


def test_fragments_are_small_and_harmless(reports: list[Report], hostile: list[Report]) -> None:
    for report in (*reports, *hostile):
        html = fragment(report)
        assert len(html.encode()) < FRAGMENT, (report.kind, len(html))
        harmless(html)
        assert safe(report.sentence) in html


def test_a_fragment_of_many_rows_still_shows_its_pictures(reports: list[Report]) -> None:
    report = next(r for r in reports if {c.name for c in charts(r)} >= {"swarm", "dependence"})
    many = tuple(
        replace(t, rows=t.rows * 15) if t.name in ("values", "data") else t for t in report.tables
    )
    html = fragment(replace(report, tables=many))
    assert len(html.encode()) < FRAGMENT
    assert html.count('role="img"') == 3


def test_every_dot_of_a_chart_reaches_the_picture(reports: list[Report]) -> None:
    report = next(r for r in reports if "residuals" in r)
    chart = next(c for c in charts(report) if c.name == "residuals")
    assert (svg(chart) or "").count('h0"/>') == len(report["residuals"])


def test_a_line_of_reference_is_drawn_once(reports: list[Report]) -> None:
    report = next(r for r in reports if "residuals" in r)
    chart = next(c for c in charts(report) if c.name == "residuals")
    assert (svg(chart) or "").count("stroke-dasharray") == 1


def test_no_name_on_an_axis_is_left_out(reports: list[Report]) -> None:
    report = next(r for r in reports if r.kind == "evaluation" and "classes" in r)
    chart = next(c for c in charts(report) if c.name == "confusion")
    drawn = svg(chart) or ""
    for label in report["classes"].column("class"):
        assert drawn.count(f">{label}</text>") >= 2  # on both axes


def test_gaps_between_groups_are_drawn_as_reported(reports: list[Report]) -> None:
    for report in (r for r in reports if r.kind == "fairness"):
        drawn = [c for c in charts(report) if c.name.startswith("gaps-")]
        values = [v["difference"] for c in drawn for v in c.spec["data"]["values"]]
        assert values == [d for d in report["gaps"].column("difference") if d is not None]


def test_the_best_scored_are_drawn_over_their_share_of_all(reports: list[Report]) -> None:
    report = next(r for r in reports if r.kind == "fairness" and "ranking" in r)
    drawn = [c for c in charts(report) if c.name.startswith("ranking-")]
    values = [v["value"] for c in drawn for v in c.spec["data"]["values"]]
    assert values == [r["top_10"] / r["share"] for r in report["ranking"].records()]


def test_pages_are_whole_and_harmless(reports: list[Report], hostile: list[Report]) -> None:
    for report in (*reports, *hostile):
        html = page(report)
        assert html.startswith("<!doctype html>")
        harmless(html)
        assert all(safe(f.sentence) in html for f in report.findings)


def test_text_holds_nothing_that_a_terminal_obeys(
    reports: list[Report], hostile: list[Report]
) -> None:
    for report in (*reports, *hostile):
        text = lines(report, 100)
        assert all(c == "\n" or c.isprintable() for c in text)
        assert text.splitlines()[0]


def test_lines_fit_the_terminal(reports: list[Report]) -> None:
    for report in reports:
        assert max(map(len, lines(report, 80).splitlines())) <= 80, report.kind


def test_the_table_says_what_the_report_says(reports: list[Report]) -> None:
    report = next(r for r in reports if r.kind == "evaluation" and "roc" in r)
    shown = tables.shown("evaluation", report["metrics"], 100)
    first = next(report["metrics"].records())
    assert shown.rows[0][0] == first["title"]
    low, high = words.number(first["low"]), words.number(first["high"])
    assert shown.rows[0][1] == f"{words.number(first['value'])} ({low} to {high})"


def test_reports_without_a_renderer_for_pictures_still_show_tables(
    reports: list[Report], monkeypatch: pytest.MonkeyPatch
) -> None:
    from workbench.views import svg

    svg._drawn.cache_clear()
    monkeypatch.setitem(__import__("sys").modules, "vl_convert", None)
    report = next(r for r in reports if r.kind == "comparison")
    html = fragment(report)
    monkeypatch.undo()
    svg._drawn.cache_clear()
    assert "<svg" not in html
    assert "<table" in html and "<details" not in html


@given(st.text(max_size=60), st.text(max_size=60))
@example("a", "every column bears the name of one that is hidden elsewhere")
def test_any_text_is_shown_and_not_obeyed(name: str, value: str) -> None:
    report = Report(
        kind="guest",
        subject=name,
        title=name,
        sentence=value,
        findings=(Finding("x", "warning", value),),
        tables=(Table("t", (name, "b"), ((value, 1.5),)),),
    )
    harmless(fragment(report))
    harmless(page(report))
    assert "\x1b" not in lines(report, 60)


@given(st.lists(st.text(max_size=80), max_size=12))
def test_names_on_an_axis_stay_apart(names: list[str]) -> None:
    found = apart(names)
    assert len(set(found)) == len(names)
    assert all(len(text) <= 28 for text in found)
