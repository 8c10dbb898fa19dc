"""Our networks: integrated gradients (Sundararajan, Taly & Yan 2017) from background rows.

A row is reached from a background row along a straight line; a column's contribution is what the
gradient adds up to along its part of the way, averaged over background rows. Categories go along
the line between their embeddings. The integral is taken by Gauss and Legendre's rule; since ReLU
bends, it is nearly exact only, and points are added until contributions are complete to a
thousandth of the outputs' spread. Up to twenty-five rows stand for the background.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

from workbench.core.errors import UsageError
from workbench.core.progress import Progress, silent
from workbench.explanation.explainer import (
    Attribution,
    Explainable,
    Floats,
    Places,
    fold,
    outputs,
    some,
)

BASELINES = 25
POINTS = (16, 64, 256)
COMPLETE = 1e-3  # of the outputs' spread
CELLS = 1 << 22  # numbers of the widest layer at once


def explain(
    predictor: Explainable,
    frame: Any,
    background: Any,
    *,
    seed: int = 0,
    progress: Progress = silent,
) -> Attribution:
    """Contributions to the probability, or to the value, of a network.

    Raises
    ------
    UsageError
        The model is none of our networks.
    """
    model, regression = predictor.estimator, predictor.signature.task == "regression"
    if not hasattr(model, "weights_"):
        raise UsageError(
            "This model has no gradients that can be followed here.",
            "Gradients are for the families network and tabm; sampling is for every model.",
        )
    net = Differentiable(model, regression, predictor.signature.task == "binary")
    rows = predictor.prepared(frame)
    reference = predictor.prepared(background)[some(len(background), BASELINES)]
    output = outputs(predictor, rows)
    base = outputs(predictor, reference).mean(axis=0)
    scale = max(float(np.ptp(output)), 1e-9)
    left = np.arange(len(rows))
    values = np.zeros((len(rows), rows.shape[1], output.shape[1]))
    for turn, points in enumerate(POINTS):
        ways = (turn / len(POINTS), (turn + 1) / len(POINTS))
        values[left] = net.integrated(rows[left], reference, points, _part(progress, *ways))
        miss = np.abs(base + values.sum(axis=1) - output).max(axis=1)
        left = np.flatnonzero(miss > COMPLETE * scale)
        if not len(left):
            break
    progress(1.0, "explained")
    return Attribution(
        np.arange(len(rows)),
        fold(values, predictor),
        base,
        output,
        "value" if regression else "probability",
        f"integrated gradients, {points} points from {len(reference)} background rows",
    )


def _part(progress: Progress, low: float, high: float) -> Progress:
    def told(done: float, text: str = "") -> None:
        progress(low + done * (high - low), text)

    return told


class Differentiable:
    """A fitted network in torch, float64, on the GPU where one computes."""

    def __init__(self, model: Any, regression: bool, binary: bool) -> None:
        self.device = _device()
        self.weights = {
            k: torch.tensor(v, dtype=torch.float64, device=self.device)
            for k, v in model.weights_.items()
        }
        self.levels, self.layers = len(model.levels), int(model.layers_)
        self.regression, self.binary = regression, binary
        self.line = (
            (float(model.scale_), float(model.shift_)) if hasattr(model, "scale_") else (1.0, 0.0)
        )

    def embedded(self, rows: np.ndarray) -> torch.Tensor:
        """Numbers beside the embeddings of the categories, ``(n, inputs)``."""
        numbers = rows.shape[1] - self.levels
        codes = torch.tensor(rows[:, numbers:].astype(np.int64), device=self.device)
        first = torch.tensor(rows[:, :numbers], dtype=torch.float64, device=self.device)
        parts = [self.weights[f"embedding.{i}"][codes[:, i]] for i in range(self.levels)]
        return torch.cat([first, *parts], dim=1)

    def owners(self, columns: int) -> Places:
        """The prepared column behind each input."""
        numbers = columns - self.levels
        widths = [self.weights[f"embedding.{i}"].shape[1] for i in range(self.levels)]
        return np.r_[np.arange(numbers), np.repeat(np.arange(numbers, columns), widths)]

    def says(self, hidden: torch.Tensor) -> torch.Tensor:
        """Probabilities, or the value, of embedded rows: ``(n, outputs)``."""
        hidden = hidden[None]
        if "scale" in self.weights:
            hidden = hidden * self.weights["scale"]
        for layer in range(self.layers):
            hidden = hidden @ self.weights[f"weight.{layer}"] + self.weights[f"bias.{layer}"]
            if layer + 1 < self.layers:
                hidden = torch.relu(hidden)
        if self.regression:
            scale, shift = self.line
            return hidden.mean(dim=0)[:, :1] * scale + shift
        shares = torch.softmax(hidden, dim=-1).mean(dim=0)
        return shares[:, 1:] if self.binary else shares

    def integrated(
        self, rows: np.ndarray, reference: np.ndarray, points: int, progress: Progress
    ) -> Floats:
        """Contributions of the prepared columns, ``(rows, columns, outputs)``."""
        at, weight = np.polynomial.legendre.leggauss(points)
        at, weight = (torch.tensor(v / 2, device=self.device) for v in (at + 1, weight))
        start, ends = self.embedded(reference), self.embedded(rows)
        wide = max(*(w.shape[-1] for w in self.weights.values()), ends.shape[1])
        members = len(self.weights["scale"]) if "scale" in self.weights else 1
        each = len(start) * points * wide * members
        step = max(1, CELLS // each)
        found = []
        for first in range(0, len(rows), step):
            progress(first / max(1, len(rows)), "following the gradients")
            found.append(self._along(ends[first : first + step], start, at, weight))
        whole = np.concatenate(found)
        values = np.zeros((len(rows), rows.shape[1], whole.shape[2]))
        np.add.at(values, (slice(None), self.owners(rows.shape[1])), whole)
        return values

    def _along(
        self, ends: torch.Tensor, start: torch.Tensor, at: torch.Tensor, weight: torch.Tensor
    ) -> Floats:
        """Contributions of the inputs, ``(rows, inputs, outputs)``."""
        gap = ends[:, None] - start[None]  # (rows, references, inputs)
        way = start[None, :, None] + at[:, None] * gap[:, :, None]
        flat = way.reshape(-1, way.shape[-1]).requires_grad_()
        said = self.says(flat)
        found = []
        for k in range(said.shape[1]):
            (slope,) = torch.autograd.grad(said[:, k].sum(), flat, retain_graph=True)
            mean = (slope.reshape(way.shape) * weight[:, None]).sum(dim=2)
            found.append((mean * gap).mean(dim=1))
        return np.asarray(torch.stack(found, dim=-1).detach().cpu().numpy())


def _device() -> str:
    """The GPU where it computes in double precision, else the processor."""
    if torch.cuda.is_available():
        try:
            torch.ones(1, dtype=torch.float64, device="cuda").sum().item()
        except RuntimeError:  # an old driver, no memory left
            return "cpu"
        return "cuda"
    return "cpu"
