"""Error tree: a few questions that lead to where a model fails, or where two models differ.

The tree is grown on one half of the rows and its figures are those of the other half: groups that
were chosen for their errors look worse than they are on the rows that chose them (Athey and Imbens
2016 call such trees honest). Error trees are those of Microsoft's Error Analysis (Nushi, Kamar and
Horvitz 2018).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.tree import DecisionTreeRegressor

from workbench.core.errors import DataError
from workbench.core.progress import Progress, silent, within
from workbench.core.report import Finding, Report, Table
from workbench.core.signature import Field
from workbench.evaluation.leaves import Errors, Figures, chances
from workbench.evaluation.pruning import pruned
from workbench.evaluation.treewords import MEASURES, sentence
from workbench.questions import Node, Question, answers, questions, rule, walk

DEPTH = 3
FEWEST = 30  # rows of a leaf
SHARE = 0.01  # of the rows that grow the tree, that a leaf has at least
MOST = 20_000  # rows that grow it
BLOCK = 100_000  # rows whose answers are in hand at once
CHANCE = 0.05
EVERYWHERE = "all rows"


@dataclass(frozen=True, eq=False)
class _Grown:
    """A node with its figures on the rows that did not grow the tree."""

    node: Node
    inside: np.ndarray  # (measured rows,) whether each comes by
    figures: Figures
    fitted: float  # mean of what the tree was grown for, on the rows that grew it

    @property
    def leaf(self) -> bool:
        return self.node.asks is None


def error_tree(
    errors: Errors,
    frame: Any,
    fields: Sequence[Field],
    *,
    subject: str,
    title: str,
    metric: str,
    names: tuple[str, str] = ("the model", "the other"),
    groups: np.ndarray | None = None,
    depth: int = DEPTH,
    seed: int = 0,
    progress: Progress = silent,
) -> Report:
    """Where errors are larger than elsewhere, by at most ``depth`` questions in a row.

    Parameters
    ----------
    frame
        The rows' data, a pandas frame in the order of ``errors``.
    fields
        Its columns that may be asked for, with their kinds.
    metric
        The metric whose rows' shares the errors are: ``accuracy`` (wrong decisions), ``log_loss``,
        ``brier``, ``mae``, ``rmse``.
    groups
        (n,) whole numbers from 0: rows of one group stay in one half.
    seed
        Of the halves.

    Returns
    -------
    Report
        kind ``error_tree``. Table ``leaves``, in the order in which the tree's own half ranks them;
        ``tree``: the nodes in order, each with its depth.

    Raises
    ------
    DataError
        There are too few rows or groups, or no column to ask for.
    """
    _require(errors, fields)
    fit, rest = _halves(len(errors), seed, groups)
    asked = questions(frame, fields)
    progress(0.2, "growing the tree")
    tree = pruned(
        answers(frame.iloc[fit], asked),
        errors.wanted[fit],
        depth=depth,
        least=max(FEWEST, int(SHARE * len(fit))),
        seed=seed,
        progress=within(progress, 0.2, 0.9),
    )
    measured = errors.at(rest)
    passed = _passed(tree, frame, rest, asked)
    nodes = [
        _Grown(
            node,
            passed[:, node.number],
            Figures.of(measured.at(passed[:, node.number])),
            float(tree.tree_.value[node.number].ravel()[0]),
        )
        for node in walk(tree, asked)
    ]
    leaves = [n for n in nodes if n.leaf]
    p = chances(measured, [n.inside for n in leaves])
    ranked = sorted(zip(leaves, p, strict=True), key=lambda pair: -_rank(pair[0], errors))
    whole = nodes[0].figures
    table = Table("leaves", *_leaves(ranked, whole, errors), _CAPTION)
    lead = next((r for r in table.records() if _holds(r, whole)), None)
    facts = {
        "rows": len(errors),
        "rows_fitted": len(fit),
        "rows_measured": len(rest),
        "metric": metric,
        "measure": MEASURES[metric],
        "error": whole.error.value,
        "other": whole.other.value,
        "difference": whole.difference.value,
        "leaves": len(leaves),
        "depth": int(tree.get_depth()),
        "names": list(names),
        "signed": errors.second is not None,
        "stands_out": None if lead is None else lead["where"],
    }
    progress(1.0, "grown")
    return Report(
        "error_tree",
        subject,
        title,
        sentence(lead, facts),
        facts,
        tuple(_findings(facts)),
        (table, Table("tree", *_drawn(nodes, dict(zip(map(id, leaves), p, strict=True)), errors))),
    )


def _require(errors: Errors, fields: Sequence[Field]) -> None:
    if len(errors) < 4 * FEWEST:
        raise DataError(
            f"{len(errors):,} test rows are too few for an error tree: one half grows it, the other"
            " half tells how large the errors are.",
            f"At least {4 * FEWEST} are needed; the most surprising rows can be read one by one.",
        )
    if all(field.kind == "text" for field in fields):
        raise DataError(
            "There is no column that a tree could ask for.",
            "It asks for numbers, dates, booleans and categories.",
        )


def _halves(rows: int, seed: int, groups: np.ndarray | None) -> tuple[np.ndarray, np.ndarray]:
    """The places of the rows that grow the tree, and of those that are measured."""
    random, cut = np.random.default_rng(seed), min(rows // 2, MOST)
    if groups is None:
        order = random.permutation(rows)
    else:
        lots = random.permutation(int(groups.max()) + 1)[groups]
        order = np.argsort(lots, kind="stable")
        middle = lots[order][cut]
        ends = (int(np.searchsorted(lots[order], middle, side)) for side in ("left", "right"))
        cut = min(ends, key=lambda end: abs(end - cut))
    if min(cut, rows - cut) < 2 * FEWEST:
        raise DataError(
            "The test rows cannot be halved: nearly all belong to one group of the split.",
            "Look at the weak spots instead, which take all rows at once.",
        )
    return np.sort(order[:cut]), np.sort(order[cut:])


def _passed(
    tree: DecisionTreeRegressor, frame: Any, rows: np.ndarray, asked: Sequence[Question]
) -> np.ndarray:
    """(rows, nodes): whether a row comes by; block by block, for tables that fill the memory."""
    blocks = np.array_split(rows, max(1, len(rows) // BLOCK))
    paths = (tree.decision_path(answers(frame.iloc[block], asked)) for block in blocks)
    return np.concatenate([path.toarray().astype(bool) for path in paths])


def _rank(leaf: _Grown, errors: Errors) -> float:
    return leaf.fitted if errors.second is None else abs(leaf.fitted)


def _holds(leaf: Mapping[str, Any], whole: Figures) -> bool:
    """Whether a leaf stands out on the rows that did not grow the tree, too."""
    if leaf["p"] > CHANCE:
        return False
    if "difference" not in leaf:
        return bool(leaf["error"] > whole.error.value)
    low, high = leaf["difference_low"], leaf["difference_high"]
    return bool(low * high > 0 and low * leaf["fitted"] > 0)


_CAPTION = (
    "In the order in which the half that grew the tree ranks them (`fitted`); all other figures are"
    " of the other half, with 95% intervals. `p` is held against all other rows and adjusted."
)


def _measures(figures: Figures, signed: bool) -> dict[str, Any]:
    """The columns of a node's figures."""
    told = {"error": figures.error}
    if signed:
        told |= {"other": figures.other, "difference": figures.difference}
    return {
        name: value
        for key, one in told.items()
        for name, value in ((key, one.value), (f"{key}_low", one.low), (f"{key}_high", one.high))
    }


def _leaves(
    ranked: Sequence[tuple[_Grown, float]], whole: Figures, errors: Errors
) -> tuple[tuple[str, ...], tuple[tuple[Any, ...], ...]]:
    records = [
        {
            "where": rule(leaf.node.way, EVERYWHERE),
            "rows": leaf.figures.rows,
            "share": leaf.figures.rows / whole.rows,
            **_measures(leaf.figures, errors.second is not None),
            **({} if errors.second is not None else {"lift": _lift(leaf.figures, whole)}),
            "p": p,
            "fitted": leaf.fitted,
        }
        for leaf, p in ranked
    ]
    return tuple(records[0]), tuple(tuple(r.values()) for r in records)


def _lift(figures: Figures, whole: Figures) -> float | None:
    """How many times the error of all rows."""
    if figures.error.value is None or not whole.error.value:
        return None
    return figures.error.value / whole.error.value


def _drawn(
    nodes: Sequence[_Grown], p: Mapping[int, float], errors: Errors
) -> tuple[tuple[str, ...], tuple[tuple[Any, ...], ...]]:
    whole = nodes[0].figures
    records = [
        {
            "depth": one.node.depth,
            "branch": one.node.branch,
            "question": one.node.asks,
            "rows": one.figures.rows,
            "share": one.figures.rows / whole.rows,
            **_measures(one.figures, errors.second is not None),
            "p": p.get(id(one)),
        }
        for one in nodes
    ]
    return tuple(records[0]), tuple(tuple(r.values()) for r in records)


def _findings(facts: Mapping[str, Any]) -> Iterator[Finding]:
    yield Finding(
        "honest",
        "info",
        f"{facts['rows_fitted']:,} test rows grew the tree; all figures are of the other"
        f" {facts['rows_measured']:,}, which did not choose the groups.",
        {"rows_fitted": facts["rows_fitted"], "rows_measured": facts["rows_measured"]},
    )
