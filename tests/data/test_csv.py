"""CSV files read as what they are, whoever wrote them."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from workbench.core.errors import DataError, UsageError
from workbench.data.read import Imported, read

SPECTRUM = [
    "comma_in_quotes",
    "empty",
    "empty_crlf",
    "escaped_quotes",
    "json",
    "newlines",
    "newlines_crlf",
    "quotes_and_newlines",
    "simple",
    "simple_crlf",
    "utf8",
    "location_coordinates",
]


def written(folder: Path, content: str | bytes, name: str = "t.csv") -> Path:
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def cells(imported: Imported) -> dict[str, list[Any]]:
    found: dict[str, list[Any]] = imported.table.to_pydict()
    return found


@pytest.mark.parametrize("name", SPECTRUM)
def test_csv_spectrum_reads_to_exactly_its_cells(name: str, datasets: Path, tmp_path: Path) -> None:
    folder = datasets / "nasty" / "csv_spectrum"
    content = (folder / "csvs" / f"{name}.csv").read_bytes()
    wanted = json.loads((folder / "json" / f"{name}.json").read_text(encoding="utf-8"))
    if name == "newlines_crlf":  # git took the carriage returns out of the CSV, not of the JSON
        content = content.replace(b"\n", b"\r\n")
    if name == "location_coordinates":  # upstream the JSON has another number, and no list
        wanted = [{**wanted, "Contact Phone Number": "2095257564"}]
    rows = 2 if len(wanted) == 1 else 1  # one row alone is no table: such a file is read twice over
    head, _, body = content.partition(b"\n")
    body = body if rows == 1 else body.rstrip(b"\r\n") + b"\n" + body
    path = written(tmp_path, head + b"\n" + body)

    table = read(path, options={"text": True}).table

    assert table.to_pylist() == wanted * rows


def test_quotes_keep_line_ends_and_delimiters_as_they_are(tmp_path: Path) -> None:
    path = written(tmp_path, 'a,b\r\n"x\r\ny, ""z""",1\r\nu,2\r\n')
    assert cells(read(path)) == {"a": ['x\r\ny, "z"', "u"], "b": [1, 2]}


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_every_line_end_ends_a_line(end: str, tmp_path: Path) -> None:
    path = written(tmp_path, end.join(["a,b", "1,x", "2,y"]))
    assert cells(read(path)) == {"a": [1, 2], "b": ["x", "y"]}


@pytest.mark.parametrize("mark", [",", ";", "\t", "|", "^", ":", " "])
def test_the_delimiter_is_found(mark: str, tmp_path: Path) -> None:
    path = written(tmp_path, f"a{mark}b{mark}c\n1{mark}x{mark}2\n3{mark}y{mark}4\n")
    assert read(path).table.shape == (2, 3)


def test_prose_in_one_column_is_not_cut_at_blanks_or_colons(tmp_path: Path) -> None:
    path = written(tmp_path, "note\nhello: world\nall is well\nso: on it goes\n")
    assert read(path).table.column_names == ["note"]


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        ("name,city\nJürgen,Köln\nJosé,São Paulo\n", "utf-8"),
        ("name,city\nJürgen,Köln\nJosé,São Paulo\n", "utf-8-sig"),
        ("name,city\nJürgen,Köln\nJosé,São Paulo\n", "utf-16"),
        ("name,city\nJürgen,Köln\nJosé,São Paulo\n", "utf-16-le"),
        ("name,city\nJürgen,Köln\nJosé,São Paulo\n", "cp1252"),
        ("имя,город\nИван,Москва\nОльга,Казань\nПётр,Тверь\n", "cp1251"),
        ("名前,都市\n太郎,東京\n花子,大阪\n次郎,京都\n", "shift_jis"),
        ("姓名,城市\n张三,北京\n李四,上海\n王五,广州\n", "gb18030"),
    ],
)
def test_the_encoding_is_found(text: str, encoding: str, tmp_path: Path) -> None:
    rows = [line.split(",") for line in text.splitlines()]
    table = read(written(tmp_path, text.encode(encoding)), options={"header": True}).table
    assert table.column_names == rows[0]
    assert [list(row.values()) for row in table.to_pylist()] == rows[1:]


def test_a_guessed_encoding_is_told(tmp_path: Path) -> None:
    notes = read(written(tmp_path, "name,n\nJürgen,1\nKöln,2\n".encode("cp1252"))).notes
    assert "cp1252" in notes[0].sentence


def test_gzip_is_unpacked(tmp_path: Path) -> None:
    path = written(tmp_path, gzip.compress(b"a,b\n1,2\n3,4\n"), "t.csv.gz")
    assert cells(read(path)) == {"a": [1, 3], "b": [2, 4]}


def test_duplicate_and_empty_names_are_made_unique_and_told(tmp_path: Path) -> None:
    imported = read(written(tmp_path, "a,a,,a.1\n1,2,3,4\n5,6,7,8\n"))
    assert imported.table.column_names == ["a", "a.2", "column 3", "a.1"]
    assert [note.subject for note in imported.notes] == ["a.2", "column 3"]


def test_names_with_markup_and_line_ends_are_kept_as_they_are(tmp_path: Path) -> None:
    path = written(
        tmp_path, '"a\nb","<img src=x onerror=alert(1)>","x"" FROM y; --"\n1,2,3\n4,5,6\n'
    )
    names = ["a\nb", "<img src=x onerror=alert(1)>", 'x" FROM y; --']
    assert read(path).table.column_names == names


@pytest.mark.parametrize(
    ("options", "names", "rows"),
    [
        ({"names": ["x", "y"]}, ["x", "y"], 3),
        ({"header": False}, ["column 1", "column 2"], 3),
        ({"header": True}, ["1", "2"], 2),
        ({"names": ["x", "y"], "header": True}, ["x", "y"], 2),
    ],
)
def test_a_missing_header_can_be_made_up_for(
    options: dict[str, Any], names: list[str], rows: int, tmp_path: Path
) -> None:
    table = read(written(tmp_path, "1,2\n3,4\n5,6\n"), options=options).table
    assert (table.column_names, table.num_rows) == (names, rows)


@pytest.mark.parametrize(
    "file", ["adult/adult.data", "wine_quality/winequality-red.csv", "sms_spam/sms.tsv"]
)
def test_real_files_without_a_header_are_recognised(file: str, datasets: Path) -> None:
    with pytest.raises(DataError, match="no header") as caught:
        read(datasets / file)
    assert "names=[...]" in caught.value.hint
    assert "header=False" in caught.value.hint


@pytest.mark.parametrize(
    ("file", "shape"),
    [
        ("compas/compas-scores-two-years.csv", (7214, 53)),
        ("bike_sharing/hour.csv", (17379, 17)),
        ("diamonds/diamonds.csv", (53940, 10)),
        ("german_credit/german.csv", (1000, 21)),
        ("titanic/titanic.csv", (891, 11)),
    ],
)
def test_real_files_with_a_header_need_no_options(
    file: str, shape: tuple[int, int], datasets: Path
) -> None:
    assert read(datasets / file).table.shape == shape


def test_years_as_names_are_a_header(tmp_path: Path) -> None:
    table = read(written(tmp_path, "country,2019,2020\nDE,1.5,2\nFR,3,4\n")).table
    assert table.column_names == ["country", "2019", "2020"]


def test_a_row_of_another_width_is_named_or_left_out(tmp_path: Path) -> None:
    path = written(tmp_path, "a,b\n1,2\n1,2,3\n4,5\n")
    with pytest.raises(DataError, match="row 3 has 3 cells, 2 were expected"):
        read(path)
    skipped = read(path, options={"bad_rows": "skip"})
    assert cells(skipped) == {"a": [1, 4], "b": [2, 5]}
    assert skipped.notes[0].severity == "warning"


def test_a_quote_that_is_never_closed_does_not_swallow_rows(tmp_path: Path) -> None:
    path = written(tmp_path, "a,b\n" + "1,x\n" * 5 + '2,"y\n' + "1,x\n" * 5)
    with pytest.raises(DataError, match="never closed"):
        read(path)
    assert read(path, options={"quote": ""}).table.num_rows == 11


def test_a_cell_longer_than_a_block_is_read(tmp_path: Path) -> None:
    long = "x" * 9_000_000
    assert cells(read(written(tmp_path, f"a,b\n{long},1\ny,2\n")))["a"] == [long, "y"]


@pytest.mark.parametrize(
    "options",
    [{"delimiter": ";;"}, {"delimiter": 3}, {"skip": "1"}, {"names": "ab"}, {"colour": "red"},
     {"encoding": "klingon"}, {"encoding": "zip"}, {"names": ["x"]}, {"missing": [1]}],
)  # fmt: skip
def test_wrong_options_are_refused(options: dict[str, Any], tmp_path: Path) -> None:
    with pytest.raises(UsageError):
        read(written(tmp_path, "a,b\n1,2\n3,4\n"), options=options)


def test_lines_before_the_table_can_be_skipped(tmp_path: Path) -> None:
    path = written(tmp_path, "# made by us\r\n# today, or so\r\na,b\r\n1,2\r\n3,4\r\n")
    assert cells(read(path, options={"skip": 2})) == {"a": [1, 3], "b": [2, 4]}


def test_a_decimal_comma_in_every_row_is_no_delimiter(tmp_path: Path) -> None:
    rows = "".join(f"n{i};{i},5\n" for i in range(60))
    (tmp_path / "t.csv").write_text(f"name;amount\n{rows}")
    table = read(tmp_path / "t.csv").table
    assert table.column_names == ["name", "amount"]
    assert table.column("amount").to_pylist()[:2] == [0.5, 1.5]
