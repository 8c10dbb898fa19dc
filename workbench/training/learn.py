"""A module learns a problem: losses, targets and the plan that all our networks share."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import nn

from workbench.core.errors import UsageError
from workbench.core.progress import Progress
from workbench.training.device import Device, choose
from workbench.training.family import Problem, cores
from workbench.training.loop import Loop, Plan

STEPS = 16  # batches per epoch at least
# the parameters of every family that trains by the loop, with what they are unasked
PLAN: Mapping[str, Any] = {
    "learning_rate": 0.002,
    "weight_decay": 0.0002,
    "batch_size": 512,
    "epochs": 60,
    "patience": 6,
    "device": "auto",
}


@dataclass(frozen=True)
class Learned:
    """How a module learned; a regression's values are ``outputs * scale + shift``."""

    shift: float
    scale: float
    history: Mapping[str, Sequence[float]]
    facts: Mapping[str, Any]


@contextmanager
def drawing(problem: Problem) -> Iterator[Device]:
    """The problem's device, its threads, and random numbers that its seed alone decides.

    Threads and the generator are as they were afterwards.

    Raises
    ------
    UsageError
        A parameter of the plan makes no sense.
    """
    _check(problem.params)
    device = choose(problem.params["device"])
    forked = range(torch.cuda.device_count()) if device.name == "cuda" else ()
    threads = torch.get_num_threads()
    torch.set_num_threads(min(threads, cores(problem)))
    try:
        with torch.random.fork_rng(devices=list(forked)):
            torch.manual_seed(problem.seed)
            yield device
    finally:
        torch.set_num_threads(threads)


def learn(net: nn.Module, problem: Problem, device: Device, progress: Progress) -> Learned:
    """Train ``net``, which takes rows (n, columns) and gives (n, outputs).

    Outputs are log-odds of the classes before softmax, or the standardised value; those of an
    ensemble (members, n, outputs).
    """
    regression = problem.task == "regression"
    shift = float(problem.y.mean()) if regression else 0.0
    scale = float(problem.y.std()) or 1.0 if regression else 1.0

    def tensors(x: np.ndarray, y: np.ndarray) -> tuple[torch.Tensor, torch.Tensor]:
        if regression:
            truth = torch.from_numpy(((y - shift) / scale).astype(np.float32))[:, None]
        else:
            truth = torch.from_numpy(y.astype(np.int64))
        return torch.from_numpy(x), truth

    valid = None
    if problem.x_valid is not None and problem.y_valid is not None:
        valid = tensors(problem.x_valid, problem.y_valid)
    loop = Loop(
        net.to(device.name),
        _squares if regression else _entropy,
        tensors(problem.x, problem.y),
        valid,
        _plan(problem),
        device=device.name,
        mixed=device.name == "cuda",
        progress=progress,
        checkpoint=problem.checkpoint,
    )
    course = loop.run()
    history = {"train_loss": course.train_losses}
    if valid:
        history["valid_loss"] = course.valid_losses
    facts: dict[str, Any] = {
        "device": device.name,
        "device_reason": device.reason,
        "best_iteration": course.best_epoch,
        "precision": "bfloat16" if device.name == "cuda" else "float32",
    }
    if loop.replay is not None:
        facts["steps"] = loop.replay.fault or "replayed as a CUDA graph"
    if course.rows_at_once < loop.plan.batch:
        facts["rows_at_once"] = course.rows_at_once
    return Learned(shift, scale, history, facts)


def _plan(problem: Problem) -> Plan:
    params = problem.params
    # a small table takes smaller steps: one batch an epoch would hardly move the weights
    batch = min(int(params["batch_size"]), max(32, len(problem.x) // STEPS))
    return Plan(
        epochs=int(params["epochs"]),
        patience=int(params["patience"]),
        batch=batch,
        learning_rate=float(params["learning_rate"]),
        weight_decay=float(params["weight_decay"]),
    )


def _entropy(outputs: torch.Tensor, truth: torch.Tensor) -> torch.Tensor:
    """Cross-entropy; of an ensemble, the mean over its members, each of which learns by itself."""
    if outputs.ndim == 3:
        truth = truth.expand(len(outputs), -1).reshape(-1)
    return nn.functional.cross_entropy(outputs.reshape(-1, outputs.shape[-1]), truth)


def _squares(outputs: torch.Tensor, truth: torch.Tensor) -> torch.Tensor:
    return nn.functional.mse_loss(outputs, truth.expand_as(outputs))


def _check(params: Mapping[str, Any]) -> None:
    for name in ("batch_size", "epochs", "patience"):
        if not isinstance(params[name], int) or params[name] < 1:
            raise UsageError(f"{name} is a whole number from 1, not {params[name]!r}.")
    if params["device"] not in ("auto", "cpu", "cuda", "mps"):
        raise UsageError(f"{params['device']!r} is no device.", "Use auto, cpu, cuda or mps.")
