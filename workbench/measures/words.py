"""Numbers as people read them in a sentence."""

from __future__ import annotations

from collections.abc import Sequence


def number(value: float | None) -> str:
    """Three digits after the point below one, four significant ones above: ``0.927``, ``1,234``."""
    if value is None:
        return "unknown"
    size = abs(value)
    if size >= 1000:
        return f"{value:,.0f}"
    if size >= 1 or size == 0:
        return f"{value:.{3 if size < 10 else 2 if size < 100 else 1}f}"
    return f"{value:.3f}" if size >= 0.01 else f"{value:.2g}"


def span(low: float, high: float) -> str:
    """``0.922 to 0.931``."""
    return f"{number(low)} to {number(high)}"


def listed(names: Sequence[str], most: int = 0) -> str:
    """``a, b and c``; with ``most``, ``a, b and 4 more``."""
    if most and len(names) > most:
        names = [*names[: most - 1], f"{len(names) - most + 1} more"]
    if len(names) < 2:
        return "".join(names)
    return f"{', '.join(names[:-1])} and {names[-1]}"


def counted(count: int, what: str) -> str:
    """``1 row``, ``16,281 rows``."""
    return f"{count:,} {what}{'' if count == 1 else 's'}"


def noun(title: str) -> str:
    """A metric's title inside a sentence: ``AUC``, ``log loss``, ``Brier score``."""
    first = title.split(maxsplit=1)[0]
    named = first in ("Brier", "R²", "F1", "Cohen's", "Poisson") or first.isupper()
    return title if named else title[0].lower() + title[1:]
