"""skops, imported in a third of its time, and asking boosters once for their trees.

It asks scikit-learn for all estimators, which walks through all packages of scikit-learn and so
imports torch, by a package of adapters. An empty module stands in for that one meanwhile.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType
from typing import Any

ADAPTERS = "sklearn.externals.array_api_compat.torch"


@contextmanager
def _standing_in(name: str) -> Iterator[None]:
    if name in sys.modules:
        yield
        return
    sys.modules[name] = empty = ModuleType(name)
    try:
        yield
    finally:
        if sys.modules.get(name) is empty:
            del sys.modules[name]


with _standing_in(ADAPTERS):
    import skops.io
    from skops.io import _utils
    from skops.io.exceptions import UntrustedTypesFoundException

dumps, loads, get_untrusted_types = skops.io.dumps, skops.io.loads, skops.io.get_untrusted_types


def ask_once(kind: type) -> None:
    """Have skops ask objects of a type for their state once; what it writes stays the same.

    It calls ``__reduce__`` first, which makes the state, too, to see whether a constructor would
    do. For a booster, that is to write all trees as text a second time.
    """
    states = getattr(_utils, "_get_state", None)
    if states is None:  # another version of skops: as it does it
        return

    def state(held: Any, context: Any) -> dict[str, Any]:
        return {
            "__class__": type(held).__name__,
            "__module__": _utils.get_module(type(held)),
            "__loader__": "ObjectNode",
            "content": _utils.get_state(held.__getstate__(), context),
        }

    states.register(kind)(state)


__all__ = ["UntrustedTypesFoundException", "ask_once", "dumps", "get_untrusted_types", "loads"]
