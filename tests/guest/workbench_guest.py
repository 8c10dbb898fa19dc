"""Actions of a guest package, found through entry points: well-behaved, slow, and fatal ones."""

import ctypes
import os
import signal
import time

from workbench.core.errors import DataError


def slow(context, progress, *, seconds=20.0):
    start = time.monotonic()
    while (gone := time.monotonic() - start) < seconds:
        progress(gone / seconds, f"{gone:.1f} s", {"gone": gone})
        time.sleep(0.01)
    return {"slept": seconds}


def stubborn(context, progress):
    progress(0.1, "not listening")
    (context.root / "stubborn.pid").write_text(str(os.getpid()))
    time.sleep(120)
    return {}


def segfault(context, progress):
    print("about to crash", flush=True)
    ctypes.string_at(0)


def killed(context, progress):
    os.kill(os.getpid(), signal.SIGKILL)


def fails(context, progress):
    raise DataError("The table is empty.", "Give one with rows.")


def breaks(context, progress):
    raise ZeroDivisionError("division by zero")
