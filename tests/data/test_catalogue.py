"""The catalogue gives what it declares, or one clear line."""

from __future__ import annotations

import dataclasses
import http.server
import re
import shutil
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from workbench.core.dataset import ROLES, SEMANTICS
from workbench.core.errors import DataError, NotFound
from workbench.core.split import TEST, Split
from workbench.data import catalogue
from workbench.data.catalogue import File, entries, fetch, locate
from workbench.data.schema import infer
from workbench.data.split import assign

BUNDLED = ("breast_cancer", "diabetes", "digits", "iris", "wine")
REMOTE = sorted(name for name, entry in entries().items() if not entry.bundled)


def test_every_entry_is_complete() -> None:
    assert set(BUNDLED) < set(entries())
    for name, entry in entries().items():
        assert entry.title, name
        assert entry.licence, name
        assert entry.citation, name
        assert entry.homepage.startswith("https://"), name
        assert entry.bundled != bool(entry.files), name
        assert set(entry.roles.values()) <= set(ROLES), name
        assert set(entry.semantics.values()) <= set(SEMANTICS), name
        for file in entry.files:
            assert re.fullmatch("[0-9a-f]{64}", file.sha256), name
            assert re.match(r"https://[\w.]+/.+/[0-9a-f]{40}/", file.url), name
            assert not file.path.startswith("/"), name


@pytest.mark.parametrize("name", REMOTE)
def test_every_file_of_the_catalogue_becomes_a_usable_table(name: str, datasets: Path) -> None:
    fetched = fetch(name, str(datasets))
    table, hints = fetched.imported.table, fetched.hints
    schema = infer(
        table, target=hints["target"], sensitive=hints["sensitive"], roles=hints["roles"]
    )
    parts = assign(hints["split"] or Split(), table, schema)
    assert np.bincount(parts, minlength=3).min() > 0
    assert fetched.imported.source.startswith("https://")
    assert not [note for note in fetched.imported.notes if note.severity != "info"]


@pytest.mark.parametrize("name", BUNDLED)
def test_bundled_sets_need_no_network(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise AssertionError("the network was asked")

    monkeypatch.setattr(socket, "create_connection", refuse)
    fetched = fetch(name, "/nowhere")
    assert fetched.imported.table.num_rows > 100
    assert infer(fetched.imported.table, target=fetched.hints["target"]).target is not None


def test_adult_is_the_published_one(datasets: Path) -> None:
    fetched = fetch("adult", str(datasets))
    table, hints = fetched.imported.table, fetched.hints
    schema = infer(
        table, target=hints["target"], sensitive=hints["sensitive"], roles=hints["roles"]
    )
    assert table.shape == (48842, 16)
    assert table.column("workclass").null_count == 2799
    assert table.column("occupation").null_count == 2809
    assert table.column("native-country").null_count == 857
    assert set(table.column("income").to_pylist()) == {"<=50K", ">50K"}
    assert "Private" in table.column("workclass").to_pylist()
    assert [c.name for c in schema.having("sensitive")] == ["age", "race", "sex"]
    assert [c.name for c in schema.having("ignore")] == ["fnlwgt", "education", "part"]
    assert (schema["age"].semantic, schema["income"].role) == ("number", "target")
    assert (assign(hints["split"], table, schema) == TEST).sum() == 16281


def test_an_unknown_name_offers_near_ones() -> None:
    with pytest.raises(NotFound, match="adlt") as error:
        fetch("adlt")
    assert "adult" in error.value.hint


def test_a_changed_local_file_is_refused(datasets: Path, tmp_path: Path) -> None:
    shutil.copytree(datasets / "penguins", tmp_path / "penguins")
    with (tmp_path / "penguins" / "penguins.csv").open("a") as file:
        file.write("x\n")
    with pytest.raises(DataError, match="SHA-256 differs") as error:
        fetch("penguins", str(tmp_path))
    assert "\n" not in str(error.value)


class Served(http.server.BaseHTTPRequestHandler):
    """A server that has one file, and not always the right one."""

    content: bytes = b""

    def do_GET(self) -> None:
        found = self.path != "/gone"
        self.send_response(200 if found else 404)
        body = self.content if found else b""
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Keep still."""


@pytest.fixture
def server(datasets: Path) -> Iterator[str]:
    Served.content = (datasets / "penguins" / "penguins.csv").read_bytes()
    served = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Served)
    threading.Thread(target=served.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{served.server_port}"
    served.shutdown()
    served.server_close()


def penguins(url: str) -> File:
    return dataclasses.replace(entries()["penguins"].files[0], url=url)


def test_a_file_is_downloaded_once_with_progress(server: str, tmp_path: Path) -> None:
    said: list[tuple[float, str]] = []
    file = penguins(f"{server}/penguins.csv")
    path = locate(file, str(tmp_path), lambda fraction, text, *_: said.append((fraction, text)))
    assert path == tmp_path / "penguins" / "penguins.csv"
    assert said[-1] == (1.0, "downloading penguins.csv")
    said.clear()
    assert locate(penguins("http://127.0.0.1:1/x"), str(tmp_path)) == path
    assert not said


def test_a_download_with_a_wrong_hash_is_not_kept(server: str, tmp_path: Path) -> None:
    Served.content += b"x"
    with pytest.raises(DataError, match=r"penguins\.csv from 127\.0\.0\.1.*SHA-256 differs"):
        locate(penguins(f"{server}/penguins.csv"), str(tmp_path))
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]


@pytest.mark.parametrize(
    ("path", "sentence"), [("/gone", "answered 404"), ("", "no connection to 127.0.0.1")]
)
def test_a_server_that_cannot_be_asked_is_one_clear_line(
    path: str, sentence: str, server: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    url = f"{server}{path}" if path else "http://127.0.0.1:1/penguins.csv"
    with pytest.raises(DataError, match=sentence) as error:
        locate(penguins(url), str(tmp_path))
    assert "\n" not in str(error.value)
    assert str(tmp_path) in error.value.hint
    assert "".join(capfd.readouterr()) == ""


def test_a_cache_that_may_not_be_written_gives_way_to_the_users_own(
    server: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "own"))
    monkeypatch.setattr("os.access", lambda *_: False)  # root may write anywhere
    path = locate(penguins(f"{server}/penguins.csv"), str(tmp_path))
    assert path.is_relative_to(catalogue.user_cache())
