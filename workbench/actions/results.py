"""What other actions take up from a finished run: its record, predictor and predictions."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from workbench.actions.context import Context
from workbench.actions.train import scores_of
from workbench.core.dataset import DatasetRecord, Schema
from workbench.core.errors import StoreError
from workbench.core.run import RunRecord
from workbench.core.signature import Signature
from workbench.core.split import PARTS, TEST, TRAIN
from workbench.data.split import assign
from workbench.store.trust import trusted_by
from workbench.training.family import explainer_of, families
from workbench.training.persist import load
from workbench.training.predictor import Predictor

WRAPPING = ("thresholds", "correlation_remover", "exponentiated_gradient")


@dataclass(frozen=True)
class Results:
    """A finished run and what it was made from, loaded when touched."""

    context: Context
    record: RunRecord

    @classmethod
    def of(cls, context: Context, run: str) -> Results:
        """The results of a run named by id, prefix or alias.

        Raises
        ------
        StoreError
            The run is not done.
        """
        record = context.store.run(run)
        if record.state != "done" or record.signature is None:
            why = f": {record.reason}" if record.reason else ""
            raise StoreError(
                f"Run {record.short} ({record.name}) is {record.state}{why}",
                "Choose one that is done.",
            )
        return cls(context, record)

    @property
    def signature(self) -> Signature:
        assert self.record.signature is not None
        return self.record.signature

    @property
    def title(self) -> str:
        return f"{self.record.model} {self.record.id[:4]}"

    @cached_property
    def predictor(self) -> Predictor:
        more = trusted_by(self.context.root, self.record.id)
        return Predictor(load(self.context.store.model_file(self.record.id), more), self.signature)

    @property
    def explainer(self) -> str:
        """The explainer that suits the model.

        Sampling where its family is not known here, and where a mitigation stands around the model.
        """
        recipe = self.record.recipe
        wrapped = recipe.mitigation is not None and recipe.mitigation.method in WRAPPING
        if wrapped or recipe.family not in families:
            return "sampling"
        return explainer_of(families.get(recipe.family), recipe.params)

    @cached_property
    def dataset(self) -> DatasetRecord:
        record: DatasetRecord = self.context.datasets.get(self.record.recipe.dataset)
        return record

    @cached_property
    def schema(self) -> Schema:
        return self.dataset.schema.edited(roles={self.signature.target: "target"})

    @cached_property
    def predictions(self) -> pd.DataFrame:
        """Row, part, truth and scores of the validation and test rows."""
        return pd.read_parquet(self.context.store.file(self.record.id, "predictions.parquet"))

    @cached_property
    def test(self) -> pd.DataFrame:
        """The test rows of :attr:`predictions`."""
        predictions = self.predictions
        return predictions[predictions["part"] == PARTS[TEST]]

    def cells(self, rows: np.ndarray) -> dict[str, list[Any]]:
        """Rows of the data set by their numbers, in all columns but the target."""
        names = [c for c in self.schema.names if c != self.signature.target]
        frame = self.context.datasets.frame(self.dataset, names).iloc[rows]
        return {name: _plain_cells(frame[name]) for name in frame.columns}

    def test_scores(self) -> np.ndarray:
        return scores_of(self.test, self.signature)

    def test_truth(self) -> np.ndarray:
        truth: np.ndarray = self.test["truth"].to_numpy()
        return truth

    def test_rows(self, columns: list[str] | None = None) -> pd.DataFrame:
        """The data of the test rows, in the order of :attr:`test`."""
        frame = self.context.datasets.frame(self.dataset, columns)
        return frame.iloc[self.test["row"].to_numpy()]

    @cached_property
    def train_rows(self) -> pd.DataFrame:
        """The data that the model was fitted on."""
        split: Any = self.record.recipe.split
        parts = assign(split, self.context.datasets.table(self.dataset), self.schema)
        frame: pd.DataFrame = self.context.datasets.frame(self.dataset)
        return frame[parts == TRAIN]


def _plain_cells(values: pd.Series) -> list[Any]:
    return [None if missing else v for v, missing in zip(values, values.isna(), strict=True)]
