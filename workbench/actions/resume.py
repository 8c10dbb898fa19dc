"""Resume: a run that was interrupted goes on from its last checkpoint."""

from __future__ import annotations

from typing import Any

from workbench.actions.context import Context
from workbench.actions.own import meet_again
from workbench.actions.parts import settle
from workbench.actions.train import begun, carry_out
from workbench.core.errors import StoreError
from workbench.core.files import locked
from workbench.core.progress import Progress, silent
from workbench.core.wire import digest


def run(context: Context, progress: Progress = silent, *, run: str) -> dict[str, Any]:
    """Finish ``run``, which its process could not; it keeps its id.

    A family that leaves checkpoints goes on from the last one, any other starts again: each ends as
    if it had not been interrupted.

    Returns
    -------
    dict
        ``run``.

    Raises
    ------
    StoreError
        The run is done or still running, or its data are not what they were.
    """
    settle(context, 200)  # a run whose job has died does not count as running
    name = context.store.run(run).id
    try:
        with locked(context.folder("cache") / f"resume-{name}.lock", wait=False):
            return _gone_on(context, name, progress)
    except BlockingIOError as error:
        raise StoreError(f"Run {name[:8]} is being resumed already.", "Wait for it.") from error


def _gone_on(context: Context, run: str, progress: Progress) -> dict[str, Any]:
    record = context.store.run(run)
    if record.state in ("done", "running"):
        raise StoreError(
            f"Run {record.short} is {record.state}: there is nothing to go on with.",
            "Resume a run that failed or was cancelled.",
        )
    data = context.datasets.get(record.recipe.dataset)
    if data.digest != record.dataset_digest:
        raise StoreError(
            f"{data.ref} is not the data that run {record.short} was trained on.",
            "Its digest differs: the workspace was mixed with another one.",
        )
    if record.tags.get("schema", digest(data.schema)) != digest(data.schema):
        raise StoreError(
            f"What {data.ref}'s columns are for was edited since run {record.short} began.",
            "Undo the edit, or train anew.",
        )
    meet_again(record)
    context.store.reopen(record.id, begun(context, data, record.recipe))
    done = carry_out(context, data, record.recipe, record.id, progress)
    return {"run": done.id}
