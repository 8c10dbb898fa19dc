"""Edit: what columns are for, how rows are split, and what is made for the models."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from workbench.actions.context import Context
from workbench.core.dataset import DatasetRecord
from workbench.core.feature import Feature
from workbench.core.split import Split
from workbench.data.telling import pinned


def edit(
    context: Context,
    ref: str,
    roles: Mapping[str, str] | None = None,
    semantics: Mapping[str, str] | None = None,
    split: Split | None = None,
    features: Callable[[DatasetRecord], Sequence[Feature]] | None = None,
) -> DatasetRecord:
    """Change a data set; its snapshot stays as it is.

    Raises
    ------
    NotFound, UsageError
        A name is wrong, or a feature cannot be made any more; nothing is changed then.
    """
    if split is not None and split.method == "content":
        schema = context.datasets.get(ref).schema.edited(roles=roles, semantics=semantics)
        split = pinned(split, schema)
    edited: DatasetRecord = context.datasets.edit(
        ref, roles=roles, semantics=semantics, split=split, features=features, check=_checked
    )
    return edited


def _checked(record: DatasetRecord) -> None:
    if record.features:
        from workbench.actions.features import check  # loads what models are trained with

        check(record, record.features)
