"""Bad bodies: each gets a sentence of its own that names what is wrong, and never a 5xx."""

from __future__ import annotations

import json
import time
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.serving.endpoints import Live, answer_of
from workbench.serving.runtime.application import BODY_BYTES
from workbench.serving.runtime.service import MOST_ROWS

JSON = {"Content-Type": "application/json"}
# where the body is made of one row of the sample; ROW stands for its text
CASES: dict[str, tuple[str, int, dict[str, Any]]] = {
    "empty": ("", 400, {}),
    "no JSON": ("rows=1", 400, {}),
    "cut off": ('{"rows": [{"age": 1', 400, {}),
    "two documents": ('{"rows": [ROW]} {}', 400, {}),
    "a list": ("[ROW]", 422, {}),
    "neither": ("{}", 422, {}),
    "both": ('{"rows": [ROW], "columns": {}}', 422, {}),
    "no row": ('{"rows": []}', 422, {}),
    "null": ('{"rows": null}', 422, {}),
    "unknown member": ('{"rows": [ROW], "model": "other"}', 422, {}),
    "rows no list": ('{"rows": {"age": 1}}', 422, {}),
    "row no object": ('{"rows": [ROW, 5]}', 422, {"row": 1}),
    "column missing": ('{"rows": [ROW, {"age": 1}]}', 422, {"column": "workclass", "row": 1}),
    "text for a number": ('{"rows": [ROW, ROW+"age": "old"]}', 422, {"column": "age", "row": 1}),
    "NaN": ('{"rows": [ROW+"age": NaN]}', 422, {"column": "age", "row": 0}),
    "Infinity": ('{"rows": [ROW+"age": -Infinity]}', 422, {"column": "age", "row": 0}),
    "1e999": ('{"rows": [ROW+"age": 1e999]}', 422, {"column": "age", "row": 0}),
    "too large for float32": ('{"rows": [ROW+"age": 1e300]}', 422, {"column": "age", "row": 0}),
    "a list in a cell": ('{"rows": [ROW+"sex": ["Male"]]}', 422, {"column": "sex", "row": 0}),
    "an object in a cell": ('{"rows": [ROW+"age": {"$gt": 1}]}', 422, {"column": "age", "row": 0}),
    "huge integer": (
        f'{{"rows": [ROW+"age": 1{"0" * 5000}]}}', 422, {"column": "age", "row": 0},
    ),
    "repeated key": ('{"rows": [ROW+"sex": "Female", "sex": "Male"]}', 400, {}),
    "repeated rows": ('{"rows": [ROW], "rows": [ROW]}', 400, {}),
    "lone surrogate": ('{"rows": [ROW+"sex": "\\ud800"]}', 400, {}),
    "columns of two lengths": ('{"columns": {"age": [1], "workclass": [1, 2]}}', 422, {}),
    "column no list": ('{"columns": {"age": 1}}', 422, {}),
    "too many rows": (f'{{"rows": [{"{}," * MOST_ROWS}{{}}]}}', 413, {}),
    "deep": ('{"rows": ' + "[" * 100_000, 400, {}),
    "deep in a cell": ('{"rows": [{"age": ' + '{"a":' * 50_000, 400, {}),
}  # fmt: skip


def _body(text: str, row: dict[str, Any]) -> str:
    """``ROW`` becomes the row; ``ROW+"x": 1`` the row with x instead of its own."""
    while "ROW+" in text:
        before, _, after = text.partition("ROW+")
        name = json.loads(after[: after.index(":")])
        kept = json.dumps({n: v for n, v in row.items() if n != name})
        end = after.rindex("]}")
        text = f"{before}{kept[:-1]}, {after[:end]}}}{after[end:]}"
    return text.replace("ROW", json.dumps(row))


@pytest.mark.parametrize("case", CASES)
def test_a_bad_body_is_refused_in_words(live: Live, case: str) -> None:
    text, status, where = CASES[case]
    with live.client(headers=JSON) as client:
        start = time.perf_counter()
        said = client.post("/predict", content=_body(text, live.rows[0]))
        seconds = time.perf_counter() - start
    found = said.json()
    assert (said.status_code, said.headers["content-type"]) == (status, "application/problem+json")
    assert found["status"] == status
    assert found["detail"].endswith(".")
    assert {k: found.get(k) for k in where} == where
    assert all(str(v) in found["detail"] for v in where.values())
    assert len(said.content) < 1000
    assert seconds < 2


def test_bytes_that_are_no_text_are_refused(live: Live) -> None:
    with live.client(headers=JSON) as client:
        said = client.post("/predict", content=b'{"rows": [{"age": "\xff"}]}')
    assert (said.status_code, "UTF-8" in said.json()["detail"]) == (400, True)


@pytest.mark.parametrize(
    "kind", ["", "text/plain", "application/x-www-form-urlencoded", "text/json"]
)
def test_only_json_is_read(live: Live, kind: str) -> None:
    with live.client(headers={"Content-Type": kind}) as client:
        said = client.post("/predict", content=json.dumps({"rows": live.rows}))
    assert said.status_code == 415


def test_compressed_bodies_are_not_read(live: Live) -> None:
    with live.client(headers={**JSON, "Content-Encoding": "gzip"}) as client:
        assert client.post("/predict", content=b"\x1f\x8b").status_code == 415


@pytest.mark.parametrize(
    ("method", "path", "allow"),
    [
        ("GET", "/predict", "POST"),
        ("HEAD", "/predict", "POST"),
        ("PUT", "/predict", "POST"),
        ("OPTIONS", "/predict", "POST"),
        ("POST", "/metrics", "GET, HEAD"),
        ("DELETE", "/health", "GET, HEAD"),
    ],
)
def test_a_wrong_method_is_told_the_right_one(
    live: Live, method: str, path: str, allow: str
) -> None:
    with live.client() as client:
        said = client.request(method, path)
    assert (said.status_code, said.headers["allow"]) == (405, allow)


@pytest.mark.parametrize("path", ["/health", "/metrics", "/openapi.json", "/docs"])
def test_head_is_get_without_the_body(live: Live, path: str) -> None:
    with live.client() as client:
        said = client.head(path)
    assert (said.status_code, said.content) == (200, b"")
    assert int(said.headers["content-length"]) > 0


@pytest.mark.parametrize("path", ["/predict/", "//predict", "/../etc/passwd", "/%2e%2e/x", "/%00"])
def test_other_addresses_hold_nothing(live: Live, path: str) -> None:
    with live.client() as client:
        said = client.get(f"{live.url}{path}")
    assert said.status_code == 404
    assert said.json()["detail"] == "There is nothing at this address."


def test_a_body_that_is_too_large_is_refused_before_it_is_kept(live: Live) -> None:
    with live.client(headers=JSON) as client:
        said = client.post("/predict", content=b" " * (BODY_BYTES + 1))
    assert (said.status_code, said.json()["title"]) == (413, "Too much at once")


def test_a_chunked_body_is_measured_too(live: Live) -> None:
    def pieces() -> Any:
        for _ in range(20):
            yield b" " * (1 << 20)

    with live.client(headers=JSON) as client:
        assert client.post("/predict", content=pieces()).status_code == 413
        assert client.post("/predict", json={"rows": live.rows}).status_code == 200


def test_a_chunked_body_is_read(live: Live) -> None:
    body = json.dumps({"rows": live.rows}).encode()
    with live.client(headers=JSON) as client:
        said = client.post("/predict", content=(body[i : i + 7] for i in range(0, len(body), 7)))
    assert len(said.json()["predictions"]) == len(live.rows)


def test_a_client_that_asks_first_is_told_to_go_on(live: Live) -> None:
    body = json.dumps({"rows": live.rows}).encode()
    with live.connect() as sock:
        sock.sendall(live.head(len(body), Expect="100-continue"))
        assert answer_of(sock)[0] == 100
        sock.sendall(body)
        assert answer_of(sock)[0] == 200


# generated bodies ---------------------------------------------------------------------------

_cells = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=8),
    st.lists(st.integers(), max_size=2), st.just(10**400), st.just(3.4e38), st.just(-1e-45),
)  # fmt: skip
_documents = st.recursive(
    _cells, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner)
)


@pytest.fixture(scope="module")
def client(live: Live) -> Any:
    with live.client(headers=JSON) as found:
        yield found


FUZZ = settings(
    max_examples=150, deadline=None, derandomize=True, database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)  # fmt: skip


def _fine(said: httpx.Response) -> None:
    assert said.status_code in (200, 400, 413, 422), said.text
    assert "Traceback" not in said.text
    said.json()


@FUZZ
@given(document=_documents | st.fixed_dictionaries({"rows": _documents}))
def test_no_document_breaks_it(client: httpx.Client, document: Any) -> None:
    _fine(client.post("/predict", content=json.dumps(document)))


@FUZZ
@given(data=st.data())
def test_no_cell_breaks_it(live: Live, client: httpx.Client, data: st.DataObject) -> None:
    row = live.rows[0]
    some = data.draw(st.dictionaries(st.sampled_from(sorted(row)), _cells, max_size=4))
    _fine(client.post("/predict", content=json.dumps({"rows": [row, {**row, **some}]})))


@FUZZ
@given(data=st.data())
def test_no_flipped_byte_breaks_it(live: Live, client: httpx.Client, data: st.DataObject) -> None:
    body = bytearray(json.dumps({"rows": live.rows}).encode())
    for _ in range(data.draw(st.integers(1, 4))):
        body[data.draw(st.integers(0, len(body) - 1))] = data.draw(st.integers(0, 255))
    _fine(client.post("/predict", content=bytes(body)))
