"""Train: recipes become runs, each judged on rows that it has not seen."""

from __future__ import annotations

import contextlib
import io
import platform
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, replace
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from workbench import __version__
from workbench.actions.context import Context
from workbench.actions.contract import required
from workbench.actions.own import homes, named
from workbench.actions.settled import told
from workbench.core.dataset import DatasetRecord
from workbench.core.errors import Cancelled, DataError, NotFound, UsageError, WorkbenchError
from workbench.core.feature import Feature, still_possible
from workbench.core.progress import Progress, silent, within
from workbench.core.recipe import PRIMARY, Recipe
from workbench.core.run import RunRecord
from workbench.core.split import PARTS, TEST, TRAIN, VALID
from workbench.core.wire import digest, dumps, plain
from workbench.data.split import assign
from workbench.data.telling import pinned
from workbench.evaluation.evaluate import evaluate
from workbench.features.derive import Derive
from workbench.jobs.energy import metered
from workbench.jobs.processes import Home
from workbench.measures.metrics import METRICS
from workbench.store.checkpoints import checkpoint
from workbench.store.store import Outcome
from workbench.store.trust import trust
from workbench.training.family import families as known_families
from workbench.training.own import meet
from workbench.training.persist import dump, strangers, trusted
from workbench.training.predictor import Predictor
from workbench.training.steady import steadily
from workbench.training.train import Trained, train, truth_codes

FITTED = 5_000  # training rows that are scored for the gap between them and the test rows
PACKAGES = (
    "numpy", "pandas", "scipy", "scikit-learn", "lightgbm", "xgboost", "xgboost-cpu", "catboost",
    "interpret-core", "torch",
    "mlflow-skinny",
)  # fmt: skip


def run(
    context: Context,
    progress: Progress = silent,
    *,
    dataset: str | None = None,
    families: Sequence[str] = ("logistic", "lightgbm"),
    target: str | None = None,
    seed: int = 0,
    sensitive: str = "use",
    columns: Sequence[str] | None = None,
    features: Sequence[Mapping[str, Any]] | None = None,
    params: Mapping[str, Mapping[str, Any]] | None = None,
    split: Mapping[str, Any] | None = None,
    recipe: Mapping[str, Any] | None = None,
    own: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    """Train one run per family, or the one that ``recipe`` describes.

    ``params`` holds parameters per family: ``{"lightgbm": {"learning_rate": 0.1}}``; ``own`` where
    to import those that the user wrote.

    Returns
    -------
    dict
        ``runs`` (ids of those that are done), ``best`` (by the primary metric on the test rows),
        ``failed`` (family and reason of the others).

    Raises
    ------
    DataError
        None of the families could be trained; the first reason is given.
    UsageError
        A family or data set that there is not, or something else that no run can come of.
    """
    meet(own or {})
    shared = {
        "dataset": dataset,
        "target": target,
        "seed": seed,
        "sensitive": sensitive,
        "columns": columns,
        "features": features,
        "split": split,
    }
    recipes = _recipes(context, shared, families, by_family(params), recipe)
    done: list[RunRecord] = []
    failed: list[dict[str, str]] = []
    for number, item in enumerate(recipes):
        part = within(
            progress, number / len(recipes), (number + 1) / len(recipes), f"{item.family}: "
        )
        try:
            known_families.get(item.family)  # one that cannot be loaded begins no run
            done.append(one(context, item, part))
        except Cancelled:
            raise
        except WorkbenchError as error:
            if len(recipes) == 1:
                raise
            failed.append({"family": item.family, "reason": str(error)})
    if not done:
        raise DataError(failed[0]["reason"])
    progress(1.0, f"{len(done)} of {len(recipes)} trained")
    return {"runs": [r.id for r in done], "best": best_of(done).id, "failed": failed}


def _recipes(
    context: Context,
    shared: Mapping[str, Any],
    families: Sequence[str],
    params: Mapping[str, Mapping[str, Any]],
    recipe: Mapping[str, Any] | None,
) -> list[Recipe]:
    """What is to be trained; a wrong name is said before anything is."""
    if recipe is None and not families:
        raise UsageError("No model family is chosen.", "Choose one or more.")
    if recipe is not None:
        recipes = [Recipe.from_dict(recipe)]
    elif shared["dataset"] is None:
        raise UsageError("Training needs a data set.", "Name one, or give a recipe.")
    else:
        recipes = [
            Recipe.from_dict({**shared, "family": family, "params": params.get(family, {})})
            for family in families
        ]
    for item in recipes:
        if item.family not in known_families:
            raise NotFound.among("family", item.family, known_families.names())
        context.datasets.get(item.dataset)
    spare = sorted(set(params) - {r.family for r in recipes})
    if spare:
        raise UsageError(f"There are parameters for {spare[0]!r}, which is not to be trained.")
    return recipes


def by_family(params: Any) -> Mapping[str, Mapping[str, Any]]:
    """Parameters per family, or a sentence where what was given is something else."""
    if params is not None and not isinstance(params, Mapping):
        raise UsageError(
            f"Parameters are given per family, not as {params!r}.",
            'Write them as: params={"logistic": {"C": 0.5}}.',
        )
    return params or {}


def one(
    context: Context, recipe: Recipe, progress: Progress, tags: Mapping[str, str] | None = None
) -> RunRecord:
    """Train, judge and keep one run; ``tags`` say more of where it comes from."""
    record: DatasetRecord = context.datasets.get(recipe.dataset)
    required(context, record)
    recipe = settle(recipe, record)
    more = {**begun(context, record, recipe), **(tags or {})}
    run_id = context.store.begin(recipe.family, recipe, more)
    return carry_out(context, record, recipe, run_id, progress)


@contextlib.contextmanager
def open_run(context: Context, run_id: str) -> Iterator[None]:
    """Close the run as cancelled or failed, with its reason, when what is inside does not end."""
    try:
        yield
    except Cancelled:
        context.store.close(run_id, "cancelled", "Cancelled.")
        raise
    except BaseException as error:
        context.store.close(run_id, "failed", str(error) or type(error).__name__)
        raise


def carry_out(
    context: Context, record: DatasetRecord, recipe: Recipe, run_id: str, progress: Progress
) -> RunRecord:
    """Fit, judge and keep the open run ``run_id``; one that was interrupted goes on."""
    with open_run(context, run_id):
        outcome = _outcome(context, record, recipe, run_id, progress)
        progress(0.97, "keeping the run")
        context.store.finish(run_id, outcome)
    checkpoint(context.root, run_id).forget()
    run: RunRecord = context.store.run(run_id)
    return run


def best_of(runs: Sequence[RunRecord], metric: str | None = None) -> RunRecord:
    """The run with the best ``metric``; with the best primary metric of its task by default."""

    def rank(run: RunRecord) -> float:
        assert run.signature is not None
        name = metric or PRIMARY[run.signature.task]
        value = run.metrics.get(name)
        if value is None:
            return float("-inf")
        return value if METRICS[run.signature.task][name].higher_is_better else -value

    return max(runs, key=rank)


def settle(recipe: Recipe, record: DatasetRecord) -> Recipe:
    """The recipe with all that was left open decided, so that the record repeats it."""
    target = recipe.target or (record.schema.target.name if record.schema.target else None)
    if target is None:
        raise UsageError(
            f"{record.ref} has no target column.", "Name the column to predict: target=..."
        )
    schema = record.schema.edited(roles={target: "target"})
    return Recipe.from_dict(
        {
            **recipe.to_dict(),
            "dataset": record.ref,
            "target": target,
            "split": plain(pinned(recipe.split or record.split, schema)),
            "features": plain(_features(recipe, record, target)),
        }
    )


def _features(recipe: Recipe, record: DatasetRecord, target: str) -> tuple[Feature, ...]:
    """Those of the recipe, or of the data set as far as its columns and its target allow."""
    if recipe.features is not None:
        return recipe.features
    columns = record.schema.names if recipe.columns is None else recipe.columns
    return still_possible(record.features, [name for name in columns if name != target])


def _outcome(
    context: Context, record: DatasetRecord, recipe: Recipe, run_id: str, progress: Progress
) -> Outcome:
    schema = record.schema.edited(roles={recipe.target or "": "target"})
    assert recipe.split is not None
    parts = assign(recipe.split, context.datasets.table(record), schema)
    frame = context.datasets.frame(record)
    family = known_families.get(recipe.family)
    place = checkpoint(context.root, run_id, context.settings.checkpoint_seconds)
    meter = metered(context.settings.energy, context.settings.country)
    with meter as energy, steadily(context.settings.deterministic):
        step = within(progress, 0.02, 0.85)
        trained = train(recipe, frame, schema, parts, step, Derive.of, place)
    trained = replace(trained, facts={**trained.facts, **energy.facts()})
    progress(0.86, "scoring the held-out rows")
    predictor = Predictor(trained.pipeline, trained.signature)
    kept = held_out(frame, parts, predictor, trained.valid_scores)
    test = kept["part"] == PARTS[TEST]
    report = evaluate(
        kept.loc[test, "truth"].to_numpy(),
        scores_of(kept[test], trained.signature),
        trained.signature,
        run_id,
        fitted=fitted_scores(frame, parts, predictor),
        seed=recipe.seed,
        progress=within(progress, 0.88, 0.96),
    )
    # a user's own types are vouched for by who trains them
    more = strangers(dump(trained.pipeline)) if _own(family, recipe) else []
    trust(context.root, run_id, more)
    return Outcome(
        signature=trained.signature,
        pipeline=trained.pipeline,
        trusted=(*trusted(), *more),
        metrics={k: v for k, v in report.facts["metrics"].items() if v is not None},
        reports=(report,),
        files={"predictions.parquet": parquet(kept)},
        history=_history(trained),
        params=told_params(recipe, trained.facts.get("params", recipe.params)),
        tags={**_fact_tags(trained, parts), **told(recipe, trained.signature.task)},
    )


def _own(family: Any, recipe: Recipe) -> bool:
    """Whether a user wrote the family, or one that it holds."""
    held = [known_families.get(n) for n in named(recipe.params) if n in known_families]
    return any(getattr(one, "own", False) for one in (family, *held))


def held_out(
    frame: pd.DataFrame,
    parts: np.ndarray,
    predictor: Predictor,
    valid_scores: np.ndarray | None = None,
) -> pd.DataFrame:
    """Row number, part, truth and scores of the rows that were not fitted on.

    ``valid_scores`` are those of the validation rows where the model learned from them, too.
    """
    rows = np.flatnonzero(parts != TRAIN)
    held = frame.iloc[rows]
    truth = truth_codes(held[predictor.signature.target], predictor.signature)
    known = np.isfinite(truth) if truth.dtype.kind == "f" else truth >= 0
    rows, truth, held = rows[known], truth[known], held[known]
    scores = predictor.scores(held)
    if valid_scores is not None:
        scores[parts[rows] == VALID] = valid_scores
    columns = (
        {"value": scores}
        if scores.ndim == 1
        else {f"score_{k}": scores[:, k] for k in range(scores.shape[1])}
    )
    names = np.array(PARTS, dtype=object)
    return pd.DataFrame({"row": rows, "part": names[parts[rows]], "truth": truth, **columns})


def fitted_scores(
    frame: pd.DataFrame, parts: np.ndarray, predictor: Predictor
) -> tuple[np.ndarray, np.ndarray]:
    """Truth and scores of some training rows, spread over all of them."""
    rows = np.flatnonzero(parts == TRAIN)
    rows = rows[:: max(1, len(rows) // FITTED)][:FITTED]
    signature = predictor.signature
    truth = truth_codes(frame[signature.target].iloc[rows], signature)
    known = np.isfinite(truth) if truth.dtype.kind == "f" else truth >= 0
    return truth[known], predictor.scores(frame.iloc[rows[known]])


def scores_of(predictions: pd.DataFrame, signature: Any) -> np.ndarray:
    """Scores as a model gives them, from a run's kept predictions: (n, classes) or (n,)."""
    if signature.task == "regression":
        return predictions["value"].to_numpy()
    return predictions[[f"score_{k}" for k in range(len(signature.classes))]].to_numpy()


def parquet(frame: pd.DataFrame) -> bytes:
    """A frame as the bytes of a Parquet file."""
    buffer = io.BytesIO()
    frame.to_parquet(buffer, index=False)
    return buffer.getvalue()


def _history(trained: Trained) -> tuple[tuple[int, str, float], ...]:
    steps = trained.history.column("step") if len(trained.history) else []
    names = [c for c in trained.history.columns if c != "step"]
    return tuple(
        (int(step), name, float(row[trained.history.columns.index(name)]))
        for step, row in zip(steps, trained.history.rows, strict=True)
        for name in names
        if row[trained.history.columns.index(name)] is not None
    )


def told_params(recipe: Recipe, used: Mapping[str, Any]) -> dict[str, Any]:
    """What decided a run, with the family's parameters as they were ``used``."""
    return {
        "family": recipe.family,
        "dataset": recipe.dataset,
        "target": recipe.target,
        "seed": recipe.seed,
        "split": recipe.split.method if recipe.split else "",
        **({} if recipe.threshold is None else {"threshold": recipe.threshold}),
        **{f"{recipe.family}.{k}": v for k, v in used.items()},
    }


def _fact_tags(trained: Trained, parts: np.ndarray) -> dict[str, str]:
    counts = np.bincount(parts, minlength=3)
    facts = {k: v for k, v in trained.facts.items() if isinstance(v, (str, int, float))}
    return {
        **{f"fact.{k}": str(v) for k, v in facts.items()},
        "task": trained.signature.task,
        "rows_train": str(counts[TRAIN]),
        "rows_valid": str(counts[VALID]),
        "rows_test": str(counts[TEST]),
        "notes": "; ".join(n.sentence for n in trained.notes),
    }


def begun(context: Context, record: DatasetRecord, recipe: Recipe) -> dict[str, str]:
    """:func:`origin`, with what going on after an interruption needs to know."""
    where = homes(recipe)
    return {
        **origin(context, record),
        "schema": digest(record.schema),
        "process": "" if context.job else dumps(asdict(Home.own())),
        "own": dumps(where) if where else "",
    }


def origin(context: Context, record: DatasetRecord) -> dict[str, str]:
    """Where and with what a run is made, as its tags."""
    return {
        "dataset_digest": record.digest,
        "split_column": record.split.column or "",
        "job": context.job or "",
        "git_commit": git_commit(context.root),
        "python": platform.python_version(),
        "platform": sys.platform,
        "workbench": __version__,
        **{f"version.{p}": v for p, v in versions().items()},
    }


def versions() -> dict[str, str]:
    """The installed packages that decide what a training comes to, with their versions."""
    installed = {p: _version(p) for p in PACKAGES}
    return {p: v for p, v in installed.items() if v}


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return ""


def git_commit(folder: Path) -> str:
    """The commit that the user's folder is at, with ``+`` when files were changed; or nothing."""
    try:
        commit = _git(folder, "rev-parse", "HEAD")
        return (
            commit + ("+" if _git(folder, "status", "--porcelain", "-uno") else "")
            if commit
            else ""
        )
    except (OSError, subprocess.TimeoutExpired):  # no git on this machine
        return ""


def _git(folder: Path, *arguments: str) -> str:
    done = subprocess.run(
        ["git", "-C", str(folder), *arguments],
        capture_output=True,
        text=True,
        timeout=5,
        check=False,
    )
    return done.stdout.strip() if done.returncode == 0 else ""
