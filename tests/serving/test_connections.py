"""Clients that are slow, rude or many: they cost the others nothing."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.serving.endpoints import Live, answer_of
from workbench.serving.launch import Launched
from workbench.serving.runtime.connection import HEADER_BYTES

IMPATIENT = """
import sys
from workbench.serving.runtime import application, connection, server
connection.HEADERS_WITHIN, application.BODY_WITHIN, connection.MESSAGE_WITHIN = 0.4, 0.8, 1.6
from workbench.serving.runtime.__main__ import main
sys.exit(main(sys.argv[1:]))
"""


@pytest.fixture(scope="module")
def impatient(bundle: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    """A server whose time limits are short, or each test here would take half a minute."""
    folder = tmp_path_factory.mktemp("impatient")
    (folder / "token").write_text("secret")
    with socket.create_server(("127.0.0.1", 0)) as listener:
        fd, port = listener.fileno(), listener.getsockname()[1]
        command = [sys.executable, "-c", IMPATIENT, str(bundle), "--fd", str(fd)]
        with (folder / "log").open("w") as log:
            process = subprocess.Popen(
                [*command, "--token-file", str(folder / "token")], pass_fds=(fd,), stderr=log
            )
    launched = Launched(process.pid, 0, "127.0.0.1", port, folder / "log", folder / "token")
    live = Live(launched, bundle, folder, "secret")
    with live.client() as client:
        assert client.get("/health").status_code == 200
    yield live
    process.terminate()
    assert process.wait(20) == 0


def _cut_after(live: Live, *parts: bytes, every: float = 0.1) -> tuple[int, float]:
    """Send the first part, then bytes of the second for ever; the answer and when the cut came."""
    start = time.monotonic()
    with live.connect() as sock:
        sock.settimeout(every)
        sock.sendall(parts[0])
        heard = b""
        while time.monotonic() - start < 10:
            try:
                if not (new := sock.recv(65536)):
                    break
                heard += new
            except TimeoutError:
                if len(parts) > 1:
                    sock.sendall(parts[1])
            except ConnectionError:
                break
    return int(heard.split()[1]) if heard else 0, time.monotonic() - start


def test_slow_clients_are_cut_while_others_are_answered(impatient: Live) -> None:
    host = f"Host: 127.0.0.1:{impatient.launched.port}\r\n".encode()
    stranger = b"POST /predict HTTP/1.1\r\n" + host + b"Content-Length: 9999999\r\n\r\n"
    slow = {
        "says nothing": ((b"",), 0, 0.4),
        "endless headers": ((b"GET /health HTTP/1.1\r\n", b"X: y\r\n"), 0, 0.4),
        "endless body": ((impatient.head(99999), b" "), 408, 0.8),
        "endless chunks": (
            (impatient.head(None, Transfer_Encoding="chunked"), b"1\r\n \r\n"), 408, 0.8,
        ),
        "endless body of a stranger": ((stranger, b" "), 401, 1.6),
    }  # fmt: skip
    with ThreadPoolExecutor(20 * len(slow)) as pool:
        waiting = {n: [pool.submit(_cut_after, impatient, *w[0]) for _ in range(20)]
                   for n, w in slow.items()}  # fmt: skip
        with impatient.client() as client:
            for _ in range(20):
                start = time.monotonic()
                assert client.post("/predict", json={"rows": impatient.rows}).status_code == 200
                assert time.monotonic() - start < 1
        for name, (_, status, seconds) in slow.items():
            for found in waiting[name]:
                heard, took = found.result()
                assert heard == status, name
                assert 0.9 * seconds < took < seconds + 3, name


def test_headers_without_end_are_refused(live: Live) -> None:
    with live.connect() as sock:
        sock.sendall(live.head(1, Cookie="x" * (HEADER_BYTES + 100)))
        status, headers, body = answer_of(sock)
    assert status == 431
    assert headers["x-content-type-options"] == "nosniff"
    assert json.loads(body)["status"] == 431


@pytest.mark.parametrize(
    "rubbish",
    [
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",  # the beginning of TLS
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        b"GET /health\r\n\r\n",
        b"GET /health HTTP/1.1\r\nHost\r\n\r\n",
        b"GET \xff HTTP/1.1\r\n\r\n",
        b"CONNECT example.org:443 HTTP/1.1\r\nHost: example.org\r\n\r\n",
        b"POST /predict HTTP/1.1\r\nContent-Length: -5\r\n\r\n",
        b"POST /predict HTTP/1.1\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n",
        b"POST /predict HTTP/1.1\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n",
    ],
)
def test_what_is_no_http_is_refused_and_says_nothing_about_us(live: Live, rubbish: bytes) -> None:
    with live.connect() as sock:
        sock.sendall(rubbish)
        status, headers, body = answer_of(sock)
    assert status in (400, 421)
    assert headers["content-type"] == "application/problem+json"
    assert headers["x-content-type-options"] == "nosniff"
    assert b"Traceback" not in body
    assert "Traceback" not in live.log


def test_requests_in_one_breath_are_answered_in_order(live: Live) -> None:
    body = json.dumps({"rows": live.rows}).encode()
    with live.connect() as sock:
        sock.sendall((live.head(len(body)) + body) * 3 + live.head(2) + b"{}")
        assert [answer_of(sock)[0] for _ in range(4)] == [200, 200, 200, 422]


def test_headers_after_the_body_are_not_kept(live: Live) -> None:
    body = json.dumps({"rows": live.rows}).encode()
    trailer = b"Host: evil.test\r\nAuthorization: x\r\n" * 5000
    with live.connect() as sock:
        sock.sendall(live.head(None, Transfer_Encoding="chunked"))
        sock.sendall(f"{len(body):x}\r\n".encode() + body + b"\r\n0\r\n" + trailer + b"\r\n")
        assert answer_of(sock)[0] == 200


def test_a_client_that_offers_http_2_is_answered(live: Live) -> None:
    body = json.dumps({"rows": live.rows}).encode()
    offer = {"Connection": "Upgrade, HTTP2-Settings", "Upgrade": "h2c", "HTTP2_Settings": "AAMAAAB"}
    for _ in range(2):
        with live.connect() as sock:
            for _ in range(2):
                sock.sendall(live.head(len(body), **offer) + body)
                status, headers, _ = answer_of(sock)
                assert status == 200
                if headers.get("connection") == "close":
                    break


def test_clients_that_go_away_leave_nothing_behind(live: Live) -> None:
    body = json.dumps({"rows": live.rows * 500}).encode()
    before = live.metric("process_open_fds")
    for cut in (10, 200, 2000, len(body)):
        for _ in range(10):
            with live.connect() as sock:
                sock.sendall((live.head(len(body)) + body)[:cut])
    time.sleep(0.5)
    assert live.metric("process_open_fds") <= before + 1
    assert live.metric("workbench_waiting") == 0
    assert "Traceback" not in live.log


def test_when_too_much_waits_the_rest_is_turned_away_at_once(live: Live) -> None:
    body = json.dumps({"rows": live.rows * 700}).encode()
    request = live.head(len(body)) + body

    def ask(_: int) -> tuple[int, dict[str, str]]:
        with live.connect() as sock:
            sock.sendall(request)
            return answer_of(sock)[:2]

    with ThreadPoolExecutor(100) as pool:
        found = list(pool.map(ask, range(100)))
        with live.client() as client:
            assert client.post("/predict", json={"rows": live.rows}).status_code == 200
    assert {status for status, _ in found} == {200, 503}
    assert all(headers["retry-after"] == "1" for status, headers in found if status == 503)
    assert sum(status == 200 for status, _ in found) >= 32


def test_a_small_question_does_not_wait_for_a_large_one(live: Live) -> None:
    large = {"columns": {n: [r[n] for r in live.rows] * 10_000 for n in live.rows[0]}}
    text = json.dumps(large)
    with ThreadPoolExecutor(1) as pool, live.client() as one, live.client() as other:
        asked = pool.submit(
            one.post, "/predict", content=text, headers={"Content-Type": "application/json"}
        )
        slowest, count, began = 0.0, 0, time.monotonic()
        while not asked.done():
            start = time.monotonic()
            assert other.post("/predict", json={"rows": live.rows}).status_code == 200
            slowest, count = max(slowest, time.monotonic() - start), count + 1
        assert len(asked.result().json()["predictions"]) == 30_000
        took = time.monotonic() - began
    assert count > 3
    assert slowest < took / 2  # one that waited for the large question takes as long as that
