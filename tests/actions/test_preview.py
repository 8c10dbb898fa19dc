"""A preview from Python: what would be read, shown without harm, and imported as it was seen."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pandas as pd
import pytest

import workbench as wb
from workbench.core.errors import DataError, UsageError
from workbench.workspace import Workspace

MARKUP = "<img src=x onerror=alert(1)>"


@pytest.fixture(scope="module")
def ws(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    return Workspace(tmp_path_factory.mktemp("preview") / "ws")


@pytest.fixture
def odd(tmp_path: Path) -> Path:
    path = tmp_path / "odd.csv"
    path.write_bytes(f"{MARKUP};n\nKöln;1,5\n{MARKUP};2,5\n\x1b[31mred;3,5\n".encode())
    return path


def test_it_says_what_was_found_and_shows_cells_literally(ws: Workspace, odd: Path) -> None:
    seen = ws.preview(odd)
    assert isinstance(seen, wb.Preview)
    assert seen.found["delimiter"] == ";"
    assert [c.type for c in seen.columns] == ["string", "double"]
    assert seen.rows[1] == (MARKUP, "2,5")
    html = seen._repr_html_()
    assert "<img" not in html
    assert "&lt;img src=x onerror=alert(1)&gt;" in html
    assert "semicolon" in html
    text = repr(seen)
    assert "\x1b" not in text
    assert "delimiter: semicolon" in text
    assert "decimal comma" in text
    assert len(ws.datasets) == 0


def test_what_was_seen_is_what_is_imported(ws: Workspace, odd: Path) -> None:
    seen = ws.preview(odd, decimal=".", names=["who", "n"], header=True)
    data = seen.import_data(name="odd", target="n")
    assert data.frame()["n"].tolist() == ["1,5", "2,5", "3,5"]
    assert data.schema.target is not None and data.schema.target.name == "n"


def test_a_frame_is_previewed_too(ws: Workspace) -> None:
    seen = ws.preview(pd.DataFrame({"a": [1, 2], "b": ["x", None]}), rows=1)
    assert seen.rows == (("1", "x"),)
    assert [(c.name, c.missing) for c in seen.columns] == [("a", 0), ("b", 1)]


def test_the_catalogue_says_what_columns_are_for(ws: Workspace) -> None:
    seen = ws.preview("breast_cancer", rows=2)
    roles = {c.name: c.role for c in seen.columns}
    assert "target" in roles.values()
    with pytest.raises(UsageError, match="catalogue knows how"):
        ws.preview("breast_cancer", delimiter=";")


def test_sheets_and_tables_are_offered(ws: Workspace, tmp_path: Path) -> None:
    with pd.ExcelWriter(tmp_path / "book.xlsx") as book:
        pd.DataFrame().to_excel(book, sheet_name="cover", index=False)
        pd.DataFrame({"a": [1, 2], "b": ["x", "y"]}).to_excel(book, sheet_name="2026", index=False)
        pd.DataFrame({"c": [5, 6]}).to_excel(book, sheet_name="old", index=False)
    seen = ws.preview(tmp_path / "book.xlsx")
    assert seen.found == {"reader": "excel", "sheet": "2026", "header": True, "skip": 0}
    assert seen.offers == {"sheet": ("cover", "2026", "old")}
    assert ws.preview(tmp_path / "book.xlsx", sheet="old").columns[0].name == "c"

    with sqlite3.connect(tmp_path / "shop.db") as base:
        base.execute("CREATE TABLE orders (id INTEGER, price REAL)")
        base.executemany("INSERT INTO orders VALUES (?, ?)", [(1, 0.5), (2, 1.5)])
    url = f"sqlite:///{tmp_path}/shop.db"
    assert ws.tables(url) == ["orders"]
    seen = ws.preview(url)
    assert seen.found == {"reader": "sql", "table": "orders"}
    query = ws.preview(url, query="SELECT price FROM orders WHERE id > 1")
    assert query.rows == (("1.5",),)
    with pytest.raises(UsageError, match="no address of a database"):
        ws.tables("orders")


def test_what_cannot_be_read_cannot_be_previewed(ws: Workspace, tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_bytes(bytes(range(256)) * 9)
    with pytest.raises(DataError, match="is binary"):
        ws.preview(tmp_path / "t.csv")
