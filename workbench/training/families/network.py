"""A neural network with embeddings, trained with torch on the GPU when there is one."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import Any

import numpy as np
import torch
from torch import nn

from workbench.core.errors import UsageError
from workbench.core.progress import Progress
from workbench.core.recipe import Preparation, Task
from workbench.core.space import Choice, Real, Space
from workbench.training.device import Device, choose
from workbench.training.family import (
    ALL_TASKS,
    Explainer,
    Fitted,
    Problem,
    Steps,
    refuse_native,
)
from workbench.training.loop import Loop, Plan
from workbench.training.perceptron import NetworkClassifier, NetworkRegressor
from workbench.training.steps import Codes, Piecewise

STEPS = 16  # batches per epoch at least
WIDEST = 4096  # encoded numbers at most, so that a table of many columns stays small


class NetworkFamily:
    """Piecewise-linear numbers and category embeddings into a multi-layer perceptron."""

    name = "network"
    title = "Neural network"
    tasks: tuple[Task, ...] = ALL_TASKS
    explainer: Explainer = "sampling"

    def defaults(self, task: Task) -> dict[str, Any]:
        return {
            "hidden": [256, 128],
            "dropout": 0.2,
            "learning_rate": 0.002,
            "weight_decay": 0.0002,
            "batch_size": 512,
            "epochs": 60,
            "patience": 6,
            "device": "auto",
        }

    def parameters(self, task: Task) -> frozenset[str]:
        return frozenset(self.defaults(task))

    def space(self, task: Task) -> Space:
        return {
            "hidden": Choice(([128], [256, 128], [256, 256], [512, 256], [256, 256, 256])),
            "dropout": Real(0.0, 0.5),
            "learning_rate": Real(2e-4, 1e-2, log=True),
            "weight_decay": Real(1e-6, 1e-1, log=True),
        }

    def steps(self, preparation: Preparation, width: int) -> Steps:
        refuse_native(self.name, preparation)
        bins = max(2, min(24, WIDEST // max(width, 1)))
        return Steps(Piecewise(bins), Codes(preparation.rare))

    def fit(self, problem: Problem, progress: Progress) -> Fitted:
        _check(problem.params)
        device = choose(problem.params["device"])
        # everything random below is drawn from this fork, so the seed decides and nothing leaks
        forked = range(torch.cuda.device_count()) if device.name == "cuda" else ()
        with torch.random.fork_rng(devices=list(forked)):
            torch.manual_seed(problem.seed)
            return _trained(problem, device, progress)


class Perceptron(nn.Module):
    """The network while it is trained: outputs (n, outputs), of an ensemble (members, n, outputs).

    The members of an ensemble share all hidden layers. Each has its own scale of every input, which
    starts at 1 or -1, and its own last layer (TabM-mini of Gorishniy et al., 2025).
    """

    def __init__(self, numbers: int, problem: Problem) -> None:
        super().__init__()
        self.numbers = numbers
        widths = [min(24, math.ceil(1.6 * level**0.5)) for level in problem.levels]
        self.embeddings = nn.ModuleList(
            nn.Embedding(level, width) for level, width in zip(problem.levels, widths, strict=True)
        )
        for embedding in self.embeddings:
            nn.init.normal_(embedding.weight, std=0.1)  # type: ignore[arg-type]
        hidden = list(problem.params["hidden"])
        sizes = [numbers + sum(widths), *hidden]
        self.layers = nn.ModuleList(nn.Linear(a, b) for a, b in pairwise(sizes))
        self.dropout = nn.Dropout(float(problem.params["dropout"]))
        members = int(problem.params.get("members", 0))
        self.scale = nn.Parameter(_signs(members, sizes[0])) if members else None
        self.last = Last(members, sizes[-1], max(problem.classes, 1))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        codes = x[:, self.numbers :].long()
        parts = [embedding(codes[:, i]) for i, embedding in enumerate(self.embeddings)]
        hidden = torch.cat([x[:, : self.numbers], *parts], dim=1)
        if self.scale is not None:
            hidden = hidden * self.scale[:, None]
        for layer in self.layers:
            hidden = self.dropout(torch.relu(layer(hidden)))
        out: torch.Tensor = self.last(hidden)
        return out

    def arrays(self) -> dict[str, np.ndarray]:
        """The weights by the names that :class:`Network.adopt` knows."""
        found: dict[str, Any] = {f"embedding.{i}": e.weight for i, e in enumerate(self.embeddings)}
        for i, layer in enumerate(self.layers):
            found[f"weight.{i}"], found[f"bias.{i}"] = layer.weight.T, layer.bias
        last = len(self.layers)
        found[f"weight.{last}"], found[f"bias.{last}"] = self.last.weight, self.last.bias
        if self.scale is not None:
            found["scale"] = self.scale[:, None]
        return {k: v.detach().float().cpu().numpy().copy() for k, v in found.items()}


class Last(nn.Module):
    """The last layer, or one for each member of an ensemble."""

    def __init__(self, members: int, inputs: int, outputs: int) -> None:
        super().__init__()
        bound = inputs**-0.5
        heads = (members,) if members else ()
        one = (1,) if members else ()
        self.weight = nn.Parameter(torch.empty(*heads, inputs, outputs).uniform_(-bound, bound))
        self.bias = nn.Parameter(torch.empty(*heads, *one, outputs).uniform_(-bound, bound))

    def forward(self, hidden: torch.Tensor) -> torch.Tensor:
        return hidden @ self.weight + self.bias


def _signs(members: int, inputs: int) -> torch.Tensor:
    return torch.randint(0, 2, (members, inputs)).float() * 2 - 1


def _trained(problem: Problem, device: Device, progress: Progress) -> Fitted:
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
    net = Perceptron(problem.x.shape[1] - len(problem.levels), problem).to(device.name)
    loop = Loop(
        net,
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
    kind = NetworkRegressor if regression else NetworkClassifier
    model = kind(levels=problem.levels, seed=problem.seed)
    weights = net.arrays()
    model.adopt(weights, problem.x.shape[1])
    if isinstance(model, NetworkRegressor):
        model.shift_, model.scale_ = shift, scale
    history = {"train_loss": course.train_losses}
    if valid:
        history["valid_loss"] = course.valid_losses
    facts = {
        "device": device.name,
        "device_reason": device.reason,
        "best_iteration": course.best_epoch,
        "weights": int(sum(w.size for w in weights.values())),
        "precision": "bfloat16" if device.name == "cuda" else "float32",
    }
    if course.rows_at_once < loop.plan.batch:
        facts["rows_at_once"] = course.rows_at_once
    return Fitted(model, history, facts)


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


def _check(params: Any) -> None:
    hidden = params["hidden"]
    if not isinstance(hidden, (list, tuple)) or not all(
        isinstance(w, int) and 0 < w <= 8192 for w in hidden
    ):
        raise UsageError(f"hidden is a list of layer widths, not {hidden!r}.", "Say [256, 128].")
    for name in ("batch_size", "epochs", "patience"):
        if not isinstance(params[name], int) or params[name] < 1:
            raise UsageError(f"{name} is a whole number from 1, not {params[name]!r}.")
    if not 0 <= params["dropout"] < 1:
        raise UsageError(f"dropout lies between 0 and 1, not {params['dropout']!r}.")
    if params["device"] not in ("auto", "cpu", "cuda", "mps"):
        raise UsageError(f"{params['device']!r} is no device.", "Use auto, cpu, cuda or mps.")


FAMILY = NetworkFamily()
