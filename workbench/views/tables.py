"""A report's tables as people read them: chosen columns, intervals folded, numbers formatted."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from workbench.core.report import Report, Table
from workbench.views import significance, words

# the telling tables of each kind, in order; all others are shown in a whole page only
TELLING: Mapping[str, tuple[str, ...]] = {
    "profile": ("columns", "target", "associations", "missing", "time"),
    "feature": ("effect", "values"),
    "evaluation": ("metrics", "confusion", "classes"),
    "comparison": ("ranking", "differences", "tests", "practical"),
    "validation": ("metrics", "learning"),
    "threshold": ("figures", "confusion"),
    "disagreement": ("decisions", "disagreements", "data"),
    "surprises": ("surprises", "data"),
    "error_tree": ("tree", "leaves"),
    "explanation": ("importance",),
    "cohorts": ("contributions", "quality", "groups"),
    "effects": ("reach",),
    "pair": ("strength",),
    "interactions": ("pairs",),
    "lime": ("terms",),
    "importance": ("importance",),
    "trust": ("checks",),
    "surrogate": ("rules", "tree"),
    "neighbours": ("nearest", "prototypes"),
    "counterfactuals": ("changes", "ways"),
    "fairness": ("groups", "criteria", "ranking"),
    "tradeoff": ("runs",),
    "parity": ("worst",),
    "drift": ("drift",),
    "doctor": ("checks",),
}
COLUMNS: Mapping[tuple[str, str], tuple[str, ...]] = {
    ("profile", "columns"): (
        "name", "role", "semantic", "missing", "distinct", "top", "mean", "min", "median", "max",
    ),
    ("profile", "missing"): ("columns", "rows", "share"),
    ("profile", "time"): ("column", "first", "last", "period", "gaps", "longest_gap"),
    ("evaluation", "metrics"): ("title", "value", "baseline"),
    ("validation", "metrics"): ("title", "value", "spread", "pooled"),
    ("validation", "learning"): ("share", "train", "value", "fitted"),
    ("threshold", "figures"): ("title", "default", "chosen", "difference"),
    ("fairness", "criteria"): ("column", "criterion", "difference", "p", "verdict"),
    ("fairness", "ranking"): (
        "column", "group", "auc", "xauc", "xauc_reverse", "exposure_ratio", "top_10", "share",
        "share_positive",
    ),
    ("tradeoff", "runs"): ("title", "aim", "quality", "gap", "ratio", "front"),
    ("surrogate", "tree"): ("branch", "says", "rows"),
    ("error_tree", "tree"): ("branch", "rows", "difference", "error", "other"),
    ("error_tree", "leaves"): ("rows", "difference", "error", "lift", "p", "where"),
    ("cohorts", "contributions"): (
        "column", "class", "a", "b", "difference", "size_a", "size_b", "p",
    ),
    ("lime", "terms"): ("condition", "class", "weight", "shap"),
    ("cohorts", "quality"): ("title", "a", "b", "difference"),
    ("trust", "checks"): ("check", "verdict", "sentence", "advice"),
    ("comparison", "ranking"): ("title", "value"),
    ("comparison", "practical"): ("source", "a_better", "equivalent", "b_better", "sentence"),
    ("comparison", "metrics"): ("title", "metric", "value"),
    ("comparison", "differences"): ("metric", "difference", "sentence"),
}  # fmt: skip
SHARES = {
    "share",
    "share_positive",
    "coverage",
    "top_share",
    "missing_share",
    "missing_then",
    "missing_now",
    "a_better",
    "b_better",
    "equivalent",
}
WRITTEN: Mapping[str, Callable[[Any], str]] = {
    **dict.fromkeys(SHARES, words.percent),
    **dict.fromkeys(("p", "p_adjusted"), words.p_value),
    "metric": words.metric,
}
HIDDEN = {"bin", "id", "better"}
TITLES = {
    "title": "name", "semantic": "kind", "top": "commonest", "fpr": "false positive rate",
    "auc": "pairs within", "xauc": "before others", "xauc_reverse": "others before",
    "top_10": "best-scored tenth", "share_positive": "share of positives",
    "p_adjusted": "p, all pairs",
    "tpr": "true positive rate", "mean_abs": "mean size", "q25": "25 %", "q75": "75 %",
}  # fmt: skip

# headings; other tables are called by their name
HEADINGS = {
    "roc": "ROC curve", "pr": "Precision and recall", "gaps_large": "Gaps without small groups",
    "disagreements": "The furthest apart", "surprises": "The most surprising",
    "practical": "Does it matter?",
    "tests": "Tests of each pair",
    "learning": "Learning curve",
    "values": "Contributions of each row", "data": "Values of each row", "worst": "Worst rows",
    "reach": "How far each effect reaches", "ice": "Single rows",
    "missing": "Missing together", "time": "Over time", "periods": "Rows by period",
    "groups": "Groups", "scores": "Scores by class",
}  # fmt: skip


DAY = 86_400
MEASURES = {
    "spearman": "Spearman", "cramers_v": "Cramér's V", "correlation_ratio": "correlation ratio",
}  # fmt: skip


@dataclass(frozen=True)
class Shown:
    """A table ready to be printed: titles, cells of text, and which columns are numbers."""

    name: str
    caption: str
    titles: tuple[str, ...]
    numeric: tuple[bool, ...]
    rows: tuple[tuple[str, ...], ...]
    more: int = 0  # rows that were left out

    @property
    def heading(self) -> str:
        """What stands above the table."""
        return HEADINGS.get(self.name, self.name.replace("_", " ").capitalize())


def telling(report: Report, most: int) -> list[Shown]:
    """The tables that tell the story of this kind."""
    names = TELLING.get(report.kind, tuple(t.name for t in report.tables))
    found = [_readable(report, n) for n in names if n in report and len(report[n])]
    return [shown(report.kind, table, most) for table in found]


def _readable(report: Report, name: str) -> Table:
    """A table whose rows name others of the report says what these are called."""
    if (report.kind, name) == ("comparison", "tests"):
        return significance.readable(report)
    return report[name]


def rest(report: Report, most: int) -> list[Shown]:
    """All other tables."""
    told = TELLING.get(report.kind, ())
    left = [t for t in report.tables if t.name not in told and len(t)]
    return [shown(report.kind, t, most) for t in left]


def shown(kind: str, table: Table, most: int) -> Shown:
    """One table; a value and the ends of its interval become one cell."""
    asked = COLUMNS.get((kind, table.name)) or tuple(c for c in table.columns if c not in HIDDEN)
    folded = {c for c in table.columns if _base(c, table.columns)}
    names = [c for c in asked if c in table.columns and c not in folded] or list(table.columns)
    records = list(table.records())
    cells = tuple(tuple(_cell(r, c, table.columns) for c in names) for r in records[:most])
    return Shown(
        table.name,
        table.caption,
        tuple(TITLES.get(c, words.spoken(c)) for c in names),
        tuple(_numeric(records, c) for c in names),
        cells,
        max(0, len(records) - most),
    )


def _base(column: str, columns: Sequence[str]) -> str:
    """The column that this one is an end of an interval of; empty when it is none."""
    stem, _, end = column.rpartition("_")
    if end in ("low", "high") and stem in columns:
        return stem
    if column in ("low", "high"):
        return next((c for c in ("value", "difference", "observed") if c in columns), "")
    return ""


def _cell(record: Mapping[str, Any], column: str, columns: Sequence[str]) -> str:
    value = record[column]
    if column in WRITTEN:
        return WRITTEN[column](value)
    if column == "branch" and record.get("depth"):
        return f"{'· ' * record['depth']}{value}"
    if column == "method":
        return words.method(str(value))
    if column == "measure":
        return MEASURES.get(str(value), str(value))
    if column == "longest_gap":
        return f"{value / DAY:,.0f} days" if value >= 2 * DAY else words.duration(value)
    if isinstance(value, (list, tuple)):
        return ", ".join(str(v) for v in value) or "no cell missing"
    text = _text(value)
    low, high = record.get(f"{column}_low"), record.get(f"{column}_high")
    if low is None and _base("low", columns) == column:
        low, high = record.get("low"), record.get("high")
    if low is None or high is None or value is None:
        return text
    return f"{text} ({words.interval(low, high)})"


def _text(value: Any) -> str:
    if isinstance(value, int) and not isinstance(value, bool):
        return words.count(value)
    return words.number(value) if isinstance(value, (bool, float)) or value is None else str(value)


def _numeric(records: Sequence[Mapping[str, Any]], column: str) -> bool:
    values = [r[column] for r in records if r[column] is not None]
    return bool(values) and all(
        isinstance(v, (int, float)) and not isinstance(v, bool) for v in values
    )
