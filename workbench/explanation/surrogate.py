"""A small tree that says nearly what a model says, and how nearly (global surrogate)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

from workbench.core.errors import DataError
from workbench.core.report import Finding, Report, Table
from workbench.core.signature import Signature
from workbench.encoding import decide, text
from workbench.explanation.cells import positions
from workbench.explanation.explainer import Explainable, Floats
from workbench.explanation.grid import ORDERED
from workbench.measures.words import counted, number

DEPTH = 3
LEVELS = 12  # of a category, the commonest
LOW = 0.8  # fidelity below which the tree is no picture of the model


def surrogate(
    predictor: Explainable, frame: Any, held_out: Any, subject: str, *, depth: int = DEPTH
) -> Report:
    """A tree of at most ``depth`` questions in the user's columns, fitted to the predictions.

    Parameters
    ----------
    frame, held_out
        Rows to fit the tree on, and others on which its fidelity is measured.

    Returns
    -------
    Report
        kind ``surrogate``. Table ``rules``: the leaves as conditions; ``tree``: the nodes in order,
        each with its depth. ``facts["fidelity"]`` is the share of held-out rows on which tree and
        model say the same class, or R² of the values.

    Raises
    ------
    DataError
        There are no rows.
    """
    if not len(frame) or not len(held_out):
        raise DataError("There are no rows to fit a tree on.", "Choose parts that have rows.")
    signature = predictor.signature
    questions = _questions(frame, signature)
    regression = signature.task == "regression"
    said, other = predictor.scores(frame), predictor.scores(held_out)
    make = DecisionTreeRegressor if regression else DecisionTreeClassifier
    tree = make(max_depth=depth, min_samples_leaf=max(5, len(frame) // 200), random_state=0)
    wanted = said if regression else decide(said, signature)
    tree.fit(_answers(frame, questions, signature), wanted)
    guess = tree.predict(_answers(held_out, questions, signature))
    fidelity = (
        _r2(other, guess) if regression else float(np.mean(guess == decide(other, signature)))
    )
    nodes = list(_walk(tree, questions, signature, 0, 0, ()))
    leaves = [n for n in nodes if n["question"] is None]
    return Report(
        "surrogate",
        subject,
        "The model as a small tree",
        _sentence(fidelity, len(leaves), regression),
        {
            "fidelity": fidelity,
            "measure": "r2" if regression else "agreement",
            "depth": int(tree.get_depth()),
            "leaves": len(leaves),
            "rows": len(frame),
            "rows_held_out": len(held_out),
        },
        tuple(_findings(fidelity)),
        (
            Table("rules", ("where", "says", "rows", "share"), tuple(
                (" and ".join(n["path"]) or "always", n["says"], n["rows"], n["rows"] / len(frame))
                for n in sorted(leaves, key=lambda n: -n["rows"])
            )),
            Table("tree", ("depth", "branch", "question", "says", "rows"), tuple(
                (n["depth"], n["path"][-1] if n["path"] else "all rows", n["question"], n["says"],
                 n["rows"]) for n in nodes
            )),
        ),
    )  # fmt: skip


Question = tuple[str, str | None]  # a column, and the level that is asked for (None: its number)


def _questions(frame: Any, signature: Signature) -> list[Question]:
    found: list[Question] = []
    for item in signature.inputs:
        if item.kind in ORDERED:
            found.append((item.name, None))
        elif item.kind == "category":
            levels = frame[item.name].map(text).value_counts().index[:LEVELS]
            found += [(item.name, str(level)) for level in levels]
    return found


def _answers(frame: Any, questions: list[Question], signature: Signature) -> Floats:
    columns = [
        positions(frame[c], signature[c].kind)
        if level is None
        else (frame[c].map(text) == level).to_numpy(dtype=np.float64)
        for c, level in questions
    ]
    return np.column_stack(columns)


def _walk(
    tree: Any, questions: list[Question], signature: Signature, node: int, depth: int,
    path: tuple[str, ...],
) -> Iterator[dict[str, Any]]:  # fmt: skip
    inner = tree.tree_
    leaf = inner.children_left[node] < 0
    yes, no = (
        ("", "")
        if leaf
        else _words(questions[inner.feature[node]], float(inner.threshold[node]), signature)
    )
    yield {
        "depth": depth,
        "path": path,
        "question": None if leaf else yes,
        "says": _says(inner.value[node][0], tree, signature),
        "rows": int(inner.n_node_samples[node]),
    }
    if not leaf:
        for child, said in ((inner.children_left[node], yes), (inner.children_right[node], no)):
            yield from _walk(tree, questions, signature, int(child), depth + 1, (*path, said))


def _words(question: Question, threshold: float, signature: Signature) -> tuple[str, str]:
    """What holds on the left side, and on the right."""
    column, level = question
    if level is not None:
        shown = level or "missing"
        return f"{column} is not {shown}", f"{column} is {shown}"
    if signature[column].kind == "boolean":
        return f"{column} is false", f"{column} is true"
    if signature[column].kind == "datetime":
        day = str(np.datetime64("1970-01-01") + np.timedelta64(int(threshold), "D"))
        return f"{column} until {day}", f"{column} after {day}"
    return f"{column} ≤ {threshold:.4g}", f"{column} > {threshold:.4g}"


def _says(value: Floats, tree: Any, signature: Signature) -> Any:
    if signature.task == "regression":
        return float(value[0])
    return signature.classes[int(tree.classes_[int(np.argmax(value))])]


def _r2(truth: Floats, guess: Floats) -> float:
    spread = float(((truth - truth.mean()) ** 2).sum())
    return 1 - float(((truth - guess) ** 2).sum()) / spread if spread > 0 else 1.0


def _sentence(fidelity: float, leaves: int, regression: bool) -> str:
    what = (
        f"explains {fidelity:.0%} of the predictions' variance"
        if regression
        else f"says what the model says on {fidelity:.1%} of held-out rows"
    )
    return f"A tree of {counted(leaves, 'leaf').replace('leafs', 'leaves')} {what}."


def _findings(fidelity: float) -> Iterator[Finding]:
    if fidelity < LOW:
        yield Finding(
            "unfaithful",
            "warning",
            f"The tree is no good picture of the model (fidelity {number(fidelity)}): allow more"
            " questions, or read the effects instead.",
            {"fidelity": fidelity},
        )
