"""The door of the app inside Jupyter: the proxy's secret, and pages of the name that was called."""

from __future__ import annotations

import pytest

from workbench.core.doors import ProxyDoor, new_token
from workbench.core.errors import Refused

SECRET = new_token()
HUB = "hub.example.org"


def test_the_proxy_comes_in_under_whatever_name_it_was_called() -> None:
    door = ProxyDoor(SECRET)
    for host in ("127.0.0.1:8888", HUB, "localhost"):
        door.check(SECRET, None, [host, None])
        door.check(SECRET, f"https://{host}", [host, None])
    door.check(SECRET, f"https://{HUB}", ["127.0.0.1:8888", HUB.upper()])


@pytest.mark.parametrize(
    "given",
    [None, "", "wrong", SECRET[:-1], SECRET + "x", "é"],
    ids=["none", "empty", "wrong", "short", "long", "no ascii"],  # the secret is another each time
)
def test_nobody_else_comes_in(given: str | None) -> None:
    with pytest.raises(Refused) as refused:
        ProxyDoor(SECRET).check(given, None, [HUB])
    assert refused.value.http_status == 401


@pytest.mark.parametrize("given", [None, "", "anything"])
def test_a_door_without_a_secret_is_shut(given: str | None) -> None:
    with pytest.raises(Refused):
        ProxyDoor("").check(given, None, [HUB])


@pytest.mark.parametrize(
    "origin", ["https://evil.example", "null", "", f"https://{HUB}.evil.example", f"ftp://{HUB}"]
)
def test_a_page_of_another_name_is_refused_even_with_the_secret(origin: str) -> None:
    with pytest.raises(Refused) as refused:
        ProxyDoor(SECRET).check(SECRET, origin, [HUB, None])
    assert refused.value.http_status == 403
