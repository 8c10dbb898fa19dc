"""Code: a run as a script that trains the same model without Workbench."""

from __future__ import annotations

import pprint
import sys
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from workbench.actions.context import Context
from workbench.actions.results import Results
from workbench.core.errors import UsageError
from workbench.core.files import replacing_folder
from workbench.core.progress import Progress, silent
from workbench.core.recipe import ADOPTED
from workbench.core.split import PARTS
from workbench.data.split import assign
from workbench.encoding import inputs
from workbench.packaging.inline import inline
from workbench.training.family import Problem, families, settled
from workbench.training.train import truth_codes

OWN = "workbench"
# the libraries' estimators that are fitted in one call; what ended early is told how many rounds
ROUNDS = {"lightgbm": "n_estimators", "xgboost": "n_estimators", "histboost": "max_iter"}
CHUNKED = {"lightgbm", "xgboost"}  # rounds in chunks, each with a seed of its own
PLAIN = {"dummy", "forest", "extratrees", *ROUNDS}
HOLDING = {"blend", "stack", "calibrated", "costly"}
LIBRARY = {
    "lightgbm": "lightgbm",
    "xgboost": "xgboost",
    "catboost": "catboost",
    "ebm": "interpret-core",
    "network": "torch",
    "tabm": "torch",
}
FILES = ("train.py", "rows.parquet", "requirements.txt")


def run(
    context: Context,
    progress: Progress = silent,
    *,
    run: str,
    to: str | None = None,
    replace: bool = False,
) -> dict[str, Any]:
    """Write a folder with ``train.py``, the rows that it reads and what it needs installed.

    Returns
    -------
    dict
        ``folder``.

    Raises
    ------
    UsageError
        The folder is there already, or the family cannot be written out.
    """
    results = Results.of(context, run)
    folder = Path(to) if to else context.root / "exports" / f"{results.record.short}-code"
    _refuse(results, folder, replace)
    progress(0.1, "making the columns")
    rows, names = _rows(context, results)
    progress(0.7, "writing the script")
    script = _script(results, rows, names)
    with replacing_folder(folder) as place:
        rows.to_parquet(place / "rows.parquet", index=False)
        (place / "train.py").write_text(script, encoding="utf-8")
        (place / "requirements.txt").write_text(_requirements(results), encoding="utf-8")
    progress(1.0, f"{folder.name} is written")
    return {"folder": str(folder)}


def _refuse(results: Results, folder: Path, replace: bool) -> None:
    family = results.record.recipe.family
    if results.record.recipe.mitigation is not None:
        raise UsageError(
            "A mitigated run cannot be written as one script yet.",
            "Export it instead, or write the run that it was made from.",
        )
    if family == ADOPTED:
        raise UsageError(
            "The model was made elsewhere, so nobody here knows how it was trained.",
            "Export the run to carry the model itself away.",
        )
    if family in HOLDING:
        raise UsageError(
            f"{families.get(family).title} holds other families and cannot be one script.",
            "Train what it holds by itself, and write that.",
        )
    known = families.get(family)
    if getattr(known, "own", False) or not type(known).__module__.startswith(f"{OWN}."):
        raise UsageError(
            f"The code of the family {family!r} is yours or another package's: it is not copied.",
            "Use that code directly.",
        )
    if folder.exists() and (not replace or {p.name for p in folder.iterdir()} - set(FILES)):
        raise UsageError(f"{folder} is there already.", "Name another folder, or say --replace.")


def _rows(context: Context, results: Results) -> tuple[pd.DataFrame, dict[str, str]]:
    """The rows with a target as models take them, and what each array is called in them."""
    signature, predictor = results.signature, results.predictor
    split: Any = results.record.recipe.split
    frame = context.datasets.frame(results.dataset)
    parts = assign(split, context.datasets.table(results.dataset), results.schema)
    truth = truth_codes(frame[signature.target], signature)
    known = np.isfinite(truth) if truth.dtype.kind == "f" else truth >= 0
    arrays = predictor.pipeline[:-2].transform(frame[known])
    names = _names([str(c) for c in arrays.columns], results)
    rows = arrays.rename(columns=names)
    rows["part"] = np.array(PARTS, dtype=object)[parts[known]]
    rows["target"] = truth[known]
    return rows, names


def _names(arrays: list[str], results: Results) -> dict[str, str]:
    """The user's own names of columns, where they are plain and tell arrays apart."""
    known = {
        i.name: f"{i.column}_{i.part}" if i.part else i.column for i in inputs(results.signature)
    }
    told = [known.get(name, name) for name in arrays]
    clear = {n for n in told if told.count(n) == 1 and n not in ("part", "target")}
    return {a: t if t in clear else a for a, t in zip(arrays, told, strict=True)}


def _script(results: Results, rows: pd.DataFrame, names: Mapping[str, str]) -> str:
    recipe, signature = results.record.recipe, results.signature
    family = families.get(recipe.family)
    columns = [
        (name, step, [names[c] for c in used])
        for name, step, used in results.predictor.preparation.transformers
    ]
    steps = [type(step) for _, step, _ in columns if not isinstance(step, str)]
    plain = recipe.family in PLAIN or results.record.model == "ridge"
    parts = steps if plain else [*steps, type(family), Problem]
    if recipe.family in CHUNKED:
        parts.append(sys.modules[type(family).__module__].Chunks)
    estimator = results.predictor.estimator
    lines = inline(_unlike(parts), OWN).splitlines()
    lines[1:1] = ["", "from pathlib import Path", ""]
    first = lines.index("") + 1
    lines[first:first] = _imports(estimator if plain else None, lines)
    return "\n".join(
        [
            _head(results),
            *lines,
            "",
            f"SEED = {recipe.seed}",
            f"CLASSES = {list(signature.classes)!r}",
            *([f"THRESHOLD = {signature.threshold!r}"] if signature.task == "binary" else []),
            "COLUMNS = ColumnTransformer(",
            *(f"    {line}" for line in _indented(columns)),
            ")",
            "",
            LOAD,
            _plain_fit(results) if plain else _own_fit(results, rows),
            SCORE_VALUES if signature.task == "regression" else SCORE_CLASSES,
        ]
    )


def _unlike(parts: list[Any]) -> list[Any]:
    return list(dict.fromkeys(parts))


def _imports(estimator: Any, lines: list[str]) -> list[str]:
    wanted = [
        "import numpy as np",
        "import pandas as pd",
        "from sklearn.compose import ColumnTransformer",
        "from sklearn.metrics import accuracy_score, log_loss, mean_absolute_error, r2_score",
    ]
    if estimator is not None:
        kind = type(estimator)
        public = kind.__module__.partition("._")[0]
        public = public.partition(".")[0] if not public.startswith("sklearn") else public
        wanted.append(f"from {public} import {kind.__name__}")
    return [line for line in wanted if line not in lines]


def _indented(columns: list[Any]) -> list[str]:
    text = pprint.pformat(columns, width=90, compact=True, sort_dicts=False)
    return f"{text},\nsparse_threshold=0,".splitlines()


def _head(results: Results) -> str:
    record = results.record
    numbers = ", ".join(f"{k} {v:.6g}" for k, v in list(record.metrics.items())[:4])
    text = f"""{record.model} on {record.recipe.dataset}, as run {record.short} trained it.

rows.parquet holds the rows as models take them: numbers as float32, dates in their parts,
categories as text with "" for missing, features made; `part` says who trains, stops and tests.
The target {record.recipe.target!r} is a class number or a value.
The run's figures on the test rows: {numbers}.

    pip install -r requirements.txt
    python train.py"""
    # comments, since a column may be called anything: no line of it may become code
    return "\n".join(f"# {line}".rstrip() for line in text.splitlines()) + "\n"


LOAD = '''rows = pd.read_parquet(Path(__file__).with_name("rows.parquet"))
truth = rows["target"].to_numpy()
part = rows["part"].to_numpy()


def prepared(name: str, *, fit: bool = False) -> np.ndarray:
    """The matrix of the train, valid or test rows."""
    chosen = rows[part == name]
    made = COLUMNS.fit_transform(chosen, truth[part == name]) if fit else COLUMNS.transform(chosen)
    return np.ascontiguousarray(made, dtype=np.float32)


x, y = prepared("train", fit=True), truth[part == "train"]
'''


def _plain_fit(results: Results) -> str:
    """The library's estimator, fitted with exactly the rounds that the run kept."""
    estimator, family = results.predictor.estimator, results.record.recipe.family
    kind = type(estimator)
    given = {k: v for k, v in estimator.get_params().items() if _told(kind, k, v)}
    if family in ROUNDS:
        given[ROUNDS[family]] = int(results.record.tags["fact.best_iteration"])
        given |= {"early_stopping": False} if family == "histboost" else {}
    said = "".join(f"    {name}={value!r},\n" for name, value in given.items())
    more = ".astype(np.float64), y" if results.record.model == "ridge" else ", y"
    if family == "xgboost":
        said += "    callbacks=[Chunks(SEED)],\n"
    elif family == "lightgbm":
        every = estimator.subsample_freq if estimator.subsample < 1 else 0
        more += f", callbacks=[Chunks(SEED, {every})]"
    return f"model = {kind.__name__}(\n{said})\nmodel.fit(x{more})\n"


def _told(kind: type, name: str, value: Any) -> bool:
    """Whether a parameter differs from what the estimator does unasked."""
    if name in ("n_iter_no_change", "scoring", "eval_metric") or value is None:
        return False
    return bool(value != kind().get_params().get(name) and value == value)  # not NaN, its own self


def _own_fit(results: Results, rows: pd.DataFrame) -> str:
    """The family's own code, copied above, asked as a run asks it."""
    recipe, signature = results.record.recipe, results.signature
    family = families.get(recipe.family)
    levels = [
        tuple(step.levels)
        for _, step, _ in results.predictor.preparation.transformers_
        if hasattr(step, "levels") and len(step.origins_) == len(step.levels)
    ]
    params = settled(family, signature.task, recipe.params)
    judged = (rows["part"] == "valid").any()
    return f"""problem = Problem(
    task={signature.task!r},
    classes=len(CLASSES),
    x=x,
    y=y,
    x_valid={'prepared("valid")' if judged else None},
    y_valid={'truth[part == "valid"]' if judged else None},
    levels={levels[0] if levels else ()!r},
    params={params!r},
    seed=SEED,
)
model = {type(family).__name__}().fit(problem, lambda *said: None).estimator
"""


SCORE_CLASSES = """x_test, y_test = prepared("test"), truth[part == "test"]
scores = model.predict_proba(x_test)
said = scores[:, 1] >= THRESHOLD if len(CLASSES) == 2 else scores.argmax(axis=1)
print("accuracy", accuracy_score(y_test, said))
print("log_loss", log_loss(y_test, scores, labels=range(len(CLASSES))))
pd.DataFrame(scores, columns=CLASSES).to_parquet(Path(__file__).with_name("scores.parquet"))
"""
SCORE_VALUES = """x_test, y_test = prepared("test"), truth[part == "test"]
scores = model.predict(x_test)
print("mae", mean_absolute_error(y_test, scores))
print("r2", r2_score(y_test, scores))
pd.DataFrame({"value": scores}).to_parquet(Path(__file__).with_name("scores.parquet"))
"""


def _requirements(results: Results) -> str:
    wanted = ["numpy", "pandas", "pyarrow", "scikit-learn"]
    library = LIBRARY.get(results.record.recipe.family)
    said = {k.removeprefix("version."): v for k, v in results.record.tags.items()}
    lines = [f"{name}=={said.get(name) or version(name)}" for name in wanted]
    if library:
        found = said.get(library) or said.get(f"{library}-cpu", "")
        lines.append(f"{library}=={found.partition('+')[0]}" if found else library)
    return "\n".join(lines) + "\n"
