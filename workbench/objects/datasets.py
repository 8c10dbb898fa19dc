"""Data sets: a named, versioned, immutable table, and the shelf of them."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from workbench.core.contract import Contract
from workbench.core.dataset import DatasetRecord, Schema
from workbench.core.errors import NotFound, UsageError
from workbench.core.feature import Feature, with_features, with_remedy
from workbench.core.progress import Progress, silent
from workbench.core.report import Finding, Report
from workbench.core.split import PARTS, Split
from workbench.core.wire import load
from workbench.objects.live import WIDGETS
from workbench.objects.shown import Shown
from workbench.views import cards, shelves

if TYPE_CHECKING:
    import pandas as pd

    from workbench.data.facets import Facets
    from workbench.workspace import Workspace


class Dataset(Shown):
    """A named, versioned, immutable table."""

    def __init__(self, workspace: Workspace, record: DatasetRecord) -> None:
        self.workspace = workspace
        self.record = record

    @property
    def name(self) -> str:
        return self.record.name

    @property
    def ref(self) -> str:
        """``name@version``."""
        return self.record.ref

    @property
    def schema(self) -> Schema:
        return self.record.schema

    @property
    def rows(self) -> int:
        return self.record.rows

    def frame(self, columns: list[str] | None = None) -> pd.DataFrame:
        """The table as a pandas DataFrame."""
        frame: pd.DataFrame = self.workspace.context.datasets.frame(self.record, columns)
        return frame

    def head(self, rows: int = 5) -> pd.DataFrame:
        """The first rows as a pandas DataFrame."""
        table = self.workspace.context.datasets.table(self.record)
        frame: pd.DataFrame = next(table.batches(rows=max(1, rows))).to_pandas().head(rows)
        return frame

    def page(self, offset: int = 0, limit: int = 25, **options: Any) -> tuple[Any, Any, int]:
        """Column names, rows and the number of all rows, for tables that show a page at a time."""
        page: tuple[Any, Any, int] = self.workspace.context.datasets.page(
            self.record, offset, limit, **options
        )
        return page

    def profile(self, progress: Progress = silent, *, rows: int | None = None) -> Report:
        """What is in the table, and what is wrong with it.

        Parameters
        ----------
        rows
            A first look at about so many rows, in a moment even if there are millions.
        """
        from workbench.actions.profile import of, quick

        if rows is not None:
            return quick(self.workspace.context, self.record, rows)
        return of(self.workspace.context, self.record, progress)

    def metrics(self, target: str | None = None) -> dict[str, str]:
        """What models of a target can be judged by, name to title; the primary metric first.

        Raises
        ------
        DataError
            The column cannot be predicted.
        """
        from workbench.actions.metrics import of

        return of(self.workspace.context, self.record, target)

    @property
    def profiled(self) -> bool:
        """Whether the whole profile was made before and can be shown at once."""
        from workbench.actions.profile import kept

        return kept(self.workspace.context, self.record) is not None

    @property
    def contract(self) -> Contract | None:
        """What every version of this name promises; set it, or set None to take it away.

        ::

            data.contract = data.propose().edited("age", low=18, high=120)
        """
        return cast("Contract | None", self.workspace.context.datasets.contract(self.name))

    @contract.setter
    def contract(self, contract: Contract | None) -> None:
        from workbench.actions.contract import promise

        promise(self.workspace.context, self.name, contract)

    def propose(self) -> Contract:
        """A contract that this version keeps, to be edited."""
        from workbench.actions.contract import proposed

        return proposed(self.workspace.context, self.record)

    def contract_code(self) -> str:
        """The contract as a Python module that needs pandera and pandas alone.

        Raises
        ------
        NotFound
            There is no contract.
        """
        from workbench.actions.contract import exported

        return exported(self.workspace.context, self.name)

    def check(self, progress: Progress = silent) -> Report:
        """How this version keeps the contract of its name.

        Raises
        ------
        NotFound
            There is no contract.
        """
        from workbench.actions.contract import checked

        return checked(self.workspace.context, self.record, progress)[1]

    def diff(self, other: Dataset | str, progress: Progress = silent) -> Report:
        """What changed from this version to ``other``, and which runs cannot follow."""
        from workbench.actions.diff import of

        after = other.ref if isinstance(other, Dataset) else other
        return of(self.workspace.context, self.ref, after, progress)

    def drift(self, other: Dataset | str | None = None, progress: Progress = silent) -> Report:
        """Which columns moved from this version to ``other``, tested by Evidently.

        Without ``other``: from the training rows to the test rows. ``report.facts["html"]`` is the
        path of Evidently's page.
        """
        from workbench.actions.drift import of, of_parts

        if other is None:
            return of_parts(self.workspace.context, self.record, progress)
        after = other.ref if isinstance(other, Dataset) else other
        return of(self.workspace.context, self.ref, after, progress)

    def history(self) -> Report:
        """All versions of this name: what each changed, and what was made from it."""
        from workbench.actions.lineage import history

        return history(self.workspace.context, self.name)

    def uses(self) -> Report:
        """The runs, bundles and endpoints that were made from this table."""
        from workbench.actions.lineage import uses

        return uses(self.workspace.context, self.record)

    def card(self, progress: Progress = silent) -> str:
        """A data card in Markdown, as the Hugging Face hub reads them."""
        from workbench.actions.write_data import card_of

        return card_of(self.workspace.context, self.record, progress)

    def write(
        self,
        path: str | os.PathLike[str],
        *,
        raw: bool = False,
        replace: bool = False,
        progress: Progress = silent,
    ) -> Path:
        """Write the table to a .csv, .tsv, .parquet, .arrow or .feather file.

        Texts in CSV that a spreadsheet would run as formulas get an apostrophe in front, unless
        ``raw``.
        """
        asked = {"dataset": self.ref, "to": os.fspath(path), "raw": raw, "replace": replace}
        return Path(self.workspace.perform("write", asked, progress)["to"])

    def explore(self) -> Any:
        """A live profile for a notebook: a press on a bar filters all other columns and the rows.

        Raises
        ------
        MissingExtra
            anywidget is not installed.
        """
        return WIDGETS.get("profile")(self)

    def facets(self) -> Facets:
        """The rows as numbers of the profile's bars: what a choice of bars leaves of the rest."""
        from workbench.actions.facets import of

        return of(self.workspace.context, self.record)

    @property
    def features(self) -> tuple[Feature, ...]:
        """The columns that are made from it for every model."""
        return self.record.features

    def edit(
        self,
        *,
        roles: Mapping[str, str] | None = None,
        semantics: Mapping[str, str] | None = None,
        split: Split | Mapping[str, Any] | None = None,
        features: Sequence[Feature | Mapping[str, Any]] | None = None,
    ) -> Dataset:
        """Change what columns are for, how rows are split, and what is made for the models.

        The snapshot stays as it is.

        Raises
        ------
        NotFound, UsageError
            A name is wrong, or a feature cannot be made; nothing is changed then.
        """
        from workbench.actions.edit import edit

        asked = split if split is None or isinstance(split, Split) else load(Split, split)
        made = None if features is None else [*map(_feature, features)]
        change = None if made is None else lambda _: made
        record = edit(self.workspace.context, self.ref, roles, semantics, asked, change)
        return Dataset(self.workspace, record)

    def _with(self, change: Callable[[DatasetRecord], Sequence[Feature]]) -> Dataset:
        """Change the features as they are by now: somebody else may have added some."""
        from workbench.actions.edit import edit

        return Dataset(self.workspace, edit(self.workspace.context, self.ref, features=change))

    def sources(self) -> dict[str, str]:
        """What features can be made from, each with its kind: ``number``, ``text`` or ``date``."""
        from workbench.actions.features import sources

        return sources(self.record)

    def derive(self, *features: Feature | str) -> Dataset:
        """Make columns for every model; one of the same name is replaced.

        ::

            data = data.derive("combine(debt, income, how=ratio) as burden")

        Raises
        ------
        NotFound, UsageError
            A feature cannot be made; nothing is changed then.
        """
        return self.rework(add=features)

    def without(self, *names: str) -> Dataset:
        """Take features away by their names.

        Raises
        ------
        NotFound
            There is no feature of that name.
        UsageError
            Another feature is made from it.
        """
        return self.rework(drop=names)

    def rework(self, *, drop: Sequence[str] = (), add: Sequence[Feature | str] = ()) -> Dataset:
        """Take some features away and make others, in one edit.

        They are those of the data set as it is by then: somebody else may have added some.
        """
        made = [*map(_feature, add)]

        def changed(record: DatasetRecord) -> Sequence[Feature]:
            known = [f.called for f in record.features]
            for name in drop:
                if name not in known:
                    raise NotFound.among("feature", name, known)
            kept = [f for f in record.features if f.called not in drop]
            return with_features(kept, made)

        return self._with(changed)

    def preview(self, feature: Feature | str, progress: Progress = silent) -> Report:
        """What a feature would look like, and what it would tell about the target."""
        from workbench.actions.features import preview

        return preview(self.workspace.context, self.record, _feature(feature), progress)

    def mend(self, finding: Finding | str) -> Dataset:
        """Carry out the remedy of a finding of the profile.

        ::

            data = data.mend("personal-data:ssn")

        Parameters
        ----------
        finding
            A finding, its ``code``, ``code:column``, or its number among those with a remedy.

        Raises
        ------
        NotFound
            No finding of that name has a remedy.
        UsageError
            A code names several findings, or the finding has no remedy.
        """
        found = self.profile().finding(finding) if isinstance(finding, str) else finding
        if found.remedy is None:
            raise UsageError(f"Nothing mends {found.address!r} by itself.", "Edit the data set.")
        change = dict(found.remedy.change)
        more = [_feature(feature) for feature in change.pop("features", ())]
        if not more:
            return self.edit(**change)

        def with_remedies(record: DatasetRecord) -> Sequence[Feature]:
            made: Sequence[Feature] = record.features
            for feature in more:
                made = with_remedy(made, feature)
            return made

        return self._with(with_remedies)

    def edits(self) -> dict[str, Any] | None:
        """What was changed since the import, as plain data; None for nothing."""
        return self.workspace.context.datasets.edits(self.record)

    def restore(self, edits: Mapping[str, Any] | None = None) -> Dataset:
        """Put back what ``edits()`` gave; without it the data set is as it was imported."""
        store = self.workspace.context.datasets
        return Dataset(self.workspace, store.restore(self.ref, edits))

    def splits(self) -> dict[str, int]:
        """How many rows the data set's own split deals to each part."""
        from workbench.actions.parts import counts

        return dict(zip(PARTS, counts(self.workspace.context, self.record), strict=True))

    def _html(self) -> str:
        from workbench.actions.profile import kept

        return cards.dataset(self.record, kept(self.workspace.context, self.record))

    def __repr__(self) -> str:
        return f"<Dataset {self.ref}: {self.rows:,} rows, {len(self.schema.columns)} columns>"


def _feature(given: Feature | Mapping[str, Any] | str) -> Feature:
    if isinstance(given, Mapping):
        return load(Feature, given)
    return Feature.parse(given) if isinstance(given, str) else given


class Datasets(Shown):
    """The data sets of a workspace."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace

    def list(self) -> list[Dataset]:
        """The newest version of each, newest first."""
        return [Dataset(self._workspace, r) for r in self._workspace.context.datasets.list()]

    def __getitem__(self, ref: str) -> Dataset:
        return Dataset(self._workspace, self._workspace.context.datasets.get(ref))

    def __iter__(self) -> Iterator[str]:
        return (d.ref for d in self.list())

    def __len__(self) -> int:
        return len(self.list())

    def _html(self) -> str:
        return shelves.datasets([data.record for data in self.list()])

    def __repr__(self) -> str:
        return f"<Datasets of {self._workspace.name!r}: {', '.join(self) or 'none'}>"
