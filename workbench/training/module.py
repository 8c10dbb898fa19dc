"""A torch module that a user wrote: trained by our loop, and kept as ONNX: it needs no torch."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
import torch
from torch import nn

from workbench import torchgraph
from workbench.core.errors import DataError, UsageError
from workbench.core.progress import Progress
from workbench.training.family import Fitted, Problem
from workbench.training.graphmodel import GraphClassifier, GraphRegressor
from workbench.training.learn import Learned, drawing, learn
from workbench.training.own import explained

CLOSE = 1e-4  # between torch's outputs and the graph's, in standard deviations or probabilities
ASKED = 256  # rows that are compared


class Whole(nn.Module):
    """The module with what stands behind it: softmax, or the target's own scale."""

    def __init__(self, net: nn.Module, learned: Learned, regression: bool) -> None:
        super().__init__()
        self.net, self.regression = net, regression
        self.shift, self.scale = learned.shift, learned.scale

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        out: torch.Tensor = self.net(x)
        return out * self.scale + self.shift if self.regression else torch.softmax(out, dim=1)


def fit(make: Any, name: str, problem: Problem, progress: Progress) -> Fitted:
    """Train the module that ``make`` gives.

    Raises
    ------
    UsageError
        It gives no module, or one whose outputs have another shape.
    DataError
        The module uses an operation that has no ONNX form here.
    """
    regression = problem.task == "regression"
    with drawing(problem) as device:
        with explained(name):
            net = make()
        if not isinstance(net, nn.Module):
            raise UsageError(
                f"{name!r} gave {type(net).__name__}, which is no torch.nn.Module.",
                "Leave network=True out for a scikit-learn estimator.",
            )
        _shaped(net, name, problem)
        with explained(name):
            learned = learn(net, problem, device, progress)
    whole = Whole(net.cpu().eval(), learned, regression).eval()
    sample = torch.from_numpy(problem.x[:ASKED])
    graph = _drawn(whole, sample, name)
    kind = GraphRegressor if regression else GraphClassifier
    model = kind().adopt(graph, problem.x.shape[1], 0 if regression else problem.classes)
    with torch.inference_mode():
        said = whole(sample).double().numpy()
    apart = float(np.abs(model.outputs(problem.x[:ASKED]) - said).max()) / learned.scale
    if apart > CLOSE:
        raise DataError(
            f"The module's ONNX form differs from torch's answers by {apart:.2g}.",
            "Use plainer operations in its forward method.",
        )
    facts = {**learned.facts, "weights": sum(p.numel() for p in net.parameters())}
    return Fitted(model, learned.history, facts)


def _shaped(net: nn.Module, name: str, problem: Problem) -> None:
    """Ask it about two rows before training for long."""
    wanted = (2, max(problem.classes, 1))
    net.eval()
    try:
        with torch.inference_mode():
            found = tuple(net(torch.from_numpy(problem.x[:2])).shape)
    except (RuntimeError, TypeError, ValueError) as error:
        first = str(error).strip().splitlines()[0]
        raise UsageError(
            f"The module of {name!r} cannot take rows of {problem.x.shape[1]} columns: {first}",
            "Ask for `inputs` and `outputs` where the module is made.",
        ) from error
    if found != wanted:
        raise UsageError(
            f"The module of {name!r} gives outputs of shape {found} for 2 rows, not {wanted}.",
            "Ask for `outputs` where the module is made: one for a value, else one a class.",
        )


def _drawn(whole: nn.Module, sample: torch.Tensor, name: str) -> bytes:
    rows = torch.export.Dim("rows", min=1)
    try:
        program = torch.export.export(whole, (sample,), dynamic_shapes=({0: rows},))
    except Exception as error:  # whatever a user's forward may do
        first = str(error).strip().splitlines()[0]
        raise DataError(
            f"The module of {name!r} cannot be exported: {first}",
            "torch.export must be able to follow its forward method.",
        ) from error
    content = io.BytesIO()
    torch.export.save(program, content)
    return torchgraph.to_onnx(content.getvalue())
