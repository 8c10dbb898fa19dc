"""Small real tables with their schemas and splits, for the tests of training and packaging."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from workbench.core.dataset import Column, Schema
from workbench.core.split import TEST, TRAIN, VALID

NAMES = [
    "age", "workclass", "fnlwgt", "education", "education-num", "marital-status", "occupation",
    "relationship", "race", "sex", "capital-gain", "capital-loss", "hours-per-week",
    "native-country", "income",
]  # fmt: skip
AWKWARD = '<b>bold</b>\nand "quoted" | `é`'


@dataclass(frozen=True)
class Sample:
    """A frame, what its columns are, and which rows train, validate and test."""

    frame: pd.DataFrame
    schema: Schema
    parts: np.ndarray

    @property
    def train(self) -> pd.DataFrame:
        return self.frame[self.parts == TRAIN]

    @property
    def test(self) -> pd.DataFrame:
        return self.frame[self.parts == TEST]


def deal(rows: int, seed: int = 0) -> np.ndarray:
    """Two thirds train, a sixth validates, a sixth tests."""
    dealt = np.array([TRAIN, TRAIN, TRAIN, TRAIN, VALID, TEST], np.int8)[np.arange(rows) % 6]
    return np.random.default_rng(seed).permutation(dealt)


def schema_of(frame: pd.DataFrame, target: str, ignore: tuple[str, ...] = ()) -> Schema:
    """Columns by their pandas type; enough for tests."""
    return Schema(tuple(_column(frame[n], n, target, ignore) for n in frame.columns))


def adult_whole(folder: Path) -> Sample:
    """Adult with its official test part; every seventh training row validates."""
    parts = [_adult_part(folder / "adult" / n) for n in ("adult.data", "adult-test.csv")]
    frame = pd.concat(parts, ignore_index=True)
    dealt = np.where(np.arange(len(frame)) < len(parts[0]), TRAIN, TEST).astype(np.int8)
    dealt[: len(parts[0]) : 7] = VALID
    return Sample(frame, schema_of(frame, "income", ("fnlwgt", "education")), dealt)


def adult(folder: Path, rows: int = 3000) -> Sample:
    """The first rows of Adult: two classes, categories with missing values."""
    frame = _adult_part(folder / "adult" / "adult.data").iloc[:rows].copy()
    return Sample(frame, schema_of(frame, "income", ("fnlwgt", "education")), deal(rows))


def penguins(folder: Path) -> Sample:
    """Three classes, few rows, missing values in numbers and in a category."""
    frame = pd.read_csv(folder / "penguins" / "penguins.csv")
    return Sample(frame, schema_of(frame, "species"), deal(len(frame)))


def bikes(folder: Path) -> Sample:
    """A number to predict, a date, a boolean with gaps, constant and empty columns, odd names."""
    frame = pd.read_csv(folder / "bike_sharing" / "hour.csv", parse_dates=["dteday"]).iloc[::9]
    frame = frame[["dteday", "hr", "workingday", "weathersit", "temp", "hum", "cnt"]]
    frame = frame.reset_index(drop=True)
    frame["dteday"] += pd.to_timedelta(frame["hr"], unit="h")
    frame["workingday"] = frame["workingday"].astype(bool).astype(object)
    frame["weathersit"] = "w" + frame["weathersit"].astype(str)
    frame = frame.rename(columns={"hum": AWKWARD, "temp": "cat"})
    frame["constant"], frame["empty"] = 7.5, np.nan
    for number, name in enumerate(("dteday", "workingday", "weathersit", "cat", AWKWARD)):
        frame.loc[number::17, name] = None
    return Sample(frame, schema_of(frame, "cnt"), deal(len(frame)))


SAMPLES: dict[str, Callable[[Path], Sample]] = {
    "binary": adult,
    "multiclass": penguins,
    "regression": bikes,
}


def _adult_part(path: Path) -> pd.DataFrame:
    frame = pd.read_csv(path, header=None, names=NAMES, skipinitialspace=True, na_values="?")
    frame["income"] = frame["income"].str.rstrip(".")
    return frame


def _column(values: pd.Series, name: str, target: str, ignore: tuple[str, ...]) -> Column:
    role = "target" if name == target else "ignore" if name in ignore else "feature"
    if name in ("sex", "race"):
        role = "sensitive"
    kind = values.dtype.kind
    if kind == "M":
        return Column(name, "timestamp[us]", "datetime", role)
    if kind in "if":
        return Column(name, "int64" if kind == "i" else "double", "number", role)
    if all(isinstance(v, bool) for v in values.dropna()):
        return Column(name, "bool", "boolean", role)
    return Column(name, "string", "category", role)
