"""Cards of a table's columns: a small histogram each, the words around it, and what is chosen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from workbench.core.dataset import Schema
from workbench.core.errors import NotFound
from workbench.core.report import Report
from workbench.views import words

Chosen = Mapping[str, Sequence[int]]  # numbers of bars by column


class Histograms:
    """A profile's bars by column, with their labels."""

    def __init__(self, profile: Report) -> None:
        self.counts: dict[str, list[int]] = {}
        self.labels: dict[str, list[str]] = {}
        self.ends: dict[str, list[str]] = {}
        for record in profile["histograms"].records():
            name = record["column"]
            self.counts.setdefault(name, []).append(record["count"] or 0)
            self.labels.setdefault(name, []).append(record["label"] or _span(record))
            if record["low"] is not None:
                first = self.ends.setdefault(name, [_end(record["low"]), ""])
                first[1] = _end(record["high"])

    def kind(self, name: str) -> str:
        """``ranges`` of numbers, dates and lengths, or ``values``."""
        return "ranges" if name in self.ends else "values"


@dataclass(frozen=True)
class ColumnCard:
    """What a card shows."""

    name: str
    kind: str  # number or other
    role: str
    sub: str
    counts: Sequence[float]
    labels: Sequence[str] = ()
    warning: str = ""
    left: Sequence[int] | None = None  # rows that choices in other columns leave
    chosen: Sequence[int] = ()

    def plain(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "kind": self.kind,
            "role": self.role,
            "sub": self.sub,
            "counts": list(self.counts),
            "labels": list(self.labels),
            "warning": self.warning,
            "left": None if self.left is None else [int(n) for n in self.left],
            "chosen": list(self.chosen),
        }


def cards(
    profile: Report,
    schema: Schema,
    histograms: Histograms,
    left: Mapping[str, Sequence[int]] | None = None,
    chosen: Mapping[str, Sequence[int]] | None = None,
) -> list[ColumnCard]:
    """A card for each column of a profile.

    Parameters
    ----------
    left, chosen
        The rows that a choice of bars leaves in each bar, and the chosen bars.
    """
    warnings = {
        f.subject: f.sentence for f in profile.findings if f.subject and f.severity != "info"
    }
    return [
        ColumnCard(
            name=name,
            kind="number" if histograms.kind(name) == "ranges" else "other",
            role=role if role != "feature" else "",
            sub=_sub(record),
            counts=histograms.counts.get(name, []),
            labels=histograms.labels.get(name, []),
            warning=warnings.get(name, ""),
            left=(left or {}).get(name),
            chosen=(chosen or {}).get(name, ()),
        )
        for record in profile["columns"].records()
        for name in [record["name"]]
        for role in [schema[name].role]
    ]


def _sub(record: Mapping[str, Any]) -> str:
    """The one line below the picture."""
    if record["mean"] is not None:
        span = f"{words.number(record['min'])} – {words.number(record['max'])}"
        return f"{span} · mean {words.number(record['mean'])}"
    if record["top"] is not None:
        share = f" {words.percent(record['top_share'])}" if record["top_share"] is not None else ""
        return f"{words.plural(record['distinct'] or 0, 'value')} · {record['top']}{share}"
    return words.plural(record["distinct"] or 0, "value")


# what is chosen --------------------------------------------------------------------------------


def toggled(chosen: Chosen, column: str, bar: int) -> dict[str, list[int]]:
    """A bar more, or one less if it was chosen."""
    now = sorted(set(chosen.get(column, ())) ^ {bar})
    return {k: list(v) for k, v in {**chosen, column: now}.items() if v}


def released(chosen: Chosen, pressed: str) -> dict[str, list[int]]:
    """Without the column of a chip, or without all of them.

    ``pressed`` is what a chip says: the column's name, "" for all, a line break and a stamp, so
    that each press is a change.
    """
    name = pressed.rpartition("\n")[0]
    return {k: list(v) for k, v in chosen.items() if name and k != name}


def labelled(histograms: Histograms, labels: Mapping[str, Sequence[str]]) -> dict[str, list[int]]:
    """Bars by their labels.

    Raises
    ------
    NotFound
        There is no such column, or none of its bars is labelled so.
    """
    bars: dict[str, list[int]] = {}
    for name, wanted in labels.items():
        if name not in histograms.labels:
            raise NotFound.among("column", name, histograms.labels)
        known = histograms.labels[name]
        for label in wanted:
            if label not in known:
                raise NotFound.among(f"bar of {name}", label, known)
        bars[name] = sorted({known.index(label) for label in wanted})
    return {name: places for name, places in bars.items() if places}


def chips(histograms: Histograms, chosen: Chosen) -> list[dict[str, str]]:
    """A line for each column with a choice."""
    labels = histograms.labels
    return [
        {"name": name, "label": f"{name}: {_shown([labels[name][b] for b in bars])}"}
        for name, bars in chosen.items()
    ]


def bar_items(
    histograms: Histograms, name: str, left: Sequence[int] | None
) -> list[dict[str, Any]]:
    """What :class:`Bars` draws of one column."""
    counts = histograms.counts.get(name, [])
    kept = counts if left is None else left
    return [
        {"label": label, "count": count, "left": int(rest)}
        for label, count, rest in zip(histograms.labels.get(name, ()), counts, kept, strict=True)
    ]


def _span(record: dict[str, Any]) -> str:
    return f"{_end(record['low'])} – {_end(record['high'])}"


def _end(value: Any) -> str:
    return value.removesuffix("T00:00:00") if isinstance(value, str) else words.number(value)


def _shown(labels: Sequence[str]) -> str:
    return ", ".join(labels[:3]) + (f" and {len(labels) - 3} more" if len(labels) > 3 else "")
