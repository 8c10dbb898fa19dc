"""Tickets: leave to come in for a moment, signed with the token; a page may keep one safely.

The output of a cell is saved with its notebook and sent to others. An address with a ticket in it
is worth nothing a minute later; an address with the token would be worth as much as the token.
"""

from __future__ import annotations

import hashlib
import hmac
import time

SECONDS = 60


def ticket(token: str, now: float | None = None) -> str:
    """A ticket that is valid for a minute from ``now`` (seconds since 1970)."""
    until = int((time.time() if now is None else now) + SECONDS)
    return f"{until}.{_signed(token, until)}"


def admits(token: str, given: str, now: float | None = None) -> bool:
    """Whether ``given`` was signed with ``token`` and is still valid."""
    until, _, mark = given.partition(".")
    if not until.isascii() or not until.isdigit() or len(until) > 12:
        return False
    known = _signed(token, int(until))
    genuine = hmac.compare_digest(mark.encode("utf-8", "replace"), known.encode())
    return genuine and (time.time() if now is None else now) <= int(until)


def _signed(token: str, until: int) -> str:
    return hmac.new(token.encode(), f"ticket {until}".encode(), hashlib.sha256).hexdigest()
