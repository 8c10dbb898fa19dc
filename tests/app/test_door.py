"""The app's door: Host, Origin and token, on pages, files and the websocket."""

from __future__ import annotations

import asyncio

import httpx
import pytest
from tornado.httpclient import HTTPClientError, HTTPRequest
from tornado.websocket import websocket_connect

from tests.app.conftest import Served

FOREIGN_HOSTS = [
    "evil.test:{port}",
    "127.0.0.1.nip.io:{port}",
    "localhost.evil.com:{port}",
    "127.0.0.1",
    "127.0.0.1:1",
    "127.0.0.1.:{port}",
    "",
]
FOREIGN_ORIGINS = [
    "http://evil.test:{port}",
    "null",
    "http://localhost.evil.com",
    "http://127.0.0.1:1",
    "https://evil.test",
    "file://",
    "http://[",
]
PATHS = [
    "/",
    "/assets/mark.svg",
    "/static/js/bokeh.min.js",
    "/autoload.js",
    "/reports/drift/x.html",
    "/nowhere",
]


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("host", FOREIGN_HOSTS)
def test_a_foreign_host_is_answered_421_even_with_the_token(
    app: Served, path: str, host: str
) -> None:
    with app.client() as client:
        answer = client.get(path, headers={"Host": host.format(port=app.port)})
    assert answer.status_code == 421 or (host == "" and answer.status_code == 400)


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize("origin", FOREIGN_ORIGINS)
def test_a_foreign_origin_is_answered_403(app: Served, origin: str, method: str) -> None:
    with app.client() as client:
        answer = client.request(method, "/", headers={"Origin": origin.format(port=app.port)})
    assert answer.status_code == 403


@pytest.mark.parametrize("path", PATHS)
def test_nothing_is_shown_without_the_token(app: Served, path: str) -> None:
    answer = httpx.get(app.base + path, trust_env=False)
    assert answer.status_code == 401
    assert "token" in answer.text


def test_a_wrong_token_is_refused_though_the_cookie_is_right(app: Served) -> None:
    with app.client() as client:
        assert client.get("/", params={"token": "wrong"}).status_code == 401


def test_the_token_is_exchanged_for_a_cookie_that_scripts_cannot_read(app: Served) -> None:
    answer = httpx.get(app.address("train", run="ab12"), trust_env=False)
    assert answer.status_code == 303
    assert answer.headers["location"] == "/?page=train&run=ab12"
    cookie = answer.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Strict" in cookie


def test_the_exchange_leads_nowhere_else(app: Served) -> None:
    for path in ("//evil.test/x", "/\\evil.test"):
        answer = httpx.Client(trust_env=False).send(
            httpx.Request("GET", f"{app.base}{path}?token={app.token}")
        )
        target = answer.headers.get("location", "/")
        assert not target.startswith(("//", "/\\", "http"))


@pytest.mark.parametrize("path", ["/", "/assets/mark.svg", "/nowhere"])
def test_every_reply_has_the_safe_headers(app: Served, path: str) -> None:
    with app.client() as client:
        for answer in (client.get(path), httpx.get(app.base + path, trust_env=False)):
            assert answer.headers["x-content-type-options"] == "nosniff"
            assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Origin": "http://evil.test"}, 403),
        ({"Origin": "null"}, 403),
        ({"Host": "evil.test:1", "Origin": "http://evil.test:1"}, 421),
        ({"Cookie": ""}, 401),
        ({"Cookie": "workbench-1=x"}, 401),
    ],
)
def test_the_websocket_has_the_same_door(app: Served, headers: dict[str, str], status: int) -> None:
    assert asyncio.run(_knock(app, headers)) == status


async def _knock(app: Served, headers: dict[str, str]) -> int:
    own = {"Cookie": f"workbench-{app.port}={app.token}", "Origin": app.base, **headers}
    request = HTTPRequest(f"ws://127.0.0.1:{app.port}/ws", headers=own)
    try:
        socket = await websocket_connect(request, subprotocols=["bokeh", "x"])
    except HTTPClientError as error:
        return int(error.code)
    socket.close()
    return 101


def test_drift_pages_stay_inside_their_folder(app: Served) -> None:
    secret = app.root / "cache" / "secret.html"
    secret.parent.mkdir(exist_ok=True)
    secret.write_text("secret")
    (app.root / "cache" / "drift").mkdir(exist_ok=True)
    (app.root / "cache" / "drift" / "mine.html").write_text("<p>mine</p>")
    with app.client() as client:
        found = client.get("/reports/drift/mine.html")
        assert found.text == "<p>mine</p>"
        assert "sandbox" in found.headers["content-security-policy"]
        assert found.headers["x-frame-options"] == "SAMEORIGIN"
        for name in ("../secret.html", "%2e%2e/secret.html", "..%2fsecret.html", "/etc/passwd"):
            assert client.get(f"/reports/drift/{name}").status_code in (400, 404)


def test_the_log_holds_no_query(app: Served) -> None:
    with app.client() as client:
        client.get("/", params={"page": "train", "secret": "s3cr3t-in-query"})
        client.get("/nowhere", params={"token": "wrong-token-in-query"})
        httpx.get(app.address("data"), trust_env=False)
    log = app.log.read_text()
    assert "s3cr3t-in-query" not in log
    assert "wrong-token-in-query" not in log
    assert app.token not in log


def test_the_address_of_an_app_without_a_terminal_is_for_its_user_alone(app: Served) -> None:
    place = app.root / "app" / f"address-{app.port}"
    assert place.stat().st_mode & 0o777 == 0o600
    assert httpx.get(place.read_text(), trust_env=False).status_code == 303
    assert str(place) in app.log.read_text()
