"""Databases are read and never written, and no password is ever said."""

from __future__ import annotations

import datetime as dt
import sqlite3
import traceback
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import duckdb
import psycopg
import pytest

from tests.data import postgres
from tests.data.test_bad_input import refused
from workbench.core.errors import DataError, NotFound, UsageError, WorkbenchError
from workbench.data.address import masked, secrets
from workbench.data.preview import preview as look
from workbench.data.read import read
from workbench.data.readers.sql import preview, tables

EVIL = 'x"; DROP TABLE shop; --'


@pytest.fixture
def sqlite(tmp_path: Path) -> str:
    with sqlite3.connect(tmp_path / "shop.db") as connection:
        connection.execute("CREATE TABLE shop (id INTEGER, name TEXT, price REAL, odd)")
        rows = [
            (i, f"n{i % 7}" if i % 5 else None, i / 4, i if i < 900 else "x") for i in range(1000)
        ]
        connection.executemany("INSERT INTO shop VALUES (?, ?, ?, ?)", rows)
        quoted = EVIL.replace('"', '""')
        connection.execute(f'CREATE TABLE "{quoted}" (a)')
        connection.executemany(f'INSERT INTO "{quoted}" VALUES (?)', [(1,), (2,)])
    return f"sqlite:///{tmp_path}/shop.db"


@pytest.fixture
def duck(tmp_path: Path) -> str:
    with duckdb.connect(tmp_path / "shop.duckdb") as connection:
        connection.execute(
            "CREATE TABLE shop AS SELECT i AS id, 'n' || i AS name FROM range(9) t(i)"
        )
        connection.execute("CREATE SCHEMA other; CREATE TABLE other.more AS SELECT 1 AS a")
    return f"duckdb:///{tmp_path}/shop.duckdb"


def test_a_table_of_sqlite_is_read(sqlite: str, tmp_path: Path) -> None:
    imported = read(sqlite, options={"table": "shop"}, into=tmp_path / "t.parquet")
    table = imported.table.read()  # type: ignore[union-attr]
    assert [str(t) for t in table.schema.types] == ["int64", "string", "double", "string"]
    assert table.slice(5, 1).to_pylist() == [{"id": 5, "name": None, "price": 1.25, "odd": "5"}]
    assert imported.source == sqlite
    assert imported.title == "shop"


def test_a_query_is_read_as_it_stands(sqlite: str) -> None:
    query = "SELECT id, name FROM shop WHERE name LIKE '%1' AND id > 3 -- :not %s a parameter\n;"
    assert set(read(sqlite, options={"query": query}).table.column("name").to_pylist()) == {"n1"}


def test_names_are_quoted_and_only_known_ones_taken(sqlite: str) -> None:
    assert read(sqlite, options={"table": EVIL}).table.to_pydict() == {"a": [1, 2]}
    for wrong in ('shop"; DROP TABLE shop; --', "shop; DELETE FROM shop", "nope"):
        with pytest.raises(NotFound) as error:
            read(sqlite, options={"table": wrong})
        assert refused(error)
    assert read(sqlite, options={"table": "shop"}).table.num_rows == 1000


@pytest.mark.parametrize(
    "query", ["DELETE FROM shop", "DROP TABLE shop", "INSERT INTO shop VALUES (1)", "SELEC 1",
              "SELECT nope FROM shop", "SELECT * FROM nowhere", "CREATE TABLE y (a)",
              "UPDATE shop SET id = 0"],
)  # fmt: skip
def test_what_is_no_select_is_refused_and_changes_nothing(
    query: str, sqlite: str, duck: str
) -> None:
    for url in (sqlite, duck):
        with pytest.raises(DataError) as error:
            read(url, options={"query": query})
        assert refused(error)
    assert read(sqlite, options={"table": "shop"}).table.num_rows == 1000
    assert tables(duck) == ["other.more", "shop"]


def test_sqlite_reaches_nothing_but_its_file(sqlite: str, tmp_path: Path) -> None:
    place = f"{tmp_path}/new.db"
    for query in (f"ATTACH '{place}' AS o", f"VACUUM INTO '{place}'",
                  "SELECT load_extension('x')", f"SELECT writefile('{place}', 'x')"):  # fmt: skip
        with pytest.raises(DataError) as error:
            read(sqlite, options={"query": query})
        assert refused(error)
    assert not (tmp_path / "new.db").exists()


def test_duckdb_reaches_nothing_but_its_file(duck: str, tmp_path: Path) -> None:
    assert read(duck, options={"table": "shop"}).table.num_rows == 9
    (tmp_path / "secret.csv").write_text("a,b\n1,2\n3,4\n")
    for query in (f"SELECT * FROM '{tmp_path}/secret.csv'", "SELECT * FROM glob('/etc/*')",
                  f"COPY shop TO '{tmp_path}/out.csv'", "INSTALL httpfs"):  # fmt: skip
        with pytest.raises(DataError) as error:
            read(duck, options={"query": query})
        assert refused(error)
    assert not (tmp_path / "out.csv").exists()


def test_tables_and_a_preview(sqlite: str, duck: str) -> None:
    assert tables(sqlite) == sorted(["shop", EVIL])
    shown = preview(sqlite, "SELECT id, price FROM shop", 2)
    assert shown.to_pydict() == {"id": ["0", "1"], "price": ["0.0", "0.25"]}
    assert preview(duck, "SELECT * FROM shop", 1).to_pylist() == [{"id": "0", "name": "n0"}]
    assert look(sqlite, {"table": "shop"}, rows=3).rows[1] == ("1", "n1", "0.25", "1")


def test_a_database_of_several_tables_wants_one_named(sqlite: str) -> None:
    with pytest.raises(UsageError, match="several tables") as error:
        read(sqlite)
    assert "shop" in error.value.hint


@pytest.mark.parametrize(
    "url",
    ["sqlite:///nowhere.db", "duckdb:///nowhere.duckdb", "sqlite://", "postgresql://[::1",
     "oracle://scott:tiger@localhost/x", "postgresql://u:tiger@127.0.0.1:1/x",
     "postgresql+nodriver://u:tiger@h/x", "mysql://u:tiger@127.0.0.1:1/x", "mongodb://u:tiger@h/x",
     "https://u:tiger@h/x.csv"],
)  # fmt: skip
def test_what_cannot_be_reached_is_one_sentence_without_the_password(url: str) -> None:
    with pytest.raises(WorkbenchError) as error:
        read(url, options={"table": "t"})
    assert refused(error)
    assert "tiger" not in "".join(traceback.format_exception(error.value))


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("postgresql://u:p@h/d", "postgresql://u:***@h/d"),
        ("postgresql://u:a@b:c/d@h/d", "postgresql://u:***@h/d"),
        ("postgresql://u@h/d", "postgresql://u@h/d"),
        ("postgresql://h/d?user=u&password=x&a=b", "postgresql://h/d?user=u&password=***&a=b"),
        ("sqlite:///shop.db", "sqlite:///shop.db"),
        ("shop.csv", "shop.csv"),
    ],
)
def test_passwords_are_masked(url: str, shown: str) -> None:
    assert masked(url) == shown
    assert secrets("postgresql://u:a%40b@h/d") == ("a%40b", "a@b")


# ---- a real server ----


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    if postgres.binaries() is None:
        pytest.skip("PostgreSQL is not installed: apt-get install postgresql")
    with postgres.server(tmp_path_factory.mktemp("postgres")) as port:
        place = f"127.0.0.1:{port}/postgres"
        with psycopg.connect(
            host="127.0.0.1", port=port, user=postgres.USER, password=postgres.PASSWORD,
            dbname="postgres", autocommit=True,
        ) as connection:  # fmt: skip
            connection.execute(
                "CREATE TABLE shop AS SELECT i AS id, (i / 4.0)::numeric(9, 2) AS price, "
                "CASE WHEN i % 3 = 0 THEN NULL ELSE 'n' || i END AS name, i % 2 = 0 AS even, "
                "TIMESTAMP '2020-01-01' + i * INTERVAL '1 hour' AS at, ARRAY[i, i] AS pair, "
                "DATE '2020-01-01' + i AS day FROM generate_series(0, 24999) AS t(i)"
            )
            connection.execute("CREATE SEQUENCE counter")
            connection.execute("CREATE SCHEMA other")
            connection.execute('CREATE TABLE other."Odd ""name" AS SELECT 1 AS a UNION SELECT 2')
        yield f"postgresql+psycopg://{postgres.USER}:{quote(postgres.PASSWORD, safe='')}@{place}"


def test_a_table_of_postgresql_is_read(served: str, tmp_path: Path) -> None:
    imported = read(served, options={"table": "shop"}, into=tmp_path / "t.parquet")
    table = imported.table.read()  # type: ignore[union-attr]
    assert table.num_rows == 25_000
    assert table.slice(5, 1).to_pylist() == [
        {"id": 5, "price": 1.25, "name": "n5", "even": False, "at": dt.datetime(2020, 1, 1, 5),
         "pair": "[5, 5]", "day": dt.datetime(2020, 1, 6)}
    ]  # fmt: skip
    assert "kept as JSON text" in imported.notes[0].sentence
    assert postgres.PASSWORD not in imported.source
    assert "%27" not in imported.source


def test_the_short_name_of_the_driver_and_other_schemas(served: str) -> None:
    url = served.replace("+psycopg", "")
    assert tables(url) == ['other.Odd "name', "shop"]
    assert read(url, options={"table": 'other.Odd "name'}).table.to_pydict() == {"a": [1, 2]}
    assert preview(url, "SELECT id FROM shop WHERE name LIKE 'n1%'", 1).to_pydict() == {"id": ["1"]}
    assert look(url, {"table": "shop"}).looked == 10_000


@pytest.mark.parametrize(
    "query", ["DELETE FROM shop", "SELECT nope FROM shop", "SELECT * FROM nowhere",
              "SELECT 1; DROP TABLE shop", "COPY shop TO PROGRAM 'cat'", "SELECT 1/0"],
)  # fmt: skip
def test_postgresql_is_not_written(query: str, served: str) -> None:
    with pytest.raises(DataError) as error:
        read(served, options={"query": query})
    assert refused(error)
    assert read(served, options={"query": "SELECT count(*) AS n, 1 AS one FROM shop "
                                          "UNION SELECT 0, 1"}).table.num_rows == 2  # fmt: skip


def test_a_function_that_writes_is_refused(served: str) -> None:
    with pytest.raises(DataError, match="read-only"):
        read(served, options={"query": "SELECT nextval('counter'), 2"})


@pytest.mark.parametrize(
    "query",
    [
        "SELECT 1; COMMIT; DROP TABLE shop",
        "SELECT 1 AS a; SET default_transaction_read_only = off",
        r"SELECT E'\'' ; COMMIT; DROP TABLE shop; --'",
    ],
)
def test_several_statements_are_refused(query: str, served: str, sqlite: str) -> None:
    for url in (served, sqlite):
        with pytest.raises(DataError, match="several statements"):
            read(url, options={"query": query})
        with pytest.raises(DataError, match="several statements"):
            preview(url, query)
    assert "shop" in tables(served)


def test_a_wrong_password_is_one_sentence_and_not_echoed(served: str) -> None:
    wrong = "hunter2-wrong@x"
    url = served.replace(quote(postgres.PASSWORD, safe=""), quote(wrong, safe=""))
    with pytest.raises(DataError, match="password authentication failed") as error:
        read(url, options={"table": "shop"})
    assert refused(error)
    told = "".join(traceback.format_exception(error.value))
    assert "hunter2" not in told
    assert "***@127.0.0.1" in error.value.sentence


@pytest.mark.parametrize("part", ["host", "database", "user"])
def test_a_wrong_place_is_one_sentence(part: str, served: str) -> None:
    url = {
        "host": served.replace("127.0.0.1", "host.invalid"),
        "database": served.replace("/postgres", "/nope"),
        "user": served.replace("//workbench", "//nobody"),
    }[part]
    with pytest.raises(DataError) as error:
        tables(url)
    assert refused(error)
    assert quote(postgres.PASSWORD, safe="") not in str(error.value)
