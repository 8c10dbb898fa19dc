"""Code: a run as a script that trains the same model without Workbench."""

from __future__ import annotations

import pprint
import sys
from collections.abc import Mapping, Sequence
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
from workbench.features.derive import Derive
from workbench.packaging.inline import inline
from workbench.training.family import Family, Problem, families, settled
from workbench.training.prepare import blocks
from workbench.training.train import ground, truth_codes

OWN = "workbench"
# the libraries' estimators that are fitted in one call; what ended early is told how many rounds
ROUNDS = {"lightgbm": "n_estimators", "xgboost": "n_estimators", "histboost": "max_iter"}
CHUNKED = {"lightgbm", "xgboost"}  # rounds in chunks, each with a seed of its own
PLAIN = {"dummy", "forest", "extratrees", *ROUNDS}
HOLDING = {"blend", "stack", "calibrated", "costly"}  # each family that they hold is a file
LIBRARY = {
    "lightgbm": "lightgbm",
    "xgboost": "xgboost",
    "catboost": "catboost",
    "ebm": "interpret-core",
    "network": "torch",
    "tabm": "torch",
}
FILES = ("train.py", "rows.parquet", "requirements.txt", "scores.parquet")
SUFFIX = "_family.py"


def run(
    context: Context,
    progress: Progress = silent,
    *,
    run: str,
    to: str | None = None,
    replace: bool = False,
) -> dict[str, Any]:
    """Write a folder with ``train.py``, the rows that it reads and what it needs installed.

    Of a model that holds others, each of their families is a file beside it.

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
        for family in _held(results):
            (place / f"{family.name}{SUFFIX}").write_text(_family(family), encoding="utf-8")
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
    for known in (families.get(family), *_held(results)):
        if getattr(known, "own", False) or not type(known).__module__.startswith(f"{OWN}."):
            raise UsageError(
                f"The code of the family {known.name!r} is yours or another package's: it is not"
                " copied.",
                "Use that code directly.",
            )
    if folder.exists() and (not replace or any(not _ours(p.name) for p in folder.iterdir())):
        raise UsageError(f"{folder} is there already.", "Name another folder, or say --replace.")


def _ours(name: str) -> bool:
    """Whether a file may be one that was written here before."""
    family = name.removesuffix(SUFFIX)
    return name in FILES or (family != name and family in families.names())


def _held(results: Results) -> list[Family]:
    """The families that the run's own holds; none of most."""
    recipe = results.record.recipe
    if recipe.family not in HOLDING:
        return []
    family: Any = families.get(recipe.family)
    params = settled(family, results.signature.task, recipe.params)
    return list({one.name: one for one, _ in family.members(params)}.values())


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
    if results.record.recipe.family in HOLDING:
        _grouped(results, frame, parts, rows)
    return rows, names


def _grouped(results: Results, frame: pd.DataFrame, parts: np.ndarray, rows: pd.DataFrame) -> None:
    """Which rows the split keeps together, for a model whose rows take turns."""
    found = ground(results.record.recipe, frame, results.schema, parts, Derive.of).problem
    if found.groups is None:
        return
    group = np.zeros(len(rows), np.int64)
    for name, codes in (("train", found.groups), ("valid", found.groups_valid)):
        group[rows["part"] == name] = codes if codes is not None else 0
    rows["group"] = group


def _names(arrays: list[str], results: Results) -> dict[str, str]:
    """The user's own names of columns, where they are plain and tell arrays apart."""
    known = {
        i.name: f"{i.column}_{i.part}" if i.part else i.column for i in inputs(results.signature)
    }
    told = [known.get(name, name) for name in arrays]
    clear = {n for n in told if told.count(n) == 1 and n not in ("part", "target", "group")}
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
    held = _held(results)
    lines = inline(_unlike(parts), OWN, ["families"] if held else ()).splitlines()
    more = ["from importlib import import_module"] if held else []
    lines[1:1] = ["", *more, "from pathlib import Path", ""]
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
            *_table_of(held),
            _plain_fit(results) if plain else _own_fit(results, rows),
            SCORE_VALUES if signature.task == "regression" else SCORE_CLASSES,
        ]
    )


def _family(family: Family) -> str:
    """The code of a family that a model holds, as a module."""
    kind = type(family)
    text = inline([kind], OWN)
    return (
        f"# {family.title}, one of the families in train.py\n{text}\n\nFAMILY = {kind.__name__}()\n"
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


def _table_of(held: Sequence[Family]) -> list[str]:
    """The families that the model's own asks for by name."""
    if not held:
        return []
    pairs = [f"    {f.name!r}: import_module('{f.name}{SUFFIX[:-3]}').FAMILY," for f in held]
    return ["families = {", *pairs, "}", ""]


def _own_fit(results: Results, rows: pd.DataFrame) -> str:
    """The family's own code, copied above, asked as a run asks it."""
    recipe, signature = results.record.recipe, results.signature
    family = families.get(recipe.family)
    parties = blocks(results.predictor.preparation)
    judged = (rows["part"] == "valid").any()
    asked = {
        "task": repr(signature.task),
        "classes": "len(CLASSES)",
        "x": "x",
        "y": "y",
        "x_valid": 'prepared("valid")' if judged else "None",
        "y_valid": 'truth[part == "valid"]' if judged else "None",
        "levels": repr(parties[0][1] if len(parties) == 1 else ()),
        "params": repr(settled(family, signature.task, recipe.params)),
        "seed": "SEED",
    }
    if recipe.family in HOLDING:
        asked["blocks"] = repr(parties)
        asked["ordered"] = repr(recipe.split is not None and recipe.split.method == "time")
    if "group" in rows:
        asked["groups"] = 'rows["group"][part == "train"].to_numpy()'
        asked["groups_valid"] = 'rows["group"][part == "valid"].to_numpy()' if judged else "None"
    told = "".join(f"    {name}={value},\n" for name, value in asked.items())
    fit = f"{type(family).__name__}().fit(problem, lambda *said: None)"
    return f"problem = Problem(\n{told})\nmodel = {fit}.estimator\n"


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
    used = [results.record.recipe.family, *(f.name for f in _held(results))]
    said = {k.removeprefix("version."): v for k, v in results.record.tags.items()}
    lines = [f"{name}=={said.get(name) or version(name)}" for name in wanted]
    for library in sorted({LIBRARY[name] for name in used if name in LIBRARY}):
        found = said.get(library) or said.get(f"{library}-cpu", "")
        lines.append(f"{library}=={found.partition('+')[0]}" if found else library)
    return "\n".join(lines) + "\n"
