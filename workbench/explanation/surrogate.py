"""A small tree that says nearly what a model says, and how nearly (global surrogate)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

from workbench.core.errors import DataError
from workbench.core.report import Finding, Report, Table
from workbench.core.signature import Signature
from workbench.encoding import decide
from workbench.explanation.explainer import Explainable, Floats
from workbench.measures.words import counted, number
from workbench.questions import answers, questions, rule, walk

DEPTH = 3
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
    asked = questions(frame, signature.inputs)
    regression = signature.task == "regression"
    said, other = predictor.scores(frame), predictor.scores(held_out)
    make = DecisionTreeRegressor if regression else DecisionTreeClassifier
    tree = make(max_depth=depth, min_samples_leaf=max(5, len(frame) // 200), random_state=0)
    wanted = said if regression else decide(said, signature)
    tree.fit(answers(frame, asked), wanted)
    guess = tree.predict(answers(held_out, asked))
    fidelity = (
        _r2(other, guess) if regression else float(np.mean(guess == decide(other, signature)))
    )
    nodes = [
        (n, _says(tree.tree_.value[n.number][0], tree, signature),
         int(tree.tree_.n_node_samples[n.number]))
        for n in walk(tree, asked)
    ]  # fmt: skip
    leaves = [told for told in nodes if told[0].asks is None]
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
                (rule(n.way), says, rows, rows / len(frame))
                for n, says, rows in sorted(leaves, key=lambda told: -told[2])
            )),
            Table("tree", ("depth", "branch", "question", "says", "rows"), tuple(
                (n.depth, n.branch, n.asks, says, rows) for n, says, rows in nodes
            )),
        ),
    )  # fmt: skip


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
