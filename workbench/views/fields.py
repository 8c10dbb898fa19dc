"""How a person is asked for a model's input: a slider, a choice or a line, as data."""

from __future__ import annotations

from typing import Any

from workbench.core.errors import UsageError
from workbench.core.signature import Field

LEVELS = 60  # categories that are offered as a choice
STEPS = 200  # of a slider
MISSING = "(missing)"


def asked(item: Field) -> dict[str, Any]:
    """``kind`` (slider, choice or line) and what it needs: ``low high step`` or ``options``."""
    if item.kind == "number" and item.low is not None and item.high is not None:
        low, high = float(item.low), float(item.high)
        whole = isinstance(item.example, int) or (low.is_integer() and high.is_integer())
        step = 1.0 if whole and high - low > 2 else max((high - low) / STEPS, 1e-9)
        return {
            "name": item.name, "kind": "slider", "low": low, "high": max(high, low + step),
            "step": step,
        }  # fmt: skip
    if item.kind == "boolean":
        return {"name": item.name, "kind": "choice", "options": ["true", "false", MISSING]}
    if item.kind == "category" and 0 < len(item.categories) <= LEVELS:
        return {"name": item.name, "kind": "choice", "options": [*item.categories, MISSING]}
    return {"name": item.name, "kind": "line"}


def spelled(value: Any) -> str:
    """A category as the model's inputs spell it."""
    whole = isinstance(value, float) and value.is_integer()
    return str(int(value)) if whole else str(value)


def put(item: Field, value: Any) -> Any:
    """A value of a row as its field shows it; what a slider cannot show stands at its low end."""
    kind = asked(item)["kind"]
    if kind == "slider":
        return float(item.low or 0.0) if value is None else float(value)
    if value is None:
        return "" if kind == "line" else MISSING
    return str(value).lower() if isinstance(value, bool) else spelled(value)


def value(item: Field, given: Any) -> Any:
    """What a field says as the model takes it; None where the value is missing.

    Raises
    ------
    UsageError
        A number is asked for and the text is none.
    """
    if given in ("", MISSING, None):
        return None
    if item.kind == "boolean":
        return given == "true"
    if item.kind != "number":
        return given
    try:
        return float(given)
    except (TypeError, ValueError) as error:
        raise UsageError(f"{item.name}: {str(given)!r} is no number.", "Write one.") from error
