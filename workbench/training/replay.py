"""A step of a training on a GPU, recorded once and replayed: its kernels start all at once.

A small network's step is some fifty kernels of a few microseconds each; starting them one by one
from Python takes longer than they run.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext

import torch

Step = Callable[[torch.Tensor, torch.Tensor], None]  # columns, truth

WARM = 3  # steps before the recording: libraries set themselves up in them


class Replay:
    """``step`` as a CUDA graph, for batches of ``rows`` rows; others are stepped plainly.

    The first steps are plain ones on a stream aside, as torch asks for before a recording. A module
    that cannot be recorded (its forward asks for a number's value) is trained without, and
    ``fault`` says why.

    Notes
    -----
    The recipe is that of torch's notes on CUDA graphs ("whole-network capture").
    """

    def __init__(self, step: Step, rows: int) -> None:
        self.step, self.rows = step, rows
        self.seen = 0
        self.graph: torch.cuda.CUDAGraph | None = None
        self.fault = ""

    def __call__(self, x: torch.Tensor, y: torch.Tensor) -> None:
        if self.fault or len(x) != self.rows:
            self.step(x, y)
            return
        if self.seen < WARM:
            self.seen += 1
            self._aside(x, y)
            return
        if self.graph is None:
            self._record(x, y)
        if self.graph is None:
            self.step(x, y)
            return
        self.x.copy_(x)
        self.y.copy_(y)
        self.graph.replay()

    def _aside(self, x: torch.Tensor, y: torch.Tensor) -> None:
        stream, main = torch.cuda.Stream(), torch.cuda.current_stream()
        stream.wait_stream(main)
        with torch.cuda.stream(stream):
            try:
                # a recording that fails half-way leaves torch in a state of its own: ask before
                with _no_waiting() if self.seen == WARM else nullcontext():
                    self.step(x, y)
            except RuntimeError as error:
                if isinstance(error, torch.OutOfMemoryError):
                    raise
                self.fault = str(error).strip().splitlines()[0]
                self.step(x, y)
        main.wait_stream(stream)

    def _record(self, x: torch.Tensor, y: torch.Tensor) -> None:
        """Nothing is computed yet."""
        self.x, self.y = torch.empty_like(x), torch.empty_like(y)
        graph = torch.cuda.CUDAGraph()
        generator = torch.cuda.default_generators[torch.cuda.current_device()]
        before = generator.clone_state()
        try:
            with torch.cuda.graph(graph):
                self.step(self.x, self.y)
        except RuntimeError as error:
            self.fault = str(error).strip().splitlines()[0]
            torch.cuda.synchronize()
            generator.graphsafe_set_state(before)
            return
        self.graph = graph


@contextmanager
def _no_waiting() -> Iterator[None]:
    """Whatever would wait for the device raises."""
    before = torch.cuda.get_sync_debug_mode()
    torch.cuda.set_sync_debug_mode("error")
    try:
        yield
    finally:
        torch.cuda.set_sync_debug_mode(before)
