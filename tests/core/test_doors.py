"""The door asks for Host, then Origin, then token."""

import stat
from pathlib import Path

import pytest

from workbench.core.doors import Door, new_token, write_token
from workbench.core.errors import Refused

DOOR = Door.loopback(8080, "secret")


@pytest.mark.parametrize(
    "host", ["127.0.0.1:8080", "localhost:8080", "LOCALHOST:8080", "[::1]:8080"]
)
def test_own_names_come_in(host: str) -> None:
    DOOR.check(host, f"http://{host}", "secret")
    DOOR.check(host, None, "secret")


@pytest.mark.parametrize(
    "host",
    [None, "", "evil.test:8080", "127.0.0.1", "127.0.0.1:80", "localhost.evil.com:8080",
     "127.0.0.1.nip.io:8080", "localhost.:8080", "evil.test"],
)  # fmt: skip
def test_foreign_hosts_are_misdirected(host: str | None) -> None:
    with pytest.raises(Refused) as refused:
        DOOR.check(host, None, "secret")
    assert refused.value.http_status == 421


@pytest.mark.parametrize(
    "origin",
    ["null", "", "http://evil.test:8080", "http://localhost.evil.com:8080", "http://127.0.0.1:8081",
     "file://", "http://[", "javascript:alert(1)", "http://user@evil.test:8080"],
)  # fmt: skip
def test_foreign_origins_are_refused(origin: str) -> None:
    with pytest.raises(Refused) as refused:
        DOOR.check("127.0.0.1:8080", origin, "secret")
    assert refused.value.http_status == 403


@pytest.mark.parametrize("token", [None, "", "Secret", "secret ", "sécret", "\udcff"])
def test_callers_without_the_token_are_refused(token: str | None) -> None:
    with pytest.raises(Refused) as refused:
        DOOR.check("127.0.0.1:8080", None, token)
    assert refused.value.http_status == 401


def test_a_token_file_is_for_its_owner_alone(tmp_path: Path) -> None:
    path = tmp_path / "token"
    path.write_text("old")
    path.chmod(0o644)
    token = new_token()
    write_token(path, token)
    assert path.read_text() == token
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
