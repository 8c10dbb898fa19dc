"""How a job goes: the curves that its events draw."""

from __future__ import annotations

from collections.abc import Sequence

from workbench.core.job import Event

STEPS = ("epoch", "iteration", "step", "round")


def points(events: Sequence[Event]) -> dict[str, list[tuple[float, float, float]]]:
    """Family to (step, training loss, validation loss), from what a training job said."""
    found: dict[str, list[tuple[float, float, float]]] = {}
    for event in events:
        family, mark, _ = event.text.partition(": ")
        numbers = event.metrics
        if not mark or not ({"train_loss", "valid_loss"} & set(numbers)):
            continue
        line = found.setdefault(family, [])
        step = next((numbers[name] for name in STEPS if name in numbers), float(len(line) + 1))
        missing = float("nan")
        line.append((step, numbers.get("train_loss", missing), numbers.get("valid_loss", missing)))
    return found


def attempts(events: Sequence[Event]) -> list[tuple[float, float, float]]:
    """Attempt, its value and the best value so far, from what a tuning job said."""
    return [
        (event.metrics["attempt"], event.metrics["value"], event.metrics["best"])
        for event in events
        if {"attempt", "value", "best"} <= set(event.metrics)
    ]
