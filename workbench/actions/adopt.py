"""Adopt: a model that was made elsewhere becomes a run, judged on the test rows like any other."""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from workbench.actions.context import Context
from workbench.actions.outsiders import Outsider, opened
from workbench.actions.train import held_out, open_run, origin, parquet, scores_of, settle
from workbench.core.dataset import DatasetRecord, Schema
from workbench.core.errors import DataError, UsageError
from workbench.core.progress import Progress, silent, within
from workbench.core.recipe import ADOPTED, Recipe
from workbench.core.report import Finding, Report
from workbench.core.split import PARTS, TEST
from workbench.data.split import assign
from workbench.evaluation.evaluate import evaluate
from workbench.packaging.adopting.source import Source, find
from workbench.store.store import Outcome
from workbench.store.trust import trust as vouch
from workbench.training.persist import trusted
from workbench.training.predictor import Predictor

ADDRESSES = ("models:/", "runs:/", "mlflow-artifacts:/")
UNSEEN = (
    "The rows that this model was trained on are unknown: it may have seen the test rows, so its"
    " scores may flatter it."
)


def run(
    context: Context,
    progress: Progress = silent,
    *,
    source: str,
    dataset: str,
    target: str | None = None,
    name: str | None = None,
    task: str | None = None,
    columns: Sequence[str] | None = None,
    classes: Sequence[str] | None = None,
    trust: Sequence[str] = (),
    split: dict[str, Any] | None = None,
) -> dict[str, Any]:
    """Make a run of a finished model.

    Parameters
    ----------
    source
        An ``.onnx``, ``.skops`` or ``.pt2`` file, a folder that MLflow wrote, or the address of a
        model in the library (``models:/NAME/1``, ``models:/NAME@champion``, ``runs:/ID/model``).
    columns
        The columns that it takes, in its order, where the file does not name them.
    classes
        What each of its classes is called in the data set, in its order.
    trust
        Types in a skops file that may be loaded although they are not scikit-learn's.

    Returns
    -------
    dict
        ``run``, and ``notes``: what had to be assumed.

    Raises
    ------
    UsageError
        The file cannot be adopted, or does not fit the data set; the hint says what to do.
    DataError
        The file is damaged, or the model refuses the data set's rows.
    """
    record: DatasetRecord = context.datasets.get(dataset)
    with tempfile.TemporaryDirectory(dir=context.folder("cache")) as temporary:
        progress(0.02, "looking at the file")
        found = find(_local(context, source, Path(temporary)))
        content = found.read()
        asked = _Asked(target, task, columns, classes, tuple(trust), split)
        return _adopted(context, record, _Given(source, name, found, content), asked, progress)


@dataclass(frozen=True)
class _Given:
    """The file, under the name that it came by."""

    source: str
    name: str | None
    found: Source
    content: bytes

    @property
    def called(self) -> str:
        """The run's name: the one that was asked for, or the file's."""
        if self.name:
            return self.name
        for address in ADDRESSES:
            if self.source.startswith(address):  # models:/NAME/1, models:/NAME@champion
                return self.source.removeprefix(address).partition("/")[0].partition("@")[0]
        stem = Path(self.source.rstrip("/")).stem if self.source else ""
        return stem or self.found.path.stem


@dataclass(frozen=True)
class _Asked:
    target: str | None
    task: str | None
    columns: Sequence[str] | None
    classes: Sequence[str] | None
    trust: tuple[str, ...]
    split: dict[str, Any] | None


def _local(context: Context, source: str, folder: Path) -> Path:
    if source.startswith(ADDRESSES):
        fetched: Path = context.store.fetch(source, folder)
        return fetched
    if "://" in source:
        raise UsageError(f"{source} is not on this machine.", "Download it, and give its path.")
    return Path(source).expanduser().absolute()


def _adopted(
    context: Context, record: DatasetRecord, given: _Given, asked: _Asked, progress: Progress
) -> dict[str, Any]:
    recipe = settle(_recipe(record, given, asked), record)
    schema = record.schema.edited(roles={recipe.target or "": "target"})
    frame: pd.DataFrame = context.datasets.frame(record)
    progress(0.1, "holding it against the data set")
    outsider = opened(
        given.found.kind, given.content, recipe, frame, schema, asked.classes, asked.trust
    )
    recipe = replace(recipe, columns=outsider.columns)
    run_id = context.store.begin(given.called, recipe, origin(context, record))
    with open_run(context, run_id):
        vouch(context.root, run_id, outsider.trust)
        outcome = _outcome(context, record, recipe, outsider, frame, schema, run_id, progress)
        context.store.put_file(run_id, f"adopted/{given.found.path.name}", given.content)
        context.store.finish(run_id, outcome)
    context.audit.append("adopt", run_id, {"source": given.source, **recipe.params})
    progress(1.0, "adopted")
    return {"run": run_id, "notes": list(outsider.notes)}


def _recipe(record: DatasetRecord, given: _Given, asked: _Asked) -> Recipe:
    return Recipe.from_dict(
        {
            "dataset": record.ref,
            "family": ADOPTED,
            "target": asked.target,
            "task": asked.task,
            "columns": list(asked.columns) if asked.columns else None,
            "features": [],
            "split": asked.split,
            "params": {
                "kind": given.found.kind,
                "file": given.found.path.name,
                "sha256": hashlib.sha256(given.content).hexdigest(),
            },
        }
    )


def _outcome(
    context: Context,
    record: DatasetRecord,
    recipe: Recipe,
    outsider: Outsider,
    frame: pd.DataFrame,
    schema: Schema,
    run_id: str,
    progress: Progress,
) -> Outcome:
    assert recipe.split is not None
    parts = assign(recipe.split, context.datasets.table(record), schema)
    progress(0.4, "scoring the held-out rows")
    signature = outsider.signature
    kept = held_out(frame, parts, Predictor(outsider.pipeline, signature))
    test = kept["part"] == PARTS[TEST]
    if not test.any():
        raise DataError("There are no test rows to judge it on.", "Use a split that has some.")
    report = evaluate(
        kept.loc[test, "truth"].to_numpy(),
        scores_of(kept[test], signature),
        signature,
        run_id,
        progress=within(progress, 0.6, 0.95),
    )
    return Outcome(
        signature=signature,
        pipeline=outsider.pipeline,
        trusted=(*trusted(), *outsider.trust),
        metrics={k: v for k, v in report.facts["metrics"].items() if v is not None},
        reports=(_noted(report, outsider.notes),),
        files={"predictions.parquet": parquet(kept)},
        params={
            "family": ADOPTED,
            "dataset": recipe.dataset,
            "target": recipe.target,
            **{f"{ADOPTED}.{k}": v for k, v in recipe.params.items()},
        },
        tags=_tags(outsider, parts),
    )


def _noted(report: Report, notes: Sequence[str]) -> Report:
    """The evaluation with what there is to know about a model that was made elsewhere."""
    told = (
        Finding("training-rows-unknown", "warning", UNSEEN),
        *(Finding("adopted-as", "info", note) for note in notes),
    )
    return replace(report, findings=(*told, *report.findings))


def _tags(outsider: Outsider, parts: np.ndarray) -> dict[str, str]:
    counts = np.bincount(parts, minlength=3)
    return {
        "task": outsider.signature.task,
        "rows_valid": str(counts[1]),
        "rows_test": str(counts[2]),
        "notes": "; ".join((UNSEEN, *outsider.notes)),
        **{f"fact.{k}": v for k, v in outsider.facts.items()},
    }
