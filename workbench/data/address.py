"""Addresses of databases, and how to speak of them without their passwords."""

from __future__ import annotations

import re
from pathlib import PurePath
from typing import Any
from urllib.parse import unquote

SCHEMES = (
    "sqlite", "duckdb", "postgresql", "postgres", "mysql", "mariadb", "oracle", "mssql",
    "snowflake", "bigquery", "redshift", "trino", "clickhouse",
)  # fmt: skip
SECRET = re.compile(r"(?i)([?&;][\w-]*(?:password|passwd|pwd|token|secret|key)=)[^&;#\s]*")
LOGIN = re.compile(r"^([a-z][a-z0-9+.-]*://)(.*)$", re.IGNORECASE | re.DOTALL)
STARS = "***"


def is_database(source: Any) -> bool:
    """Whether a text is the URL of a database: ``sqlite:///shop.db``."""
    if not isinstance(source, str) or "://" not in source:
        return False
    return source.partition("://")[0].partition("+")[0].lower() in SCHEMES


def masked(url: str) -> str:
    """``url`` with stars for its password; other texts as they are."""
    match = LOGIN.match(url)
    if match is None:
        return url
    scheme, rest = match.groups()
    login, at, place = rest.rpartition("@")  # a password may hold an @ that should be %40
    if at and ":" in login:
        rest = f"{login.partition(':')[0]}:{STARS}@{place}"
    return SECRET.sub(rf"\g<1>{STARS}", scheme + rest)


def secrets(url: str) -> tuple[str, ...]:
    """All spellings of the passwords in ``url``, the longest first."""
    match = LOGIN.match(url)
    if match is None:
        return ()
    login, at, _ = match.group(2).rpartition("@")
    raw = {login.partition(":")[2]} if at else set()
    raw |= {hit.group(0).partition("=")[2] for hit in SECRET.finditer(url)}
    spelled = {form for word in raw for form in (word, unquote(word)) if form}
    return tuple(sorted(spelled, key=len, reverse=True))


def title(url: str) -> str:
    """The database's own name."""
    place = masked(url).partition("://")[2].rpartition("@")[2].partition("?")[0]
    return PurePath(place).stem or "database"
