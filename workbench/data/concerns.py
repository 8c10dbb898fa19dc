"""What is worth a warning in a table, each as one sentence with its evidence."""

from __future__ import annotations

import itertools
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from workbench.core.report import Finding, Remedy, Severity
from workbench.core.split import Split
from workbench.data import remedies
from workbench.data.cells import FLOAT, STAND_INS
from workbench.data.personal import recognised
from workbench.data.relation import ORDERED
from workbench.data.summary import Summary, shown
from workbench.data.target import Target

LEAK = 0.98  # AUC or correlation of one column alone from which it knows too much
SPARSE = 0.5  # missing share
RARE = 0.1  # share of the smaller class
FEW_ROWS = 200
MOST = 100  # findings of one kind that are listed
MARKS = 20  # different words that may all stand for a missing number
FINE = 100  # values of a category
NEAR = 0.995  # share of one value
SKEWED = 2.0
FAR = 0.05  # share of outliers from which they are the shape of the column
FAR_IN_TAIL = 0.001  # likewise where a long tail is told already
CHANCE = 1e-5  # share of outliers that a bell curve has, and some
TELLS = 0.9  # AUC of whether a cell is filled from which it is filled afterwards
HINTS = 0.85  # AUC of a column that is called like an outcome
AFTERWARDS = re.compile(
    r"(^|[_\W])(outcome|result|after|final|closed|resolved|resolution|completed|finished|ended|"
    r"discharged?|cancel+ed|cancel+ation|settled|paid_?off|charged_?off|recovered|recover(y|ies)|"
    r"disposition|verdict|approved_at|decided)($|[_\W])",
    re.IGNORECASE,
)
NUMBER = re.compile(FLOAT)
SENSITIVE = {
    "sex", "gender", "race", "ethnicity", "religion", "nationality", "disability", "age",
    "marital", "marital-status", "marital_status", "native-country", "sexual_orientation",
}  # fmt: skip
HIGH_CODES = (99.0, 999.0, 9999.0, 99999.0, 999999.0)
LOW_CODES = (-1.0, -9.0, -99.0, -999.0, -9999.0, -99999.0)


@dataclass(frozen=True)
class Told:
    """A column in numbers, what it tells about the target, and some of its cells as text.

    ``by_missing`` is what it tells about the target whether a cell is filled.
    """

    summary: Summary
    relation: float | None = None
    by_missing: float | None = None
    texts: tuple[object, ...] = ()


def of_column(told: Told, target: Target | None) -> Iterator[Finding]:
    """What is worth knowing about one column."""
    summary = told.summary
    severity: Severity = "warning" if summary.used else "info"
    if summary.known == 0:
        yield _found("all-missing", severity, summary, "has no values.", _ignored(summary))
        return
    if summary.distinct == 1 and not summary.missing:
        says = f"is {_only(summary)} in every row."
        yield _found("constant", severity, summary, says, _ignored(summary))
        return
    if summary.missing_share >= SPARSE:
        yield _found(
            "high-missing",
            severity,
            summary,
            f"is missing in {summary.missing_share:.0%} of the rows.",
            _ignored(summary),
            share=summary.missing_share,
        )
    yield from _near_constant(summary)
    yield from _by_kind(summary)
    yield from _disguised(summary)
    yield from _mixed(summary)
    yield from _shape(summary)
    yield from _personal(told)
    if target is not None:
        yield from _leaks(told, target)


def _ignored(summary: Summary) -> Remedy | None:
    return remedies.ignore(summary.name) if summary.used else None


def _near_constant(summary: Summary) -> Iterator[Finding]:
    share = summary.top_count / summary.rows
    if share >= NEAR and summary.distinct > 1 and summary.used:
        yield _found(
            "near-constant",
            "info",
            summary,
            f"is {shown(summary.top)} in {share:.1%} of the rows.",
            _ignored(summary),
            share=share,
        )


def _mixed(summary: Summary) -> Iterator[Finding]:
    """Numbers and words in one column of text."""
    if not summary.counts or summary.column.basis not in ("category", "identifier"):
        return
    cells = [(w, n) for w, n in zip(summary.words, summary.counts, strict=False) if n]
    if not all(isinstance(word, str) for word, _ in cells):
        return
    words = [(w, n) for w, n in cells if not NUMBER.match(w) and w.lower() not in STAND_INS]
    among = sum(n for w, n in cells if NUMBER.match(w))
    rows = sum(n for _, n in words)
    if len(cells) - len(words) < 3 or not words or not 0.5 <= among / (among + rows) < 1:
        return
    few = len(words) <= MARKS
    then = "; imported again with these as missing it is a number from the start" if few else ""
    commonest = max(words, key=lambda pair: pair[1])[0]
    yield _found(
        "mixed-types",
        "warning" if summary.used else "info",
        summary,
        f"holds numbers in {among:,} rows and words such as {shown(commonest)!r} in {rows:,}"
        f"{then}.",
        remedies.number(summary.name) if summary.used else None,
        numbers=among,
        words=rows,
        example=shown(commonest),
    )


def _shape(summary: Summary) -> Iterator[Finding]:
    """A long tail, and numbers that lie far from the others."""
    if not summary.used or summary.column.semantic != "number":
        return
    skewed = summary.skew is not None and abs(summary.skew) > SKEWED and summary.distinct > 20
    if skewed and summary.skew is not None:
        yield _found(
            "skew",
            "info",
            summary,
            f"has a long tail to the {'right' if summary.skew > 0 else 'left'} "
            f"(skewness {summary.skew:.1f}).",
            remedies.logarithm(summary.name),
            skew=summary.skew,
        )
    found = summary.outliers
    most = (FAR_IN_TAIL if skewed else FAR) * summary.known
    if found is not None and CHANCE * summary.known < found.count <= most:
        many = "1 row lies" if found.count == 1 else f"{found.count:,} rows lie"
        yield _found(
            "outliers",
            "info",
            summary,
            f"has outliers: {many} more than three interquartile ranges beyond the quartiles, "
            f"the farthest {shown(found.example)}.",
            remedies.clip(
                summary.name,
                max(found.low, float(summary.quantile("min"))),
                min(found.high, float(summary.quantile("max"))),
            ),
            count=found.count,
            example=found.example,
            low=found.low,
            high=found.high,
        )


def _personal(told: Told) -> Iterator[Finding]:
    summary = told.summary
    if summary.column.role == "target":
        return
    what = recognised(
        summary.name,
        told.texts,
        moments=summary.coverage is not None,
        prose=summary.column.semantic == "text",
    )
    if what is None:
        return
    texts = summary.column.dtype == "string"
    remedy = remedies.hashed(summary.name) if texts and summary.used else _ignored(summary)
    says = f"seems to hold {what}: personal data."
    severity: Severity = "info" if summary.column.role == "ignore" else "warning"
    yield _found("personal-data", severity, summary, says, remedy, kind=what)


def _leaks(told: Told, target: Target) -> Iterator[Finding]:
    """What may only be known once the target is."""
    summary, relation = told.summary, told.relation
    what = "an AUC" if target.task != "regression" else "a correlation"
    identifier = summary.column.basis == "identifier"
    if identifier and relation is not None and relation > ORDERED[target.task]:
        yield _found(
            "id-tells-target",
            "warning" if summary.used else "info",
            summary,
            f"is an identifier, yet it tells the target {target.name!r} with {what} of "
            f"{relation:.2f}: it holds when or how rows were collected.",
            _ignored(summary),
            relation=relation,
        )
    if not summary.used or identifier:
        return
    if relation is not None and relation > LEAK:
        yield _found(
            "leakage",
            "warning",
            summary,
            f"alone tells the target {target.name!r} with {what} of {relation:.3f}: it may hold "
            "what is only known afterwards.",
            _ignored(summary),
            relation=relation,
        )
    elif told.by_missing is not None and told.by_missing >= TELLS:
        yield _found(
            "post-outcome",
            "warning",
            summary,
            f"is filled or missing as the target {target.name!r} is ({what} of "
            f"{told.by_missing:.2f}): it may be filled in afterwards.",
            _ignored(summary),
            relation=told.by_missing,
        )
    elif relation is not None and relation >= HINTS and AFTERWARDS.search(summary.name):
        yield _found(
            "post-outcome",
            "warning",
            summary,
            f"is called like an outcome and tells the target {target.name!r} with {what} of "
            f"{relation:.2f}: it may be known only afterwards.",
            _ignored(summary),
            relation=relation,
        )


def _only(summary: Summary) -> str:
    first = summary.quantile("min")
    return shown(summary.words[0] if first is None else first)


def _by_kind(summary: Summary) -> Iterator[Finding]:
    kind, used = summary.column.basis, summary.used
    if kind == "identifier":
        said = "will be learned by heart" if used else "is not used to learn from"
        severity: Severity = "warning" if used else "info"
        remedy = remedies.identifier(summary.name) if used else None
        says = f"looks like an identifier and {said}."
        yield _found("identifier", severity, summary, says, remedy)
    elif summary.column.semantic == "text":
        says = "holds free text: models can take its words, and how long it is."
        yield _found("free-text", "info", summary, says, remedies.words(summary.name))
    elif kind == "category" and summary.distinct > FINE and used:
        yield _found(
            "high-cardinality",
            "info",
            summary,
            f"has {summary.distinct:,} different values.",
            remedies.target_mean(summary.name),
            distinct=summary.distinct,
        )
    if summary.column.role == "feature" and summary.name.strip().lower() in SENSITIVE:
        yield _found(
            "maybe-sensitive",
            "info",
            summary,
            "may be a sensitive attribute; give it that role to audit fairness by it.",
            remedies.sensitive(summary.name),
        )


def _disguised(summary: Summary) -> Iterator[Finding]:
    """Values that seem to stand for "no value"."""
    if summary.column.role == "target":
        return
    words, counts = summary.words, summary.counts
    if summary.column.basis == "category":
        for word, count in zip(words, counts, strict=False):  # a fine one lists no words
            if isinstance(word, str) and word.lower() in STAND_INS:
                yield _disguise(summary, word, int(count), repr(word))
    elif summary.column.basis == "number" and summary.distinct > 2:
        yield from _codes(summary)


def _codes(summary: Summary) -> Iterator[Finding]:
    low, high = summary.quantile("min"), summary.quantile("max")
    first, last = int(summary.counts[0]), int(summary.counts[-1])
    q25, q75 = summary.quantile("q25"), summary.quantile("q75")
    if low in LOW_CODES and first >= 0.002 * summary.known:
        # -1 among small negative numbers is a number; alone below zero it is a code
        above = summary.words[1] if len(summary.words) > 1 else max(q25, 0)
        if above >= 0:
            yield _disguise(summary, f"{low:g}", first, f"{low:g}")
    if high in HIGH_CODES and last >= 0.002 * summary.known:
        below = summary.words[-2] if len(summary.words) > 1 else q75
        if below < high / 2:
            yield _disguise(summary, f"{high:g}", last, f"{high:g}")


def _disguise(summary: Summary, value: str, count: int, said: str) -> Finding:
    remedy = remedies.missing(summary.name, value) if summary.used else None
    return _found(
        "disguised-missing",
        "warning",
        summary,
        f"holds {said} in {count:,} rows, which may stand for a missing value.",
        remedy,
        value=value,
        count=count,
    )


def of_target(target: Target, split: Split | None) -> Iterator[Finding]:
    """What is worth knowing about the target."""
    missing = int((~target.known).sum())
    if missing:
        sentence = f"The target {target.name!r} is missing in {missing:,} rows; they are not used."
        yield Finding("target-missing", "warning", sentence, {"rows": missing}, target.name)
    if target.task == "regression":
        return
    counts = np.bincount(target.codes[target.codes >= 0], minlength=len(target.classes))
    if len(counts) < 2:
        sentence = f"The target {target.name!r} does not vary: nothing can be learned."
        yield Finding("target-constant", "error", sentence, {}, target.name)
        return
    least = int(np.argmin(counts))
    name, count = shown(target.classes[least]), int(counts[least])
    share = count / counts.sum()
    if count == 1:
        sentence = f"Class {name!r} of the target {target.name!r} has one row only."
        yield Finding("single-row-class", "error", sentence, {"class": name}, target.name)
    elif count < 10:
        yield _rare(target, name, count, split)
    elif target.task == "binary" and share < RARE:
        sentence = (
            f"The classes are uneven: {name!r} makes {share:.1%} of the rows, so that always "
            f"saying the other is right in {1 - share:.1%}. Compare average precision or balanced "
            "accuracy instead of accuracy; class_weight='balanced' of logistic, forest and "
            "lightgbm weighs the classes alike."
        )
        yield Finding(
            "imbalance", "warning", sentence, {"class": name, "share": share}, target.name
        )


def _rare(target: Target, name: str, count: int, split: Split | None) -> Finding:
    """Each part gets some of a rare class if the classes are dealt evenly; more there are not."""
    sentence = (
        f"Class {name!r} of the target {target.name!r} has {count} rows only: too few to be judged "
        "by. Bring it together with another class, or leave its rows out, before the import."
    )
    remedy = None
    if split is not None and split.method == "random":
        remedy = remedies.stratified(split)
    return Finding("rare-class", "warning", sentence, {"class": name}, target.name, remedy)


def of_table(rows: int) -> Iterator[Finding]:
    """What is worth knowing about the table as a whole."""
    if rows < FEW_ROWS:
        sentence = f"There are {rows:,} rows only: all figures will be uncertain."
        yield Finding("few-rows", "warning", sentence, {"rows": rows})


Few = tuple[Summary, np.ndarray]  # a column of few values, and the group of each row


def twins(columns: Sequence[Few]) -> Iterator[Finding]:
    """Columns that say the same in other words: each value of one goes with one of the other."""
    groups: dict[tuple[int, int], list[Few]] = {}
    for summary, levels in columns:
        groups.setdefault((summary.distinct, summary.missing), []).append((summary, levels))
    for alike in groups.values():
        for (one, first), (other, second) in itertools.combinations(alike[:20], 2):
            pairs = np.bincount(first.astype(np.int64) * (one.distinct + 1) + second)
            if np.count_nonzero(pairs) == len(np.unique(first)):
                sentence = f"{one.name!r} and {other.name!r} say the same in other words."
                remedy = remedies.ignore(other.name)
                evidence = {"other": one.name}
                yield Finding("twin-columns", "info", sentence, evidence, other.name, remedy)


def _found(
    code: str,
    severity: Severity,
    summary: Summary,
    says: str,
    remedy: Remedy | None = None,
    **evidence: object,
) -> Finding:
    sentence = f"{shown(summary.name)!r} {says}"
    return Finding(code, severity, sentence, evidence, summary.name, remedy)


def by_weight(findings: Sequence[Finding]) -> tuple[Finding, ...]:
    """The gravest first; of one kind no more than anyone would read."""
    weight: Mapping[str, int] = {"error": 0, "warning": 1, "info": 2}
    counts = Counter(f.code for f in findings)
    seen: Counter[str] = Counter()
    kept: list[Finding] = []
    for finding in findings:
        seen[finding.code] += 1
        if seen[finding.code] <= MOST:
            kept.append(finding)
    for code, count in counts.items():
        if count > MOST:
            sentence = f"{count - MOST:,} more findings of the kind {code!r} are not listed."
            kept.append(Finding("more", "info", sentence, {"code": code, "count": count}))
    return tuple(sorted(kept, key=lambda f: weight[f.severity]))
