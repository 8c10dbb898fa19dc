"""Nasty files: each is read to exactly its cells, or refused with one sentence that says where."""

from __future__ import annotations

import gzip
import io
import json
import zipfile
from pathlib import Path
from typing import Any

import openpyxl
import pyarrow as pa
import pytest

from tests.data.test_bad_input import refused
from workbench.core.errors import DataError, UsageError, WorkbenchError
from workbench.data import unpack
from workbench.data.read import read

# ---- the collection csv-spectrum, each file against the JSON beside it ----

# Twelve files; ten say the same as their JSON. Two do not, and the CSV is right in both:
# git took the carriage returns out of newlines_crlf.csv, so its cell holds a line feed, and
# location_coordinates.json has another telephone number (and no list around its only row).
CORRECTED: dict[str, list[dict[str, str]]] = {
    "newlines_crlf": [
        {"a": "1", "b": "2", "c": "3"},
        {"a": "Once upon \na time", "b": "5", "c": "6"},
        {"a": "7", "b": "8", "c": "9"},
    ],
    "location_coordinates": [
        {
            "Contact Phone Number": "2095257564",
            "Location Coordinates": "37�36'37.8\"N 121�2'17.9\"W",
            "Cities": "Modesto",
            "Counties": "Stanislaus",
        }
    ],
}
OUTCOMES = {
    "comma_in_quotes": "one row",
    "empty": "cells",
    "empty_crlf": "cells",
    "escaped_quotes": "cells",
    "json": "one row",
    "location_coordinates": "one row",
    "newlines": "cells",
    "newlines_crlf": "cells",
    "quotes_and_newlines": "cells",
    "simple": "one row",
    "simple_crlf": "one row",
    "utf8": "cells",
}


@pytest.mark.parametrize("name", OUTCOMES)
def test_every_file_of_the_collection(name: str, datasets: Path, tmp_path: Path) -> None:
    path = datasets / "nasty" / "csv_spectrum" / "csvs" / f"{name}.csv"
    beside = json.loads((path.parents[1] / "json" / f"{name}.json").read_text(encoding="utf-8"))
    wanted = CORRECTED.get(name, beside)
    if OUTCOMES[name] == "one row":
        with pytest.raises(DataError, match="one row only"):
            read(path)
        content = path.read_bytes()
        path = tmp_path / path.name
        body = content.partition(b"\n")[2].strip(b"\r\n")
        path.write_bytes(content.rstrip(b"\r\n") + b"\n" + body + b"\n")
        wanted = wanted * 2
    assert read(path, options={"text": True}).table.to_pylist() == wanted
    into = read(path, options={"text": True}, into=tmp_path / "t.parquet")
    assert into.table.read().to_pylist() == wanted  # type: ignore[union-attr]


def test_no_file_of_the_collection_is_left_out(datasets: Path) -> None:
    folder = datasets / "nasty"
    files = {p.stem for p in folder.rglob("*") if p.is_file() and p.suffix != ".json"}
    assert files == set(OUTCOMES)


# ---- text that can be read ----

READ: dict[str, tuple[bytes, dict[str, list[Any]]]] = {
    "bom": (b"\xef\xbb\xbfa,b\n1,x\n2,y\n", {"a": [1, 2], "b": ["x", "y"]}),
    "utf-16": ("a,b\n1,ä\n2,ö\n".encode("utf-16"), {"a": [1, 2], "b": ["ä", "ö"]}),
    "utf-16-be": ("a,b\n1,xyz\n2,uvw\n".encode("utf-16-be"), {"a": [1, 2], "b": ["xyz", "uvw"]}),
    "cp1252": ("a,b\n1,Köln\n2,Zürich\n".encode("cp1252"), {"a": [1, 2], "b": ["Köln", "Zürich"]}),
    "shift-jis": (
        "id,都市\n1,東京\n2,大阪\n3,京都\n".encode("shift_jis"),
        {"id": [1, 2, 3], "都市": ["東京", "大阪", "京都"]},
    ),
    "names twice": (b"a,a,\n1,2,3\n4,5,6\n", {"a": [1, 4], "a.1": [2, 5], "column 3": [3, 6]}),
    "one column": (b"a\n1\n2\n", {"a": [1, 2]}),
    "delimiters at the end": (
        b"a,b,\n1,x,\n2,y,\n",
        {"a": [1, 2], "b": ["x", "y"], "column 3": [None, None]},
    ),
    "mixed line ends": (b"a,b\r\n1,x\n2,y\r3,z\r\n", {"a": [1, 2, 3], "b": ["x", "y", "z"]}),
    "no last line end": (b"a,b\n1,x\n2,y", {"a": [1, 2], "b": ["x", "y"]}),
    "sep line of Excel": (b"sep=;\r\na;b\r\n1;x\r\n2;y\r\n", {"a": [1, 2], "b": ["x", "y"]}),
    "comments before": (b"# made by us, today\n#\na,b\n1,x\n2,y\n", {"a": [1, 2], "b": ["x", "y"]}),
    "a header with a hash": (b"#a,b\n1,x\n2,y\n", {"#a": [1, 2], "b": ["x", "y"]}),
    "decimal comma": (b"a;b\n1,5;x\n-2.000,25;y\n", {"a": [1.5, -2000.25], "b": ["x", "y"]}),
    "thousands": (b'a,b\n"1,234",x\n"12,345,678",y\n', {"a": [1234, 12345678], "b": ["x", "y"]}),
    "dates in two forms": (
        b"a,b\n2020-01-31,x\n31.01.2020,y\n",
        {"a": ["2020-01-31", "31.01.2020"], "b": ["x", "y"]},
    ),
    "units": (b"a,b\n5 kg,x\n6 kg,y\n", {"a": ["5 kg", "6 kg"], "b": ["x", "y"]}),
    "too large for a double": (b"a,b\n1e400,x\n2.5,y\n", {"a": [None, 2.5], "b": ["x", "y"]}),
    "huge integers": (
        b"a,b\n92233720368547758070,x\n1,y\n",
        {"a": ["92233720368547758070", "1"], "b": ["x", "y"]},
    ),
    "007": (b"a,b\n007,x\n123,y\n", {"a": ["007", "123"], "b": ["x", "y"]}),
    "hexadecimal": (b"a,b\n0x10,x\n12,y\n", {"a": ["0x10", "12"], "b": ["x", "y"]}),
    "booleans in words": (b"a,b\nyes,True\nno,FALSE\n", {"a": ["yes", "no"], "b": [True, False]}),
    "formulas": (
        b"a,b\n=cmd()|'/c calc'!A1,1\n@SUM(1),2\n",
        {"a": ["=cmd()|'/c calc'!A1", "@SUM(1)"], "b": [1, 2]},
    ),
    "markup": (
        b"<b>a</b>,b\n<script>alert(1)</script>,1\n&lt;,2\n",
        {"<b>a</b>": ["<script>alert(1)</script>", "&lt;"], "b": [1, 2]},
    ),
    "a quote inside": (b'a,b\n5" pipe,1\n6" pipe,2\n', {"a": ['5" pipe', '6" pipe'], "b": [1, 2]}),
    "blank lines": (b"a,b\n\n1,x\n\n2,y\n\n", {"a": [1, 2], "b": ["x", "y"]}),
}  # fmt: skip


@pytest.mark.parametrize("name", READ)
def test_nasty_text_is_read_to_its_cells(name: str, tmp_path: Path) -> None:
    content, wanted = READ[name]
    path = tmp_path / "t.csv"
    path.write_bytes(content)
    assert read(path).table.to_pydict() == wanted
    into = read(path, into=tmp_path / "t.parquet")
    assert into.table.read().to_pydict() == wanted  # type: ignore[union-attr]


@pytest.mark.parametrize("mark", [",", ";"])
def test_five_thousand_columns_are_read(mark: str, tmp_path: Path) -> None:
    lines = [mark.join(f"c{i}" for i in range(5000))]
    lines += [mark.join(str(i + row) for i in range(5000)) for row in range(5)]
    (tmp_path / "t.csv").write_text("\n".join(lines))
    table = read(tmp_path / "t.csv", into=tmp_path / "t.parquet").table
    assert (table.num_rows, table.num_columns) == (5, 5000)
    assert table.column("c4999").to_pylist() == [4999, 5000, 5001, 5002, 5003]


@pytest.mark.parametrize(
    ("text", "options", "wanted"),
    [
        ("a;b\n1.234;5,5\n2.000;6\n", {"decimal": ","}, {"a": [1234, 2000], "b": [5.5, 6.0]}),
        ('a;b\n1,234;x\n2,5;y\n', {"decimal": "."}, {"a": ["1,234", "2,5"], "b": ["x", "y"]}),
        ("a;b\n1 234,5;x\n10;y\n", {"thousands": " ", "decimal": ","}, {"a": [1234.5, 10.0]}),
        ("a;b\n1'234.5;x\n10;y\n", {"thousands": "'"}, {"a": [1234.5, 10.0]}),
        ("a;b\n-999;x\n3;y\n", {"missing": ["-999"]}, {"a": [None, 3]}),
    ],
)  # fmt: skip
def test_what_was_found_can_be_said_otherwise(
    text: str, options: dict[str, Any], wanted: dict[str, list[Any]], tmp_path: Path
) -> None:
    (tmp_path / "t.csv").write_text(text)
    table = read(tmp_path / "t.csv", options=options).table
    assert {name: table.column(name).to_pylist() for name in wanted} == wanted


@pytest.mark.parametrize(
    "options",
    [{"decimal": "x"}, {"thousands": "x"}, {"decimal": ",", "thousands": ","}, {"dates": "day"},
     {"day_first": "yes"}],
)  # fmt: skip
def test_wrong_notations_are_refused(options: dict[str, Any], tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("a,b\n1,2\n3,4\n")
    with pytest.raises(UsageError) as error:
        read(tmp_path / "t.csv", options=options)
    assert refused(error)


# ---- what is refused ----


def packed(**files: bytes) -> bytes:
    memory = io.BytesIO()
    with zipfile.ZipFile(memory, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name.replace("_", "."), content)
    return memory.getvalue()


def arrow() -> bytes:
    memory = io.BytesIO()
    table = pa.table({"a": range(1000), "b": ["x"] * 1000})
    with pa.ipc.new_file(memory, table.schema) as writer:
        writer.write_table(table)
    return memory.getvalue()


def workbook(*rows: list[Any]) -> bytes:
    memory, book = io.BytesIO(), openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    book.save(memory)
    return memory.getvalue()


# an OLE file as Office wraps what has a password: signature, then the names of its streams
ENCRYPTED = (
    b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(1500) + "EncryptedPackage".encode("utf-16-le")
)
SHEETLESS = packed(**{"[Content_Types]_xml": b"<Types/>", "xl/workbook_xml": b"<workbook/>"})
REFUSED: dict[str, tuple[bytes, str]] = {
    "nul.csv": (b"a,b\n1,x\0\n2,y\n", "binary"),
    "open.csv": (b'a,b\n1,x\n2,"y\n3,z\n4,z\n', "a quote is opened and never closed"),
    "ragged.csv": (b'a,b\n"1\n2",x\n3\n', r"row 3 has 1 cells, 2 were expected \(line 4; 1 such"),
    "long.csv": (b"# by us\na,b\n1,2\n1,2,3\n", r"row 3 has 3 cells, .* \(line 4;"),
    "two.zip": (packed(a_csv=b"a\n1\n2\n", b_csv=b"a\n1\n2\n"), "holds 'a.csv', 'b.csv'"),
    "picture.zip": (packed(a_png=b"x"), "holds 'a.png'"),
    "empty.zip": (packed(), "binary|zip archive"),
    "cut.zip": (packed(a_csv=b"a\n1\n2\n")[:-30], "damaged"),
    "cut.csv.gz": (gzip.compress(b"a,b\n1,2\n" * 9999)[:-20], "cut off or damaged"),
    "cut.arrow": (arrow()[:-300], "cannot be read as Arrow"),
    "cut.feather": (arrow()[:100], "cannot be read as Arrow"),
    "text.arrow": (b"a,b\n1,2\n", "cannot be read as Arrow"),
    "old.feather": (b"FEA1" + bytes(50), "first version"),
    "text.xlsx": (b"a,b\n1,2\n", "cannot be read as a workbook"),
    "cut.xlsx": (workbook(["a"], [1], [2])[:-200], "cannot be read as a workbook"),
    "sheetless.xlsx": (SHEETLESS, "cannot be read as a workbook|no sheets"),
    "empty.xlsx": (workbook(), "is empty"),
    "header.xlsx": (workbook(["a", "b"]), "a header and no rows"),
    "values.xlsx": (workbook([1, 2], [3, 4], [5, 6]), "seems to have no header"),
    "locked.xlsx": (ENCRYPTED, "protected by a password"),
    "comma.json": (b'[{"a": 1},\n {"a": 2},\n]', "line [23], column"),
    "twice.json": (b'[{"a": 1, "a": 2}, {"a": 3}]', "has 'a' twice"),
    "dotted.json": (b'[{"a": {"b": 1}, "a.b": 2}, {}]', "two values for 'a.b'"),
    "number.json": (b"3", "holds a number, not a table"),
    "list.json": (b"[[1, 2], [3, 4]]", "row 1 is a list, not an object"),
    "uneven.json": (b'{"a": [1, 2], "b": [1]}', "not equally long"),
    "deep.json": (b"[" * 100_000, "nested too deeply|no valid JSON"),
    "digits.json": (b'[{"a": ' + b"9" * 10_000 + b"}, {}]", "too long"),
    "cut.jsonl": (b'{"a": 1}\n{"a": 2}\n{"a": ', "line 3, column 7"),
    "mixed.jsonl": (b'{"a": 1}\n[1]\n', "line 2 is a list"),
    "markup.xml": (b"<a/>", "is XML"),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
@pytest.mark.parametrize("streamed", [False, True])
def test_nasty_files_are_refused(name: str, streamed: bool, tmp_path: Path) -> None:
    content, sentence = REFUSED[name]
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(DataError, match=sentence) as error:
        read(path, into=tmp_path / "into.parquet" if streamed else None)
    assert refused(error)
    assert name in error.value.sentence
    assert not (tmp_path / "into.parquet").exists()


def test_bombs_are_refused_before_they_go_off(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(unpack, "MOST", 2**20)
    rows = b"a,b\n" + b"1,2\n" * 10**6
    (tmp_path / "t.csv.gz").write_bytes(gzip.compress(rows))
    (tmp_path / "t.zip").write_bytes(packed(t_csv=rows))
    for name in ("t.csv.gz", "t.zip"):
        with pytest.raises(DataError, match="unpacks to more than") as error:
            read(tmp_path / name, into=tmp_path / "t.parquet")
        assert refused(error)


def test_random_changes_in_an_arrow_file_never_crash(tmp_path: Path) -> None:
    good = arrow()
    for place in range(8, len(good), 67):
        changed = bytearray(good)
        changed[place] ^= 0x55
        (tmp_path / "t.arrow").write_bytes(bytes(changed))
        try:
            assert read(tmp_path / "t.arrow").table.num_columns == 2
        except WorkbenchError:
            continue


def test_a_sheet_is_chosen_by_name_or_number_and_the_others_are_told(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    for number, name in enumerate(("Jan", "Feb")):
        sheet = book.create_sheet(name)
        for row in (["n", "word"], [1 + number, "x"], [2 + number, None]):
            sheet.append(row)
    book.save(tmp_path / "t.xlsx")
    first = read(tmp_path / "t.xlsx")
    assert first.table.to_pydict() == {"n": [1, 2], "word": ["x", None]}
    assert first.notes[0].sentence == "Sheet 'Jan' was read; the workbook also has 'Sheet', 'Feb'."
    for sheet_ in ("Feb", 3, "3"):
        assert read(tmp_path / "t.xlsx", options={"sheet": sheet_}).table["n"].to_pylist() == [2, 3]
    for wrong in ("Fe", 4, 0, True, 1.5):
        with pytest.raises(UsageError) as error:
            read(tmp_path / "t.xlsx", options={"sheet": wrong})
        assert refused(error)
