"""Boosting in chunks of rounds, so that a fit whose process died goes on to the same model.

A library keeps the state of its random numbers to itself. So each chunk draws rows and columns from
a seed of its own, and where a chunk begins nothing but the trees so far is needed to go on.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import numpy as np

CHUNK = 50  # rounds


def seeds(seed: int, chunk: int, count: int = 3) -> list[int]:
    """Numbers below 2**31 for the ``chunk``-th chunk of a fit with ``seed``."""
    drawn = np.random.SeedSequence([seed % 2**32, chunk]).generate_state(count)
    return [int(number >> 1) for number in drawn]


class Chunks:
    """A callback of LightGBM: from the second chunk on, each begins with seeds of its own.

    Parameters
    ----------
    every
        Rounds between two draws of rows (``subsample_freq``); a chunk is a multiple of it.
    """

    before_iteration = True
    order = 0

    def __init__(self, seed: int, every: int = 0) -> None:
        self.seed, self.every = seed, every
        self.length = CHUNK if every < 2 else every * -(-CHUNK // every)

    def __call__(self, env: Any) -> None:
        chunk, within = divmod(env.iteration, self.length)
        if within or not chunk:
            return
        try:
            self._begin(env.model, *seeds(self.seed, chunk))
        except Exception as error:
            # where no column can be split at all, nothing is drawn, and LightGBM refuses
            if "num_features" not in str(error):
                raise

    def _begin(self, model: Any, rows: int, columns: int, splits: int) -> None:
        if self.every > 0:  # its generators of rows are made anew only when this changes
            model.reset_parameter({"bagging_freq": self.every + 1, "bagging_seed": rows})
        told = {"feature_fraction_seed": columns, "extra_seed": splits}
        if self.every > 0:
            told |= {"bagging_freq": self.every, "bagging_seed": rows}
        model.reset_parameter(told)


def pack(library: str, told: Mapping[str, Any], content: bytes) -> bytes:
    """A checkpoint: what is told of a fit as a line of JSON, then the library's own bytes."""
    return json.dumps({**told, "library": library}).encode() + b"\n" + content


def unpack(kept: bytes | None, library: str) -> tuple[dict[str, Any], bytes] | None:
    """What :func:`pack` made with the same version of the library; else nothing."""
    head, _, content = (kept or b"{}").partition(b"\n")
    told: dict[str, Any] = json.loads(head)
    return (told, content) if told.pop("library", None) == library else None
