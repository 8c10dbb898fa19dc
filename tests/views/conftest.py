"""Real reports of every kind, made once."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from workbench.core.feature import Feature
from workbench.core.report import Report
from workbench.core.signature import Field
from workbench.evaluation.bins import binned
from workbench.evaluation.errortree import error_tree
from workbench.evaluation.leaves import Errors
from workbench.evaluation.slices import slices
from workbench.monitoring.drift import drift
from workbench.workspace import Workspace

HOSTILE = '<img src=x onerror="alert(1)">\n\x1b[31mred'
SMALL = {"forest": {"n_estimators": 20}}


def story(ws: Workspace, data: object, by: str) -> list[Report]:
    """Every kind of report that a data set can give."""
    found = ws.datasets[data] if isinstance(data, str) else ws.import_data(data, target="label")
    runs = ws.train(found, families=["logistic", "forest"], params=SMALL)
    runs.best.export()
    parity = runs.best.parity()
    assert parity is not None
    explained = [run.explain(rows=40) for run in runs]
    number, other = [c.name for c in found.schema.columns if c.semantic == "number"][:2]
    middle = float(found.frame()[number].median())
    forest = next(run for run in runs if run.record.model == "forest")
    binary = runs.best.record.signature.task == "binary"  # type: ignore[union-attr]
    threshold = [runs.best.threshold("f1")] if binary else []
    return [
        found.profile(), found.preview(Feature("log", (number,))), runs.best.evaluation(),
        ws.compare(runs), *explained,
        runs.best.fairness(by=[by]), parity, runs.best.effects(number, rows=60),
        runs.best.importance(rows=60, repeats=2), runs.best.validate(folds=2), *threshold,
        forest.interactions(rows=20), forest.pair(number, other, rows=30), forest.lime(0, 300),
        runs.best.cohorts({number: (middle, None)}), runs.best.surprises(), runs.best.effort(),
    ]  # fmt: skip


@pytest.fixture(scope="session")
def reports(tmp_path_factory: pytest.TempPathFactory) -> list[Report]:
    """All kinds, for two classes, several, and numbers."""
    ws = Workspace(tmp_path_factory.mktemp("views"))
    found: list[Report] = [ws.doctor()]
    for name in ("breast_cancer", "diabetes", "wine"):
        data = ws.import_data(name)
        found += story(ws, name, data.schema.names[0])
    frame = ws.datasets["wine"].frame()
    run = ws.runs[ws.runs.list()[0].id]
    assert run.record.signature is not None
    names = list(run.record.signature.names)
    drifted, _, _ = drift(frame[names][:80], frame[names][90:], run.record.signature, "endpoint")
    sweep = ws.tune("wine", ["logistic", "bayes"], attempts=12).report()
    assert sweep is not None
    frame = ws.datasets["diabetes"].frame()
    return [*found, drifted, sweep, weak_spots(frame), *error_trees(frame)]


def weak_spots(frame: pd.DataFrame) -> Report:
    """Losses that are larger where the first column is."""
    losses = np.random.default_rng(0).exponential(size=len(frame))
    losses += 2 * (frame.iloc[:, 0] > frame.iloc[:, 0].median())
    columns = [binned(frame[name], name) for name in frame]
    return slices(losses, columns, subject="r", title="Weak spots", loss="log loss")


def error_trees(frame: pd.DataFrame) -> list[Report]:
    """Errors that are larger where the first column is: of one model as shares, of two as numbers.

    Columns of texts are asked for, too, so that their names and levels are shown.
    """
    rng = np.random.default_rng(0)
    large = (frame.iloc[:, 0] > frame.iloc[:, 0].median()).to_numpy()
    fields = [
        Field(name, "number" if pd.api.types.is_numeric_dtype(frame[name]) else "category")
        for name in frame
    ]
    wrong = (rng.random(len(frame)) < np.where(large, 0.7, 0.1)).astype(float)
    far = rng.exponential(size=len(frame))
    given = {"subject": "r", "title": "Error tree", "names": (HOSTILE, "b")}
    return [
        error_tree(Errors(wrong, rates=True), frame, fields, metric="accuracy", **given),  # type: ignore[arg-type]
        error_tree(
            Errors(far + large, far * rng.random(len(far))), frame, fields, metric="mae", **given
        ),  # type: ignore[arg-type]
    ]


@pytest.fixture(scope="session")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> list[Report]:
    """Reports of a table whose names and labels attack a page and a terminal."""
    ws = Workspace(tmp_path_factory.mktemp("hostile"))
    frame = ws.import_data("breast_cancer").frame().iloc[:, [0, 1, 2, -1]]
    labels = [f"{HOSTILE}<script>{v}</script>" for v in frame.iloc[:, -1]]
    table = pd.DataFrame(
        {
            HOSTILE: frame.iloc[:, 0],
            "</style><script>alert(2)</script>": frame.iloc[:, 1],
            "group": [f"{HOSTILE}{i % 2}" for i in range(len(frame))],
            "label": labels,
        }
    )
    return [*story(ws, table, "group"), weak_spots(table), *error_trees(table)]
