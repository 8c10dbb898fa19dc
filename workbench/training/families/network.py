"""A neural network with embeddings, trained with torch on the GPU when there is one."""

from __future__ import annotations

import math
import time
from contextlib import AbstractContextManager, nullcontext
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
from workbench.training.perceptron import NetworkClassifier, NetworkRegressor
from workbench.training.steps import Codes, Piecewise

STEPS = 16  # batches per epoch at least
EVERY = 0.5  # seconds between two signs of life within an epoch
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
            return _Training(problem, device, progress).run()


class Perceptron(nn.Module):
    """The network while it is trained."""

    def __init__(self, numbers: int, problem: Problem) -> None:
        super().__init__()
        self.numbers = numbers
        widths = [min(24, math.ceil(1.6 * level**0.5)) for level in problem.levels]
        self.embeddings = nn.ModuleList(
            nn.Embedding(level, width) for level, width in zip(problem.levels, widths, strict=True)
        )
        for embedding in self.embeddings:
            nn.init.normal_(embedding.weight, std=0.1)  # type: ignore[arg-type]
        sizes = [
            numbers + sum(widths),
            *problem.params["hidden"],
            max(problem.classes, 1),
        ]
        self.layers = nn.ModuleList(nn.Linear(a, b) for a, b in pairwise(sizes))
        self.dropout = nn.Dropout(float(problem.params["dropout"]))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        codes = x[:, self.numbers :].long()
        parts = [embedding(codes[:, i]) for i, embedding in enumerate(self.embeddings)]
        hidden = torch.cat([x[:, : self.numbers], *parts], dim=1)
        for layer in self.layers[:-1]:
            hidden = self.dropout(torch.relu(layer(hidden)))
        out: torch.Tensor = self.layers[-1](hidden)
        return out

    def arrays(self) -> dict[str, np.ndarray]:
        """The weights by the names that :class:`Network.adopt` knows."""
        found = {f"embedding.{i}": e.weight for i, e in enumerate(self.embeddings)}
        for i, layer in enumerate(self.layers):
            found[f"weight.{i}"], found[f"bias.{i}"] = layer.weight.T, layer.bias
        return {k: v.detach().float().cpu().numpy().copy() for k, v in found.items()}  # type: ignore[operator]


class _Training:
    """One fit: whole table on the device, shuffled index by index, best weights kept."""

    def __init__(self, problem: Problem, device: Device, progress: Progress) -> None:
        self.problem, self.device, self.progress = problem, device, progress
        self.regression = problem.task == "regression"
        self.shift = float(problem.y.mean()) if self.regression else 0.0
        self.scale = float(problem.y.std()) or 1.0 if self.regression else 1.0
        self.x, self.y = self._tensors(problem.x, problem.y)
        self.valid = None
        if problem.x_valid is not None and problem.y_valid is not None:
            self.valid = self._tensors(problem.x_valid, problem.y_valid)
        self.net = Perceptron(problem.x.shape[1] - len(problem.levels), problem).to(device.name)
        self.optimizer = torch.optim.AdamW(
            self.net.parameters(),
            lr=float(problem.params["learning_rate"]),
            weight_decay=float(problem.params["weight_decay"]),
        )
        self.loss = nn.MSELoss() if self.regression else nn.CrossEntropyLoss()
        self.train_losses: list[float] = []
        self.valid_losses: list[float] = []

    def run(self) -> Fitted:
        epochs, patience = (
            int(self.problem.params["epochs"]),
            int(self.problem.params["patience"]),
        )
        best, best_epoch, weights = math.inf, 0, self.net.arrays()
        for epoch in range(epochs):
            self.train_losses.append(self._epoch(epoch, epochs))
            loss = self._judge()
            self.valid_losses.append(loss)
            if loss < best:
                best, best_epoch, weights = loss, epoch, self.net.arrays()
            self.progress((epoch + 1) / epochs, f"epoch {epoch + 1}", self._newest())
            if not math.isfinite(loss) or (self.valid and epoch - best_epoch >= patience):
                break
        return self._fitted(weights, best_epoch + 1)

    def _fitted(self, weights: dict[str, np.ndarray], best: int) -> Fitted:
        kind = NetworkRegressor if self.regression else NetworkClassifier
        model = kind(levels=self.problem.levels, seed=self.problem.seed)
        model.adopt(weights, self.problem.x.shape[1])
        if isinstance(model, NetworkRegressor):
            model.shift_, model.scale_ = self.shift, self.scale
        history = {"train_loss": self.train_losses}
        if self.valid:
            history["valid_loss"] = self.valid_losses
        facts = {
            "device": self.device.name,
            "device_reason": self.device.reason,
            "best_iteration": best,
            "weights": int(sum(w.size for w in weights.values())),
            "precision": "bfloat16" if self.device.name == "cuda" else "float32",
        }
        return Fitted(model, history, facts)

    def _epoch(self, epoch: int, epochs: int) -> float:
        """One pass over the rows; its mean loss. The device is asked for it once, at the end."""
        self.net.train()
        rows = len(self.x)
        # a small table takes smaller steps: one batch an epoch would hardly move the weights
        batch = min(int(self.problem.params["batch_size"]), max(32, rows // STEPS))
        order = torch.randperm(rows, device="cpu").to(self.device.name)
        total = torch.zeros((), device=self.device.name)
        spoken = time.monotonic()
        for start in range(0, rows, batch):
            picked = order[start : start + batch]
            with self._precision():
                loss = self.loss(self.net(self.x[picked]).float(), self.y[picked])
            self.optimizer.zero_grad(set_to_none=True)
            loss.backward()
            nn.utils.clip_grad_norm_(self.net.parameters(), 1.0)
            self.optimizer.step()
            total += loss.detach() * len(picked)
            if time.monotonic() - spoken > EVERY:
                spoken = time.monotonic()
                self.progress((epoch + start / rows) / epochs, f"epoch {epoch + 1}")
        return float(total.item()) / rows

    def _judge(self) -> float:
        """Loss on the validation rows; without any, on the training rows just seen."""
        if self.valid is None:
            return self.train_losses[-1]
        self.net.eval()
        x, y = self.valid
        with torch.no_grad():
            outputs = torch.cat([self.net(part) for part in x.split(16384)])
            return float(self.loss(outputs.float(), y).item())

    def _newest(self) -> dict[str, float]:
        newest = {
            "train_loss": self.train_losses[-1],
            "epoch": float(len(self.train_losses)),
        }
        return {**newest, "valid_loss": self.valid_losses[-1]} if self.valid else newest

    def _precision(self) -> AbstractContextManager[Any]:
        """Half the bytes where the hardware has units for it; bfloat16 needs no loss scaling."""
        if self.device.name == "cuda":
            return torch.autocast("cuda", dtype=torch.bfloat16)
        return nullcontext()

    def _tensors(self, x: np.ndarray, y: np.ndarray) -> tuple[torch.Tensor, torch.Tensor]:
        if self.regression:
            target = torch.from_numpy(((y - self.shift) / self.scale).astype(np.float32))[:, None]
        else:
            target = torch.from_numpy(y.astype(np.int64))
        return torch.from_numpy(x).to(self.device.name), target.to(self.device.name)


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
