"""Who may come in: the Host, Origin and token of every address, in that order."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from tests.serving.endpoints import Live, answer_of, running

PAGES = ("/predict", "/docs", "/openapi.json", "/metrics", "/nothing", "/")


def _ask(live: Live, path: str, **headers: str) -> tuple[int, dict[str, str]]:
    with live.client() as client:
        for name, value in headers.items():
            if value:
                client.headers[name] = value
            else:
                client.headers.pop(name, None)
        method = "POST" if path == "/predict" else "GET"
        said = client.request(method, path, json={"rows": live.rows} if method == "POST" else None)
    return said.status_code, dict(said.headers)


@pytest.mark.parametrize("path", [*PAGES, "/health"])
@pytest.mark.parametrize(
    "host",
    [
        "evil.test", "evil.test:{port}", "127.0.0.1", "127.0.0.1:1", "localhost.evil.test:{port}",
        "127.0.0.1.nip.io:{port}", "localhost.:{port}", "0.0.0.0:{port}",
    ],
)  # fmt: skip
def test_a_foreign_host_is_refused_everywhere(live: Live, path: str, host: str) -> None:
    status, _ = _ask(live, path, Host=host.format(port=live.launched.port))
    assert status == 421


@pytest.mark.parametrize("path", [*PAGES, "/health"])
@pytest.mark.parametrize(
    "origin",
    ["http://evil.test", "null", "http://127.0.0.1:1", "file://", "http://localhost.evil.test"],
)
def test_a_foreign_origin_is_refused_everywhere(live: Live, path: str, origin: str) -> None:
    status, _ = _ask(live, path, Origin=origin)
    assert status == 403


@pytest.mark.parametrize("path", PAGES)
@pytest.mark.parametrize(
    "token", ["", "Bearer", "Bearer wrong", "Basic {token}", "Bearer {token}x"]
)
def test_without_the_token_there_is_nothing_but_health(live: Live, path: str, token: str) -> None:
    status, headers = _ask(live, path, Authorization=token.format(token=live.token))
    assert status == 401
    assert headers["www-authenticate"] == "Bearer"


@pytest.mark.parametrize("name", ["localhost", "LOCALHOST", "127.0.0.1"])
def test_its_own_names_and_pages_are_let_in(live: Live, name: str) -> None:
    own = f"{name}:{live.launched.port}"
    assert _ask(live, "/predict", Host=own, Origin=f"http://{own}")[0] == 200


def test_a_request_without_a_host_or_with_two_is_refused(live: Live) -> None:
    for hosts, status in ((0, 421), (2, 400)):
        line = f"Host: 127.0.0.1:{live.launched.port}\r\n" * hosts
        with live.connect() as sock:
            sock.sendall(f"GET /health HTTP/1.1\r\n{line}\r\n".encode())
            assert answer_of(sock)[0] == status


@pytest.mark.parametrize("path", [*PAGES, "/health"])
@pytest.mark.parametrize("token", ["Bearer {token}", ""])
def test_every_answer_has_the_headers_that_browsers_heed(live: Live, path: str, token: str) -> None:
    _, headers = _ask(live, path, Authorization=token.format(token=live.token))
    assert headers["x-content-type-options"] == "nosniff"
    assert "frame-ancestors 'none'" in headers["content-security-policy"]
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["cache-control"] == "no-store"
    assert "server" not in headers


def test_a_token_in_the_address_becomes_a_cookie_of_this_endpoint_alone(live: Live) -> None:
    with live.client(headers={"Authorization": ""}) as client:
        assert client.get("/docs", params={"token": "wrong"}).status_code == 401
        said = client.get("/docs", params={"token": live.token})
        assert (said.status_code, said.headers["location"]) == (303, "/docs")
        cookie = said.headers["set-cookie"]
        assert cookie.startswith(f"workbench-{live.launched.port}=")
        assert "HttpOnly" in cookie
        assert "SameSite=Strict" in cookie
        assert client.get("/docs").status_code == 200


def test_secrets_are_for_this_user_alone_and_never_logged(bundle: Path, tmp_path: Path) -> None:
    with running(bundle, tmp_path) as live:
        with live.client() as client:
            client.get("/docs", params={"token": live.token})
            client.get("/nothing", params={"token": live.token})
            client.post("/predict", json={"rows": [{**live.rows[0], "sex": "planted-canary"}]})
            client.post("/predict", json={"rows": [{**live.rows[0], "age": "planted-canary"}]})
        time.sleep(0.3)
        files = (live.launched.token_file, live.launched.log, *live.predictions.glob("*.jsonl"))
        assert {os.stat(f).st_mode & 0o777 for f in files} == {0o600}
    assert live.token not in live.log
    assert "planted-canary" not in live.log
    assert " 404 GET other " in live.log
    assert " 422 POST /predict " in live.log


def test_a_browser_without_the_token_is_asked_for_it(live: Live) -> None:
    with live.client(headers={"Authorization": "", "Accept": "text/html,*/*"}) as client:
        said = client.get("/docs")
        assert (said.status_code, said.headers["content-type"]) == (401, "text/html; charset=utf-8")
        assert client.get("/metrics").headers["content-type"] == "application/problem+json"
        assert client.post("/docs").status_code == 401
        told = client.post("/docs", headers={"Authorization": f"Bearer {live.token}"})
        assert (told.status_code, "set-cookie" in told.headers) == (204, True)
        assert client.get("/docs").status_code == 200
