"""Bad input: each case one clear sentence, and nothing of it ever runs."""

from __future__ import annotations

import contextlib
import gzip
import os
import pickle
import time
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from workbench.core.errors import DataError, NotFound, UsageError, WorkbenchError
from workbench.core.split import Split
from workbench.data.profile import profile
from workbench.data.read import read
from workbench.data.schema import infer
from workbench.data.split import assign

BAD: dict[str, tuple[bytes, str]] = {
    "empty.csv": (b"", "is empty"),
    "blank.csv": (b" \n\r\n\t\n", "is empty"),
    "empty.parquet": (b"", "is empty"),
    "header-only.csv": (b"a,b\n", "has a header and no rows"),
    "header-without-end.csv": (b"a,b", "has a header and no rows"),
    "one-row.csv": (b"a,b\n1,x\n", "has one row only"),
    "no-header.csv": (b"1,2\n3,4\n5,6\n", "seems to have no header"),
    "noise.csv": (bytes(range(256)) * 20, "is binary"),
    "nul.csv": (b"a,b\n1,x\0y\n3,4\n", "is binary"),
    "workbook.csv": (b"PK\x03\x04" + bytes(50), "a zip archive or an Excel workbook"),
    "old.csv": (b"\xd0\xcf\x11\xe0" + bytes(50), "old Excel workbook"),
    "page.txt": (b"%PDF-1.7\n" + bytes(50), "PDF"),
    "cut.csv.gz": (gzip.compress(b"a,b\n1,2\n" * 99)[:-9], "cut off or damaged"),
    "text.parquet": (b"a,b\n1,2\n3,4\n", "holds something else"),
    "utf16.csv": ("a,b\n1,2\n".encode("utf-16")[:-1], "is not utf-16"),
}


def refused(error: pytest.ExceptionInfo[WorkbenchError]) -> bool:
    """One sentence without a line break, and a hint of what to do."""
    told = error.value
    return "\n" not in told.sentence and told.sentence.endswith(".") and bool(told.hint)


@pytest.mark.parametrize("name", BAD)
def test_bad_files_are_refused_with_one_sentence(name: str, tmp_path: Path) -> None:
    content, sentence = BAD[name]
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(DataError, match=sentence) as error:
        read(path)
    assert refused(error)
    assert name in error.value.sentence


def test_random_bytes_are_refused_as_any_kind(tmp_path: Path) -> None:
    generator = np.random.default_rng(0)
    for number in range(40):
        path = tmp_path / f"r{number}{('.csv', '.parquet', '.txt', '.gz')[number % 4]}"
        path.write_bytes(generator.bytes(int(generator.integers(1, 3000))))
        with pytest.raises(DataError) as error:
            read(path)
        assert refused(error)


@pytest.fixture
def parquet(tmp_path: Path) -> Path:
    path = tmp_path / "good.parquet"
    pq.write_table(pa.table({"a": range(1000), "b": ["x", "y"] * 500}), path)
    return path


def test_a_parquet_file_cut_off_anywhere_is_refused(parquet: Path) -> None:
    content = parquet.read_bytes()
    for end in {*range(1, len(content), 97), len(content) - 1, len(content) - 8, 4, 8, 12}:
        parquet.write_bytes(content[:end])
        with pytest.raises(DataError, match=r"good\.parquet") as error:
            read(parquet)
        assert refused(error)


def test_a_parquet_file_with_changed_bytes_is_read_or_refused_but_never_crashes(
    parquet: Path,
) -> None:
    content = parquet.read_bytes()
    for place in range(4, len(content) - 4, 61):
        changed = bytearray(content)
        changed[place] ^= 0xFF
        parquet.write_bytes(bytes(changed))
        with contextlib.suppress(DataError):
            assert read(parquet).table.num_columns == 2


class Canary:
    """A pickle that writes a file when it is opened."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> Any:
        return os.system, (f"touch {self.path}",)


@pytest.mark.parametrize("suffix", [".csv", ".parquet", ".txt", ".pkl", ""])
@pytest.mark.parametrize("protocol", [2, 5])
def test_a_pickle_is_never_opened(suffix: str, protocol: int, tmp_path: Path) -> None:
    canary = tmp_path / "canary"
    path = tmp_path / f"data{suffix}"
    path.write_bytes(pickle.dumps(Canary(canary), protocol=protocol))
    with pytest.raises(DataError) as error:
        read(path)
    assert refused(error)
    assert not canary.exists()


def test_a_pickle_of_text_is_never_opened_either(tmp_path: Path) -> None:
    canary = tmp_path / "canary"
    (tmp_path / "data.csv").write_bytes(pickle.dumps(Canary(canary), protocol=0))
    with contextlib.suppress(DataError):
        read(tmp_path / "data.csv")
    assert not canary.exists()


def test_a_wrong_encoding_names_the_byte(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_bytes("a,b\nä,1\nö,2\n".encode("cp1252"))
    with pytest.raises(DataError, match="is not utf-8: byte 0xe4 at position 4") as error:
        read(tmp_path / "t.csv", options={"encoding": "utf-8"})
    assert refused(error)


def test_a_folder_is_no_file_and_its_files_are_offered(tmp_path: Path) -> None:
    (tmp_path / "customers.csv").write_text("a,b\n1,2\n3,4\n")
    with pytest.raises(DataError, match="is a folder") as error:
        read(tmp_path)
    assert "customers.csv" in error.value.hint


def test_the_folder_of_a_workspace_is_no_table(tmp_path: Path) -> None:
    (tmp_path / "workbench.toml").write_text('name = "credit"\n')
    (tmp_path / "data").mkdir()
    pq.write_table(pa.table({"a": [1, 2]}), tmp_path / "data" / "table.parquet")
    with pytest.raises(DataError, match="is the folder of a workspace"):
        read(tmp_path)


def test_a_path_that_is_not_there_offers_near_names(tmp_path: Path) -> None:
    (tmp_path / "customers.csv").write_text("a,b\n1,2\n3,4\n")
    with pytest.raises(NotFound, match="There is no file") as error:
        read(tmp_path / "custmers.csv")
    assert "customers.csv" in error.value.hint


@pytest.mark.parametrize(
    "source", ["", "/nowhere/at/all.csv", "x" * 5000, "\0", "~nobody-here/x.csv",
               "https://example.org/x.csv", "/dev/null", 3, None, [1, 2]],
)  # fmt: skip
def test_what_is_no_file_is_refused(source: Any) -> None:
    with pytest.raises((UsageError, DataError)) as error:
        read(source)
    assert refused(error)


def test_frames_without_columns_or_rows_are_refused() -> None:
    for frame in (pd.DataFrame(), pd.DataFrame({"a": []}), pd.DataFrame({"a": [1]})):
        with pytest.raises(DataError) as error:
            read(frame)
        assert refused(error)


def test_two_thousand_columns_are_read_and_profiled(tmp_path: Path) -> None:
    frame = pd.DataFrame(np.random.default_rng(0).normal(size=(500, 2000)).round(3))
    frame.columns = [f"c{i}" for i in range(2000)]
    frame["y"] = (frame["c7"] > 0).astype(int)
    frame.to_csv(tmp_path / "wide.csv", index=False)
    frame.iloc[:, -201:].assign(c7=frame["c7"]).to_csv(tmp_path / "narrow.csv", index=False)
    spent = []
    for name in ("narrow", "wide"):
        began = time.process_time()
        table = read(tmp_path / f"{name}.csv").table
        schema = infer(table, target="y")
        report = profile(table, schema, name)
        spent.append(time.process_time() - began)
    assert spent[1] < 40 * spent[0]  # ten times the columns; every pair of them would be a hundred
    assert len(report["columns"]) == 2001
    assert [f.subject for f in report.findings if f.code == "leakage"] == ["c7"]


def table_of(**columns: list[Any]) -> pa.Table:
    return read(pa.table(columns)).table


def test_a_target_that_is_not_there_offers_near_names() -> None:
    with pytest.raises(NotFound, match="No column is called 'incme'") as error:
        infer(table_of(income=["a", "b"], age=[1, 2]), target="incme")
    assert "income" in error.value.hint


@pytest.mark.parametrize(
    ("values", "sentence"),
    [(["a", "a", None], "'a' in every row"), ([None, None, None], "has no values"),
     ([1.5, 1.5, 1.5], "1.5 in every row")],
)  # fmt: skip
def test_a_target_that_does_not_vary_is_refused(values: list[Any], sentence: str) -> None:
    with pytest.raises(DataError, match=sentence) as error:
        infer(table_of(y=values, x=[1, 2, 3]), target="y")
    assert refused(error)


def test_a_class_with_one_row_is_told_by_profile_and_refused_by_split() -> None:
    table = table_of(y=["a"] * 20 + ["b"] * 20 + ["c"], x=list(range(41)))
    schema = infer(table, target="y")
    codes = {f.code: f.severity for f in profile(table, schema, "t").findings}
    assert codes["single-row-class"] == "error"
    with pytest.raises(DataError, match="Class 'c' of the target 'y' has one row only") as error:
        assign(Split(), table, schema)
    assert refused(error)


def test_columns_without_values_are_ignored_and_told() -> None:
    table = read(pd.DataFrame({"a": [None, None, None], "b": [1, 2, 2]})).table
    schema = infer(table)
    assert schema["a"].role == "ignore"
    assert "no values" in schema["a"].reason
    assert any(f.code == "all-missing" for f in profile(table, schema, "t").findings)
