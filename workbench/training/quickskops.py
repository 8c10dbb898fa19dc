"""skops, imported in a third of its time.

It asks scikit-learn for all estimators, which walks through all packages of scikit-learn and so
imports torch, by a package of adapters. An empty module stands in for that one meanwhile.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType

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
    from skops.io.exceptions import UntrustedTypesFoundException

dumps, loads, get_untrusted_types = skops.io.dumps, skops.io.loads, skops.io.get_untrusted_types
__all__ = ["UntrustedTypesFoundException", "dumps", "get_untrusted_types", "loads"]
