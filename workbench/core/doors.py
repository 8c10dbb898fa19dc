"""The door of everything that listens: Host, then Origin, then token.

A page on the web can make a browser talk to this machine (DNS rebinding, cross-site requests),
and other users of this machine can too. So each server of ours asks, in this order: was it called
by a name of its own (421), from a page of its own (403), by somebody who holds the token (401)?
"""

from __future__ import annotations

import hmac
import os
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from workbench.core.errors import Refused

HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Content-Security-Policy": "frame-ancestors 'none'",
    "X-Frame-Options": "DENY",
}
FRAMED = {  # for pages that a page of the same origin may show inside
    **HEADERS,
    "Content-Security-Policy": "frame-ancestors 'self'",
    "X-Frame-Options": "SAMEORIGIN",
}


@dataclass(frozen=True)
class Door:
    """Who may come in.

    Parameters
    ----------
    hosts
        Accepted Host headers, lower case, with port: ``{"127.0.0.1:8080", "localhost:8080"}``.
    token
        The secret; empty means that the door asks for none.
    """

    hosts: frozenset[str]
    token: str = ""

    @classmethod
    def loopback(cls, port: int, token: str = "", more: Iterable[str] = ()) -> Door:
        """A door that answers to this machine's own names on ``port``, and to those in ``more``."""
        names = {f"{name}:{port}" for name in ("127.0.0.1", "localhost", "[::1]")}
        return cls(frozenset(names | {name.lower() for name in more}), token)

    def check(self, host: str | None, origin: str | None, token: str | None) -> None:
        """Let the caller in, or raise.

        Raises
        ------
        Refused
            With ``http_status`` 421 (Host), 403 (Origin) or 401 (token).
        """
        self.check_page(host, origin)
        if not self.knows(token):
            raise Refused(401, "A valid token is needed.")

    def check_page(self, host: str | None, origin: str | None) -> None:
        """The Host and Origin part of :meth:`check`."""
        if (host or "").lower() not in self.hosts:
            raise Refused(421, "This server does not answer to that host name.")
        if origin is not None and not self.owns(origin):
            raise Refused(403, "Requests from other pages are refused.")

    def knows(self, token: str | None) -> bool:
        """Whether ``token`` is ours, compared in constant time."""
        if not self.token:
            return True
        given = (token or "").encode("utf-8", "replace")
        return hmac.compare_digest(given, self.token.encode())

    def owns(self, origin: str) -> bool:
        """Whether a page with this Origin is one of ours."""
        try:
            parts = urlsplit(origin)
        except ValueError:
            return False
        return parts.scheme in ("http", "https") and parts.netloc.lower() in self.hosts


@dataclass(frozen=True)
class ProxyDoor:
    """The door of a server behind a proxy of ours, which has asked for the user's login.

    By which name the proxy was called only it can know. So the secret that it sends with each
    request stands for Host and token; the page must be of the name that the browser called.

    Parameters
    ----------
    secret
        What the proxy sends; the door is shut for everybody if it is empty.
    """

    secret: str

    def check(self, secret: str | None, origin: str | None, names: Iterable[str | None]) -> None:
        """Let the proxy in, or raise.

        Parameters
        ----------
        names
            What the browser called: the Host header, and the one that a proxy before has replaced.

        Raises
        ------
        Refused
            With ``http_status`` 401 (secret) or 403 (Origin).
        """
        if not self.secret or not Door(frozenset(), self.secret).knows(secret):
            raise Refused(401, "This server answers to Jupyter's proxy only.")
        called = frozenset(name.lower() for name in names if name)
        if origin is not None and not Door(called).owns(origin):
            raise Refused(403, "Requests from other pages are refused.")


def new_token() -> str:
    """A fresh secret of 256 bits, safe in a URL or a header."""
    return secrets.token_urlsafe(32)


def write_token(path: Path, token: str) -> None:
    """Keep ``token`` in a file that only this user may read (mode 0600)."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(token)
