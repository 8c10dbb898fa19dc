"""The model card says how a model decides, and what moves it where that is known."""

from __future__ import annotations

import dataclasses
import re
from pathlib import Path

import pytest

from workbench.core.bundle import read_manifest
from workbench.core.mitigation import Mitigation
from workbench.core.recipe import Recipe
from workbench.core.report import Finding, Report, Table
from workbench.core.run import RunRecord
from workbench.core.signature import Signature
from workbench.objects import Run
from workbench.packaging.card import card
from workbench.workspace import Workspace

COSTS = [[0, 1, 1], [10, 0, 1], [10, 1, 0]]


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Run]:
    """Three classes: decided for the likeliest, and by what mistakes cost."""
    ws = Workspace(tmp_path_factory.mktemp("card") / "ws")
    data = ws.import_data("wine")
    params = {"costly": {"of": "logistic", "costs": COSTS}}
    found = ws.train(data, families=["logistic", "costly"], params=params)
    return {run.record.recipe.family: run for run in found}


def _card(run: Run) -> str:
    return (run.export(replace=True).path / "README.md").read_text()


def test_a_cost_matrix_is_told_as_the_rule(runs: dict[str, Run]) -> None:
    plain, costly = _card(runs["logistic"]), _card(runs["costly"])
    assert "It says the likeliest." in plain
    assert "likeliest" not in costly and "the least expected cost" in costly
    signature = runs["costly"].record.signature
    assert signature is not None
    first, second = signature.classes[:2]
    assert f"| `{first}` | 0 | 1 | 1 |" in costly and f"| `{second}` | 10 | 0 | 1 |" in costly


def test_an_explained_run_says_what_moves_it_but_none_of_its_rows(runs: dict[str, Run]) -> None:
    run = runs["logistic"]
    assert "What moves it" not in _card(run)
    report = run.explain(rows=20)
    text = _card(run)
    section = text.split("## What moves it\n")[1].split("\n## ")[0]
    shown = re.findall(r"^\| `(.+?)` \| ([\d.e-]+) \|$", section, re.MULTILINE)
    sizes: dict[str, float] = {}
    for row in report["importance"].records():
        sizes[row["column"]] = sizes.get(row["column"], 0.0) + row["mean_abs"]
    assert [name for name, _ in shown] == sorted(sizes, key=lambda n: -sizes[n])[:8]
    assert [float(size) for _, size in shown] == pytest.approx(
        sorted(sizes.values(), reverse=True)[:8], rel=1e-3
    )
    assert "Of 20 held-out rows" in section and "exactly, up to rounding" in section
    assert "classes added up" in section and f"{len(sizes) - 8} more columns" in section
    assert report.sentence.split(" move")[0].split(", ")[0] in section


def test_a_sampled_explanation_that_was_cut_short_says_so(runs: dict[str, Run]) -> None:
    manifest = read_manifest(runs["logistic"].export(replace=True).path)
    report = Report(
        "explanation",
        "r",
        "E",
        "a<b> moves the prediction most.",
        {
            "method": "sampled, 20 antithetic orders", "space": "probability", "classes": ["yes"],
            "rows": 120, "additivity_error": 0.02, "sampling_error": 0.0123,
        },
        (Finding("cancelled", "warning", "Cancelled after 120 of 500 rows."),),
        (Table.of("importance", {"column": ["a<b>"], "mean_abs": [0.5], "mean": [0.1],
                                 "class": ["yes"]}),),
    )  # fmt: skip
    section = card(manifest, explanation=report).split("## What moves it\n")[1].split("\n## ")[0]
    assert "a&lt;b&gt; moves the prediction most. Cancelled after 120 of 500 rows." in section
    assert "to within 0.02" in section and "standard error of 0.0123" in section
    assert "of probability |" in section and "classes added up" not in section


def test_a_bundle_holds_no_explained_rows(runs: dict[str, Run]) -> None:
    run = runs["logistic"]
    run.explain(rows=5)
    bundle: Path = run.export(replace=True).path
    assert not (bundle / "reports" / "explanation.json").exists()


def test_thresholds_of_groups_are_told_instead_of_one(runs: dict[str, Run]) -> None:
    manifest = read_manifest(runs["logistic"].export(replace=True).path)
    signature = Signature((), "income", "binary", ("<=50K", ">50K"))
    recipe = Recipe("adult", "logistic", mitigation=Mitigation("thresholds", ("sex",)))
    tags = {"fact.thresholds": '{"Male": 0.58, "Female": 0.29}', "fact.seconds": "1"}
    run = RunRecord("r", "r", "done", recipe, signature, tags=tags)
    text = card(dataclasses.replace(manifest, signature=signature), run=run)
    assert "Each group of `sex` has a threshold of its own" in text
    assert "| `Female` | 0.29 |\n| `Male` | 0.58 |" in text
    assert "from a probability of" not in text
    assert "| mitigation | Thresholds per group by `sex`, for demographic parity |" in text
