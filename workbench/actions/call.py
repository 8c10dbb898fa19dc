"""Call: ask an endpoint of this workspace, as any HTTP client would."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

from workbench.core.endpoint import EndpointRecord
from workbench.core.errors import DataError, JobError
from workbench.core.wire import dumps

TIMEOUT = 30.0  # seconds


def call(endpoint: EndpointRecord, path: str, body: Any = None) -> dict[str, Any]:
    """GET ``path``, or POST ``body`` to it as JSON; returns the answer.

    Raises
    ------
    DataError
        The endpoint refused the request; its own sentence is given.
    JobError
        The endpoint cannot be reached.
    """
    found: dict[str, Any] = json.loads(_asked(endpoint, path, body))
    return found


def counted(endpoint: EndpointRecord) -> dict[str, float]:
    """What the endpoint counts, by the names that Prometheus reads.

    Raises
    ------
    DataError, JobError
        As :func:`call`.
    """
    lines = _asked(endpoint, "/metrics").decode().splitlines()
    pairs = (line.rpartition(" ") for line in lines if not line.startswith("#"))
    return {name: float(value) for name, _, value in pairs}


def _asked(endpoint: EndpointRecord, path: str, body: Any = None) -> bytes:
    request = urllib.request.Request(
        endpoint.url + path,
        data=None if body is None else dumps(body).encode(),
        headers={"Authorization": f"Bearer {token(endpoint)}", "Content-Type": "application/json"},
    )
    opener = urllib.request.build_opener(
        urllib.request.ProxyHandler({})
    )  # never leave this machine
    try:
        with opener.open(request, timeout=TIMEOUT) as answer:
            return bytes(answer.read())
    except urllib.error.HTTPError as error:
        raise DataError(_sentence(error)) from error
    except (urllib.error.URLError, TimeoutError, ConnectionError) as error:
        raise JobError(
            f"{endpoint.name} does not answer at {endpoint.url}.", "Is it running? See its log."
        ) from error


def token(endpoint: EndpointRecord) -> str:
    """The endpoint's secret; empty when its file is gone."""
    path = Path(endpoint.token_file)
    return path.read_text().strip() if path.is_file() else ""


def _sentence(error: urllib.error.HTTPError) -> str:
    try:
        problem = json.load(error)
        return (
            f"The endpoint answered {error.code}: {problem.get('detail') or problem.get('title')}"
        )
    except ValueError:
        return f"The endpoint answered {error.code}."
