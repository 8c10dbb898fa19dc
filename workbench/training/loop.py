"""Training a torch module on a table: what every network of ours, and of a guest, goes through.

The table lies on the device as a whole where it fits, and is shuffled block by block; there is no
loader. All parameters are one vector, so that the optimizer and the clipping take one step instead
of one per layer. The device is asked for a number once an epoch, and a GPU replays a recorded step.
"""

from __future__ import annotations

import io
import math
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import nn

from workbench.core.checkpoint import NOWHERE, Checkpoint
from workbench.core.errors import DataError
from workbench.core.progress import Progress, silent
from workbench.training.replay import Replay

Loss = Callable[[torch.Tensor, torch.Tensor], torch.Tensor]  # outputs, truth -> the rows' mean

EVERY = 0.5  # seconds between two signs of life within an epoch
BLOCK = 1 << 22  # numbers that are shuffled into place at once
JUDGED = 16_384  # validation rows at once
NORM = 1.0  # longest gradient
SMALLEST = 8  # rows on the device at once, before memory is declared too small


@dataclass(frozen=True)
class Plan:
    """How a module is trained; ``patience`` counts epochs without a better validation loss."""

    epochs: int
    patience: int
    batch: int
    learning_rate: float
    weight_decay: float


@dataclass
class Course:
    """How far a training has come: what a checkpoint holds beside weights and random states."""

    train_losses: list[float] = field(default_factory=list)
    valid_losses: list[float] = field(default_factory=list)
    best_loss: float = math.inf
    best_epoch: int = 0  # counted from 1
    rows_at_once: int = 0  # less than a batch once the device had not enough memory

    @property
    def epoch(self) -> int:
        return len(self.train_losses)


class Loop:
    """One fit of ``net``, which afterwards holds the weights of its best epoch.

    Parameters
    ----------
    net
        On its device already; given rows as float32 (n, columns).
    loss
        Mean loss of a batch.
    rows, valid
        Columns (n, columns) and truth (n, ...) on any device; ``valid`` decides when to stop.
    mixed
        Compute in bfloat16 where it is exact enough; it needs no scaling of the loss.

    Raises
    ------
    DataError
        The loss is not a number from the first epoch on, or not even a few rows fit in memory.

    Notes
    -----
    Everything random is drawn from torch's global generators: seed them. On a CPU a fit that was
    continued from a checkpoint ends in the same bits as one that was not interrupted.
    """

    def __init__(
        self,
        net: nn.Module,
        loss: Loss,
        rows: tuple[torch.Tensor, torch.Tensor],
        valid: tuple[torch.Tensor, torch.Tensor] | None,
        plan: Plan,
        *,
        device: str = "cpu",
        mixed: bool = False,
        progress: Progress = silent,
        checkpoint: Checkpoint = NOWHERE,
    ) -> None:
        self.net, self.loss, self.plan = net, loss, plan
        self.device, self.mixed = device, mixed
        self.progress, self.checkpoint = progress, checkpoint
        self.x, self.y = (_settled(part, device) for part in rows)
        self.valid = None if valid is None else tuple(_settled(part, device) for part in valid)
        self.course = Course(rows_at_once=plan.batch)
        self.weights = Vector(net)
        self.optimizer = torch.optim.AdamW(
            [self.weights.values],
            lr=plan.learning_rate,
            weight_decay=plan.weight_decay,
            fused=device in ("cpu", "cuda"),
            capturable=device == "cuda",
        )
        self.best = self.weights.copy()
        # the epoch's loss so far, of all its rows; Apple's GPUs have no double precision
        exact = torch.float32 if device == "mps" else torch.float64
        self.total = torch.zeros((), dtype=exact, device=device)
        self.replay = Replay(self._whole_step, plan.batch) if device == "cuda" else None

    def run(self) -> Course:
        self._continue()
        course, epochs = self.course, self.plan.epochs
        while course.epoch < epochs and not self._over():
            train_loss = self._epoch()
            loss = train_loss if self.valid is None else self._judge()
            course.train_losses.append(train_loss)
            course.valid_losses.append(loss)
            if loss < course.best_loss:
                course.best_loss, course.best_epoch = loss, course.epoch
                self.best = self.weights.copy()
            self.checkpoint.offer(self._state)
            self.progress(course.epoch / epochs, self._said(), self._newest())
        if not course.best_epoch:
            raise DataError(
                "The network's loss is not a finite number from the first epoch on.",
                "Lower learning_rate, or look for extreme values of the target.",
            )
        self.weights.take(self.best)
        return course

    def _over(self) -> bool:
        course = self.course
        if course.epoch and not math.isfinite(course.valid_losses[-1]):
            return True  # it diverged: the best weights are older
        return self.valid is not None and course.epoch - course.best_epoch >= self.plan.patience

    def _epoch(self) -> float:
        """One pass over the rows; its mean loss."""
        self.net.train()
        done, spoken = 0, time.monotonic()
        self.total.zero_()
        for x, y in self._batches():
            self._step(x, y)
            done += len(x)
            if time.monotonic() - spoken > EVERY:
                spoken = time.monotonic()
                share = (self.course.epoch + done / len(self.x)) / self.plan.epochs
                self.progress(share, self._said(1))
        return float(self.total.item()) / len(self.x)

    def _batches(self) -> Iterator[tuple[torch.Tensor, torch.Tensor]]:
        """The rows in a new order; moved a block at a time, which is one copy, not one a batch."""
        batch = self.plan.batch
        order = torch.randperm(len(self.x), device=self.x.device)
        block = max(1, BLOCK // max(self.x.shape[1], 1) // batch) * batch
        for part in order.split(block):
            x, y = self.x[part].to(self.device), self.y[part].to(self.device)
            sizes = _sizes(len(part), batch)
            yield from zip(x.split(sizes), y.split(sizes), strict=True)

    def _step(self, x: torch.Tensor, y: torch.Tensor) -> None:
        """One step of the optimizer, with as many rows at a time as memory holds."""
        while not self._stepped(x, y):
            self._halve(len(x))

    def _stepped(self, x: torch.Tensor, y: torch.Tensor) -> bool:
        """Whether memory was enough for a step."""
        try:
            (self.replay or self._whole_step)(x, y)
        except RuntimeError as error:
            if not _out_of_memory(error):
                raise
            return False
        return True

    def _whole_step(self, x: torch.Tensor, y: torch.Tensor) -> None:
        loss = self._gradient(x, y)
        self.weights.clip(NORM)
        self.optimizer.step()
        self.total.add_(loss, alpha=len(x))

    def _gradient(self, x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
        """The gradient of a batch's mean loss, summed over its parts."""
        part = self.course.rows_at_once
        if len(x) <= max(part, self.plan.batch + 1) and part >= self.plan.batch:
            loss = self._loss(x, y)
            self.weights.slope(loss)
            return loss.detach()
        total = torch.zeros((), device=self.device)
        sizes = _sizes(len(x), part)
        for i, (some, truth) in enumerate(zip(x.split(sizes), y.split(sizes), strict=True)):
            loss = self._loss(some, truth) * (len(some) / len(x))
            self.weights.slope(loss, more=i > 0)
            total += loss.detach()
        return total

    def _halve(self, rows: int) -> None:
        half = min(self.course.rows_at_once, rows) // 2
        if half < SMALLEST:
            raise DataError(
                f"The device has no memory for {2 * half} rows at once.",
                "Make the network smaller, use fewer columns, or train on the CPU (device='cpu').",
            )
        self.course.rows_at_once = half
        self.replay = None  # what was recorded took all rows at once
        if self.device == "cuda":
            torch.cuda.empty_cache()

    def _loss(self, x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
        with self._precision():
            outputs = self.net(x)
        return self.loss(outputs.float(), y)

    def _judge(self) -> float:
        """Loss of the validation rows."""
        assert self.valid is not None
        self.net.eval()
        x, y = self.valid
        total = torch.zeros((), device=self.device)
        with torch.inference_mode():
            for start in range(0, len(x), JUDGED):
                part = x[start : start + JUDGED].to(self.device)
                truth = y[start : start + JUDGED].to(self.device)
                total += self._loss(part, truth) * len(part)
        return float(total.item()) / len(x)

    def _precision(self) -> AbstractContextManager[Any]:
        return torch.autocast(self.device, dtype=torch.bfloat16) if self.mixed else nullcontext()

    def _said(self, ahead: int = 0) -> str:
        parts = self.course.rows_at_once
        less = f", {parts} rows at once for want of memory" if parts < self.plan.batch else ""
        return f"epoch {self.course.epoch + ahead}{less}"

    def _newest(self) -> dict[str, float]:
        course = self.course
        newest = {"train_loss": course.train_losses[-1], "epoch": float(course.epoch)}
        return newest if self.valid is None else {**newest, "valid_loss": course.valid_losses[-1]}

    # checkpoints -----------------------------------------------------------------------------

    def _state(self) -> bytes:
        buffer = io.BytesIO()
        state = {
            "course": vars(self.course),
            "weights": self.weights.copy(),
            "best": self.best,
            "optimizer": self.optimizer.state_dict(),
            "random": torch.get_rng_state(),
            "random_cuda": torch.cuda.get_rng_state() if self.device == "cuda" else None,
        }
        torch.save(state, buffer)
        return buffer.getvalue()

    def _continue(self) -> None:
        kept = self.checkpoint.last()
        if kept is None:
            return
        # only tensors and plain values are read: a checkpoint can run nothing
        state = torch.load(io.BytesIO(kept), map_location="cpu", weights_only=True)
        if len(state["weights"][0]) != len(self.weights.values):
            return  # it is another network's: begin anew
        self.course = Course(**state["course"])
        self.weights.take([part.to(self.device) for part in state["weights"]])
        self.best = [part.to(self.device) for part in state["best"]]
        self.optimizer.load_state_dict(state["optimizer"])
        torch.set_rng_state(state["random"])
        if state["random_cuda"] is not None and self.device == "cuda":
            torch.cuda.set_rng_state(state["random_cuda"])
        self.progress(self.course.epoch / self.plan.epochs, f"going on after {self._said()}")


def _sizes(rows: int, batch: int) -> list[int]:
    """The rows of each batch; one that is left over joins the last: a batch norm needs two."""
    sizes = [batch] * (rows // batch)
    if rows % batch == 1 and sizes:
        sizes[-1] += 1
    elif rows % batch:
        sizes.append(rows % batch)
    return sizes


class Vector:
    """All trained parameters of a module as one vector that they are views of, and its buffers."""

    def __init__(self, net: nn.Module) -> None:
        self.parameters = [p for p in net.parameters() if p.requires_grad]
        if not self.parameters:
            raise DataError("The network has no weights that could be trained.", "Add a layer.")
        flat = torch.cat([p.detach().float().reshape(-1) for p in self.parameters])
        self.values = nn.Parameter(flat)
        self.values.grad = self.gradient = torch.zeros_like(flat)
        self.buffers = list(net.buffers())
        start = 0
        for parameter in self.parameters:
            part = slice(start, start + parameter.numel())
            parameter.data = self.values.data[part].view_as(parameter)
            start = part.stop

    def slope(self, loss: torch.Tensor, *, more: bool = False) -> None:
        """Take the gradient of ``loss``, or add it to the one that is there.

        Joining the parts is one operation; having each added to its place is one a parameter.
        """
        found = torch.autograd.grad(
            loss, self.parameters, allow_unused=True, materialize_grads=True
        )
        parts = [part.reshape(-1) for part in found]
        if more:
            self.gradient += torch.cat(parts)
        else:
            torch.cat(parts, out=self.gradient)

    def clip(self, longest: float) -> None:
        """Shorten the gradient to ``longest`` where it is longer."""
        norm = torch.linalg.vector_norm(self.gradient)
        self.gradient.div_((norm / longest).clamp_(min=1.0))

    def copy(self) -> list[torch.Tensor]:
        return [self.values.detach().clone(), *(b.clone() for b in self.buffers)]

    def take(self, state: list[torch.Tensor]) -> None:
        with torch.no_grad():
            self.values.copy_(state[0])
            for buffer, kept in zip(self.buffers, state[1:], strict=True):
                buffer.copy_(kept)


def _settled(part: torch.Tensor, device: str) -> torch.Tensor:
    """The table on the device; where it does not fit, blocks of it are brought there in turn."""
    try:
        return part.to(device)
    except RuntimeError as error:
        if not _out_of_memory(error):
            raise
        torch.cuda.empty_cache()
        return part


def _out_of_memory(error: RuntimeError) -> bool:
    said = str(error)
    return isinstance(error, torch.OutOfMemoryError) or "DefaultCPUAllocator" in said
