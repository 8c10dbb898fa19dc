"""Downloading a file whose hash is known; the one door to pooch."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

import pooch
import requests

from workbench.core.errors import DataError
from workbench.core.progress import Progress

TIMEOUT = 30  # seconds without an answer


class Bar:
    """What pooch asks of a progress bar, told to our own progress."""

    def __init__(self, progress: Progress, name: str) -> None:
        self._progress = progress
        self._name = name
        self._done = 0
        self.total = 0

    def update(self, size: int) -> None:
        """More bytes have come."""
        self._done += size
        share = self._done / self.total if self.total else 0.0
        self._progress(min(share, 1.0), f"downloading {self._name}")

    def reset(self) -> None:
        """pooch starts the bar anew before it is closed."""
        self._done = 0

    def close(self) -> None:
        """Nothing is held open."""


def download(url: str, path: Path, sha256: str, progress: Progress) -> None:
    """Fetch ``url`` to ``path``; a file with another hash is never kept.

    Raises
    ------
    DataError
        There is no connection, the server refuses, or the hash is wrong.
    """
    pooch.get_logger().setLevel(logging.WARNING)
    fetch: Any = pooch.HTTPDownloader(progressbar=Bar(progress, path.name), timeout=TIMEOUT)
    host = url.split("/")[2]
    hint = f"Try again, or put the file at {path} yourself."
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        pooch.retrieve(
            url, known_hash=f"sha256:{sha256}", fname=path.name, path=path.parent, downloader=fetch
        )
    except requests.HTTPError as error:
        status = error.response.status_code if error.response is not None else "an error"
        raise DataError(
            f"{path.name} cannot be downloaded: {host} answered {status}.", hint
        ) from error
    except requests.RequestException as error:
        raise DataError(
            f"{path.name} cannot be downloaded: no connection to {host}.", hint
        ) from error
    except ValueError as error:
        raise DataError(
            f"{path.name} from {host} is not the file that the catalogue knows: "
            "its SHA-256 differs.",
            "It was not kept. The source may have changed; report it.",
        ) from error
    except OSError as error:
        raise DataError(
            f"{path} cannot be written: {error.strerror or error}.",
            "Free some space, or choose another folder: WORKBENCH_DATA_CACHE.",
        ) from error
