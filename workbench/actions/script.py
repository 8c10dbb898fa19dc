"""The text of a script that trains a run's model without Workbench."""

from __future__ import annotations

import pprint
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from typing import Any

import pandas as pd

from workbench.actions.results import Results
from workbench.core.mitigation import Mitigation
from workbench.packaging.inline import inline
from workbench.training.family import Family, Problem, families, settled
from workbench.training.membership import Groups
from workbench.training.mitigation import mitigated
from workbench.training.prepare import blocks

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
SUFFIX = "_family.py"
MEMBER = "member_"  # what the columns of a mitigation's groups are called


@dataclass(frozen=True)
class Told:
    """What the script reads.

    Parameters
    ----------
    rows
        The columns as models take them, ``part``, ``target``; ``group`` where rows are kept
        together, and ``member_0`` and so on, 1 for the rows of each group of a mitigation.
    names
        What each array is called in ``rows``.
    groups
        Of the mitigation, if there is one.
    """

    rows: pd.DataFrame
    names: Mapping[str, str]
    groups: Groups | None = None


def held(results: Results) -> list[Family]:
    """The families whose code is a file of its own.

    Those that the run's own holds, or itself where it is mitigated: the same names mean different
    things in a family and in what fits it several times.
    """
    recipe = results.record.recipe
    family: Any = families.get(recipe.family)
    if recipe.family not in HOLDING:
        return [] if recipe.mitigation is None else [family]
    params = settled(family, results.signature.task, recipe.params)
    return list({one.name: one for one, _ in family.members(params)}.values())


def script(results: Results, told: Told) -> str:
    """``train.py``: the preparation, the family's code or its library's estimator, the scores."""
    recipe, signature = results.record.recipe, results.signature
    family = families.get(recipe.family)
    columns = [
        (name, step, [told.names[c] for c in used])
        for name, step, used in results.predictor.preparation.transformers
    ]
    steps = [type(step) for _, step, _ in columns if not isinstance(step, str)]
    known = held(results)
    plain = recipe.family in PLAIN or results.record.model == "ridge"
    plain = plain and told.groups is None
    parts = steps if plain else [*steps, Problem]
    if not plain and family not in known:
        parts.append(type(family))
    if told.groups is not None:
        parts += [Mitigation, Groups, mitigated]
    if plain and recipe.family in CHUNKED:
        parts.append(sys.modules[type(family).__module__].Chunks)
    estimator = results.predictor.estimator
    lines = inline(_unlike(parts), OWN, ["families"] if known else ()).splitlines()
    more = ["from importlib import import_module"] if known else []
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
            *_table_of(known),
            _plain_fit(results) if plain else _own_fit(results, told),
            SCORE_VALUES if signature.task == "regression" else SCORE_CLASSES,
        ]
    )


def family_file(family: Family) -> str:
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
    given = {k: v for k, v in estimator.get_params().items() if _said(kind, k, v)}
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


def _said(kind: type, name: str, value: Any) -> bool:
    """Whether a parameter differs from what the estimator does unasked."""
    if name in ("n_iter_no_change", "scoring", "eval_metric") or value is None:
        return False
    return bool(value != kind().get_params().get(name) and value == value)  # not NaN, its own self


def _table_of(known: Sequence[Family]) -> list[str]:
    """The families that the model's own asks for by name."""
    if not known:
        return []
    pairs = [f"    {f.name!r}: import_module('{f.name}{SUFFIX[:-3]}').FAMILY," for f in known]
    return ["families = {", *pairs, "}", ""]


def _own_fit(results: Results, told: Told) -> str:
    """The family's own code, copied above, asked as a run asks it."""
    recipe, signature = results.record.recipe, results.signature
    family = families.get(recipe.family)
    parties = blocks(results.predictor.preparation)
    judged = (told.rows["part"] == "valid").any()
    asks = recipe.mitigation is not None and recipe.mitigation.asks
    own = f"[:, :-{told.groups.width}]" if told.groups is not None and asks else ""
    asked = {
        "task": repr(signature.task),
        "classes": "len(CLASSES)",
        "x": f"np.ascontiguousarray(x{own})" if own else "x",
        "y": "y",
        "x_valid": f'prepared("valid"){own}' if judged else "None",
        "y_valid": 'truth[part == "valid"]' if judged else "None",
        "levels": repr(parties[0][1] if len(parties) == 1 else ()),
        "params": repr(settled(family, signature.task, recipe.params)),
        "seed": "SEED",
    }
    if recipe.family in HOLDING:
        asked["blocks"] = repr(parties)
        asked["ordered"] = repr(recipe.split is not None and recipe.split.method == "time")
    if "group" in told.rows:
        asked["groups"] = 'rows["group"][part == "train"].to_numpy()'
        asked["groups_valid"] = 'rows["group"][part == "valid"].to_numpy()' if judged else "None"
    problem = f"problem = Problem(\n{_listed(asked)})\n"
    beside = family in held(results)
    fit = f"families[{family.name!r}].fit" if beside else f"{type(family).__name__}().fit"
    if told.groups is None:
        return f"{problem}model = {fit}(problem, lambda *said: None).estimator\n"
    return problem + _mitigated_fit(results, told.groups, judged, fit)


def _mitigated_fit(results: Results, groups: Groups, judged: bool, fit: str) -> str:
    """The family fitted as often and in the way that the mitigation asks for."""
    names = [f"{MEMBER}{k}" for k in range(len(groups.names))]
    asked = {
        "train": 'rows.loc[part == "train", MEMBERS].to_numpy(np.float32)',
        "valid": 'rows.loc[part == "valid", MEMBERS].to_numpy(np.float32)' if judged else "None",
        "cells": f"np.array({groups.cells.tolist()!r})",
        "names": repr(groups.names),
        "width": repr(groups.width),
    }
    given = f"{results.record.recipe.mitigation!r}, problem, groups, {fit}, lambda *said: None"
    return (
        f"MEMBERS = {names!r}\ngroups = Groups(\n{_listed(asked)})\n"
        f"model = mitigated({given}).estimator\n"
    )


def _listed(asked: Mapping[str, str]) -> str:
    return "".join(f"    {name}={value},\n" for name, value in asked.items())


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


def requirements(results: Results) -> str:
    """What the script needs installed, in the versions that trained the run."""
    wanted = ["numpy", "pandas", "pyarrow", "scipy", "scikit-learn"]
    used = [results.record.recipe.family, *(f.name for f in held(results))]
    said = {k.removeprefix("version."): v for k, v in results.record.tags.items()}
    lines = [f"{name}=={said.get(name) or version(name)}" for name in wanted]
    for library in sorted({LIBRARY[name] for name in used if name in LIBRARY}):
        found = said.get(library) or said.get(f"{library}-cpu", "")
        lines.append(f"{library}=={found.partition('+')[0]}" if found else library)
    return "\n".join(lines) + "\n"
