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
from workbench.training.device import Device
from workbench.training.family import (
    ALL_TASKS,
    Explainer,
    Fitted,
    Problem,
    Steps,
    refuse_native,
)
from workbench.training.learn import PLAN, drawing, learn
from workbench.training.perceptron import NetworkClassifier, NetworkRegressor
from workbench.training.steps import Codes, Piecewise

WIDEST = 4096  # encoded numbers at most, so that a table of many columns stays small


class NetworkFamily:
    """Piecewise-linear numbers and category embeddings into a multi-layer perceptron."""

    name = "network"
    title = "Neural network"
    tasks: tuple[Task, ...] = ALL_TASKS
    explainer: Explainer = "sampling"
    kin = "network"

    def defaults(self, task: Task) -> dict[str, Any]:
        return {
            "hidden": [256, 128],
            "dropout": 0.2,
            **PLAN,
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
        _checked(problem.params)
        with drawing(problem) as device:
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
    net = Perceptron(problem.x.shape[1] - len(problem.levels), problem)
    learned = learn(net, problem, device, progress)
    kind = NetworkRegressor if problem.task == "regression" else NetworkClassifier
    model = kind(levels=problem.levels, seed=problem.seed)
    weights = net.arrays()
    model.adopt(weights, problem.x.shape[1])
    if isinstance(model, NetworkRegressor):
        model.shift_, model.scale_ = learned.shift, learned.scale
    facts = {**learned.facts, "weights": int(sum(w.size for w in weights.values()))}
    return Fitted(model, learned.history, facts)


def _checked(params: Any) -> None:
    hidden = params["hidden"]
    if not isinstance(hidden, (list, tuple)) or not all(
        isinstance(w, int) and 0 < w <= 8192 for w in hidden
    ):
        raise UsageError(f"hidden is a list of layer widths, not {hidden!r}.", "Say [256, 128].")
    if not 0 <= params["dropout"] < 1:
        raise UsageError(f"dropout lies between 0 and 1, not {params['dropout']!r}.")


FAMILY = NetworkFamily()
