"""View models and words: what pages ask and say, without a browser."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from workbench.app.charts.bars import strength
from workbench.app.pages.explain import exactness
from workbench.app.pages.jobs import JobsModel
from workbench.app.pages.serve import value_of
from workbench.app.pages.train import TrainModel, points
from workbench.app.visit import parse
from workbench.core.errors import InvalidValue, UsageError
from workbench.core.job import Event, JobRecord
from workbench.core.signature import Field
from workbench.views import words
from workbench.views.links import links
from workbench.workspace import Workspace

NOW = dt.datetime(2026, 5, 3, 14, 0, tzinfo=dt.UTC)


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (398_400, "398k"),
        (0.92743, "0.927"),
        (38.58, "38.6"),
        (9999, "9,999"),
        (99_999.0, "100k"),
        (0, "0"),
        (1_484_705, "1.48M"),
        (4.2e-7, "4.2e−7"),
        (-0.5, "−0.500"),
        (None, "–"),
        (float("nan"), "–"),
        (0.9999, "1.00"),
    ],
)
def test_numbers_have_three_digits(value: float | None, shown: str) -> None:
    assert words.number(value) == shown


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [(0.42, "0.4 s"), (12.3, "12 s"), (200, "3 min 20 s"), (7500, "2 h 5 min"), (None, "–")],
)
def test_spans_of_time_are_read_easily(seconds: float | None, shown: str) -> None:
    assert words.duration(seconds) == shown


def test_moments_are_told_from_now() -> None:
    assert words.ago(NOW, NOW) == "just now"
    assert words.ago(NOW - dt.timedelta(minutes=5), NOW) == "5 min ago"
    assert words.ago(NOW - dt.timedelta(days=40), NOW).endswith("2026")


def test_an_address_keeps_only_what_is_known_and_harmless() -> None:
    asked = "?page=explain&run=3f2a&evil=1&data=<script>&token=s3cret&by=sex,race"
    assert parse(asked) == {"page": "explain", "run": "3f2a", "by": "sex,race"}


def test_training_is_asked_for_only_with_a_whole_form(workspace: Workspace) -> None:
    model = TrainModel(workspace)
    with pytest.raises(UsageError, match="no data set"):
        model.ask()
    model.param.update(dataset="adult@1", target="income", seed="seven")
    with pytest.raises(UsageError, match="seed"):
        model.ask()
    model.param.update(seed="7", families=["lightgbm"], sensitive=False)
    assert model.ask() == {
        "dataset": "adult@1",
        "families": ["lightgbm"],
        "target": "income",
        "seed": 7,
        "sensitive": "drop",
    }


def test_what_a_job_said_becomes_points_of_each_family() -> None:
    def said(text: str, **metrics: float) -> Event:
        return Event(1, "j", NOW, 0.1, text, metrics)

    found = points(
        [
            said("lightgbm: round 1", valid_loss=0.5, iteration=1.0),
            said("lightgbm: scoring"),
            said("network: epoch 1", train_loss=0.7, valid_loss=0.6, epoch=1.0),
            said("lightgbm: round 9", valid_loss=0.4, iteration=9.0),
        ]
    )
    assert [step for step, _, _ in found["lightgbm"]] == [1.0, 9.0]
    assert found["network"] == [(1.0, 0.7, 0.6)]


def test_a_form_field_becomes_what_the_endpoint_takes() -> None:
    assert value_of(Field("age", "number"), " 39 ") == 39.0
    assert value_of(Field("age", "number"), "") is None
    assert value_of(Field("sex", "category"), "Male") == "Male"
    assert value_of(Field("ok", "boolean"), "Yes") is True
    with pytest.raises(InvalidValue, match="age takes a number"):
        value_of(Field("age", "number"), "old")


def test_a_finished_job_links_to_what_it_made() -> None:
    done = JobRecord("1", "train", {}, "done", result={"runs": ["a", "b"]})
    assert links(done) == [("Compare the runs", "compare", {"runs": "a,b"})]
    assert links(JobRecord("1", "train", {}, "failed")) == []


def test_jobs_are_counted_by_state(workspace: Workspace) -> None:
    model = JobsModel(workspace)
    model.jobs = model.read()
    assert model.sentence == "0 running · 0 waiting · 0 ended"


def test_drift_is_told_on_one_scale_for_distances_and_p_values() -> None:
    far = {"score": 0.3, "threshold": 0.1, "drifted": True}
    near = {"score": 0.05, "threshold": 0.1, "drifted": False}
    unlikely = {"score": 0.001, "threshold": 0.05, "drifted": True}
    likely = {"score": 0.5, "threshold": 0.05, "drifted": False}
    assert strength(far) > 1 > strength(near)
    assert strength(unlikely) > 1 > strength(likely)


def test_additivity_is_told_in_words() -> None:
    exact = exactness({"additivity_error": 1e-14, "space": "log-odds"})
    rough = exactness({"additivity_error": 0.0123, "space": "probability"})
    assert "exactly" in exact
    assert "0.012 probability" in rough


def test_rates_that_no_threshold_moves_stay_beside_the_moved_ones(tmp_path: Path) -> None:
    from workbench.app.pages.fairness import FairnessModel, rates_at

    ws = Workspace(tmp_path / "ws")
    data = ws.import_data("breast_cancer")
    model = FairnessModel(ws)
    model.run = ws.train(data, ["logistic"]).best.id
    model.by = ["mean radius"]
    audit = model.audit()
    moved, _, sure = rates_at(audit, 0.1)
    assert not sure and set(audit.metrics) <= set(moved.columns)
    before = {r["group"]: r for r in audit.report["groups"].records()}
    for row in moved.records():
        assert row["base_rate"] == before[row["group"]]["base_rate"]
        assert row["ece_low"] == before[row["group"]]["ece_low"]
    assert moved.column("selection_rate") != audit.report["groups"].column("selection_rate")


def test_named_runs_and_champions_are_there_however_old(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from workbench.app import runs
    from workbench.app.pages.compare import first_choice

    ws = Workspace(tmp_path / "ws")
    ws.train(ws.import_data("iris"), ["dummy", "logistic", "bayes"])
    monkeypatch.setattr(runs, "NEWEST", 1)
    newest, middle, oldest = ws.runs.list()
    shelf = runs.Shelf.read(ws)
    assert [r.id for r in shelf.runs] == [newest.id] and shelf.choose("").id == newest.id
    shelf = runs.Shelf.read(ws, oldest.id[:8])
    assert shelf.choose(oldest.id[:8]).id == oldest.id and oldest.id in shelf.options().values()
    assert first_choice(shelf, f"{oldest.id[:8]},{newest.id}") == [oldest.id]
    middle.promote()
    shelf = runs.Shelf.read(ws, "beefbeef")
    assert shelf.choose("beefbeef").id == middle.id and "★" in next(reversed(shelf.options()))
    assert shelf.missing("x is shown") == (
        "There is no run beefbeef in this workspace. Instead, x is shown."
    )
    assert runs.Shelf.read(ws, "champion").choose("champion").id == middle.id


def test_all_runs_are_narrowed_sorted_and_paged(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from workbench.app.pages import runs

    ws = Workspace(tmp_path / "ws")
    ws.train(ws.import_data("iris"), ["dummy", "logistic", "bayes"])
    ws.train(ws.import_data("diabetes"), ["elastic"])
    monkeypatch.setattr(runs, "LINES", 3)
    model = runs.RunsModel(ws)
    model.take(model.read())
    assert set(model.metrics) == {ws.runs.list()[0].score[0], ws.runs.list()[1].score[0]}
    assert (model.listed().total, len(model.listed().runs)) == (4, 3)
    model.param.update(order="metric:accuracy", descending=True)
    first = [r.record.recipe.family for r in model.listed().runs]
    assert set(first[:2]) == {"logistic", "bayes"} and first[2] == "dummy"
    model.page = 1  # who has no such metric stands last, in either direction
    assert [r.record.recipe.family for r in model.listed().runs] == ["elastic"]
    model.descending = False
    assert [r.record.recipe.family for r in model.listed().runs] == ["elastic"]
    model.param.update(page=0, text="naive bayes", dataset="iris@1", state="done")
    assert [r.record.recipe.family for r in model.listed().runs] == ["bayes"]
    model.text = model.listed().runs[0].id[:8]
    assert model.listed().total == 1
    model.chosen = ["gone", model.listed().runs[0].id]
    model.take(model.read())
    assert model.chosen == [model.listed().runs[0].id]


def test_places_are_told_of_the_chosen_column_and_top() -> None:
    import numpy as np

    from workbench.app.placing import PlacesCard
    from workbench.core.signature import Signature
    from workbench.fairness.audit import audit

    rng = np.random.default_rng(0)
    groups = {"sex": rng.choice(["f", "m"], 600), "town": rng.choice(["<b>x</b>", "y"], 600)}
    scores = rng.random(600) * np.where(groups["sex"] == "f", 0.5, 1)
    truth = (rng.random(600) < scores).astype(int)
    signature = Signature((), "hired", "binary", ("no", "yes"))
    card = PlacesCard(audit(truth, scores, groups, signature, "run", draws=10))
    assert [row[0]["text"] for row in card.rows.rows] == ["f", "m"]
    assert card.rows.rows[0][-1]["text"] == "0.0%"  # no woman is scored above one half
    card._look("town", "top_20")
    assert [row[0]["text"] for row in card.rows.rows] == ["<b>x</b>", "y"]
    assert "best-scored 20%" in card.note.object
