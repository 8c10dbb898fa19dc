"""One network by several ways: ``python torch_loops.py WAY [SIZE]``; prints what it took.

Seconds, CPU seconds, MB, the GPU's utilisation (percent) and the loss. ``cpu``: a perceptron
30-128-64-2 on 100,000 rows, batches of 256, three epochs, one thread. ``cuda``: 100-256-128-2 on a
million rows, batches of 4,096, ten epochs, in bfloat16 where it is exact enough; ``cuda-small``:
five epochs of batches of 512. 10,000 rows are judged after each epoch. Loading libraries is not
counted, nor is the first touch of a GPU.
"""

from __future__ import annotations

import resource
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from typing import Any

import torch
from torch import nn

JUDGED, RATE = 10_000, 1e-3


@dataclass(frozen=True)
class Size:
    rows: int
    widths: tuple[int, ...]
    batch: int
    epochs: int
    device: str = "cpu"

    @property
    def columns(self) -> int:
        return self.widths[0]


SIZES = {
    "cpu": Size(100_000, (30, 128, 64, 2), 256, 3),
    "cuda": Size(1_000_000, (100, 256, 128, 2), 4096, 10, "cuda"),
    "cuda-small": Size(1_000_000, (100, 256, 128, 2), 512, 5, "cuda"),
}
SIZE = SIZES[sys.argv[2] if len(sys.argv) > 2 and sys.argv[2] in SIZES else "cpu"]
Work = Callable[[], float]


def network() -> nn.Module:
    torch.manual_seed(0)
    layers: list[nn.Module] = []
    for one, other in zip(SIZE.widths, SIZE.widths[1:], strict=False):
        layers += [nn.Linear(one, other), nn.ReLU()]
    return nn.Sequential(*layers[:-1]).to(SIZE.device)


def table(rows: int, seed: int) -> tuple[torch.Tensor, torch.Tensor]:
    draw = torch.Generator().manual_seed(seed)
    x = torch.randn(rows, SIZE.columns, generator=draw)
    y = (x[:, 0] + x[:, 1] * x[:, 2] + torch.randn(rows, generator=draw) > 0).long()
    return x, y


def precision() -> Any:
    return torch.autocast("cuda", torch.bfloat16) if SIZE.device == "cuda" else nullcontext()


def mean_loss(net: nn.Module, x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
    with precision():
        out = net(x)
    return nn.functional.cross_entropy(out.float(), y)


def textbook() -> Work:
    from torch.utils.data import DataLoader, TensorDataset

    net = network()
    loader = DataLoader(
        TensorDataset(*table(SIZE.rows, 1)),
        batch_size=SIZE.batch,
        shuffle=True,
        pin_memory=SIZE.device == "cuda",
    )
    x_valid, y_valid = (part.to(SIZE.device) for part in table(JUDGED, 2))
    optimizer = torch.optim.Adam(net.parameters(), lr=RATE)

    def work() -> float:
        for _ in range(SIZE.epochs):
            net.train()
            for x, y in loader:
                optimizer.zero_grad()
                mean_loss(
                    net,
                    x.to(SIZE.device, non_blocking=True),
                    y.to(SIZE.device, non_blocking=True),
                ).backward()
                optimizer.step()
            net.eval()
            with torch.no_grad():
                judged = float(mean_loss(net, x_valid, y_valid))
        return judged

    return work


def resident() -> Work:
    """What is left when nothing is done but the arithmetic: no progress, no copies, no stop."""
    net = network()
    x_all, y_all = (part.to(SIZE.device) for part in table(SIZE.rows, 1))
    x_valid, y_valid = (part.to(SIZE.device) for part in table(JUDGED, 2))
    optimizer = torch.optim.Adam(net.parameters(), lr=RATE, fused=True)

    def work() -> float:
        for _ in range(SIZE.epochs):
            order = torch.randperm(SIZE.rows, device=SIZE.device)
            shuffled, truth = x_all[order], y_all[order]
            net.train()
            for x, y in zip(shuffled.split(SIZE.batch), truth.split(SIZE.batch), strict=True):
                optimizer.zero_grad(set_to_none=True)
                mean_loss(net, x, y).backward()
                optimizer.step()
            net.eval()
            with torch.no_grad():
                judged = float(mean_loss(net, x_valid, y_valid))
        return judged

    return work


def graph() -> Work:
    """The same on a GPU, each step one replay of a recorded CUDA graph."""
    net = network()
    x_all, y_all = (part.to(SIZE.device) for part in table(SIZE.rows, 1))
    x_valid, y_valid = (part.to(SIZE.device) for part in table(JUDGED, 2))
    optimizer = torch.optim.Adam(net.parameters(), lr=RATE, fused=True, capturable=True)
    x, y = x_all[: SIZE.batch].clone(), y_all[: SIZE.batch].clone()

    def step(x: torch.Tensor, y: torch.Tensor) -> None:
        optimizer.zero_grad(set_to_none=True)
        mean_loss(net, x, y).backward()
        optimizer.step()

    def work() -> float:
        stream = torch.cuda.Stream()
        stream.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(stream):
            for _ in range(3):
                step(x, y)
        torch.cuda.current_stream().wait_stream(stream)
        recorded = torch.cuda.CUDAGraph()
        optimizer.zero_grad(set_to_none=True)
        with torch.cuda.graph(recorded):
            mean_loss(net, x, y).backward()
            optimizer.step()
        for _ in range(SIZE.epochs):
            order = torch.randperm(SIZE.rows, device="cuda")
            net.train()
            for part in order.split(SIZE.batch):
                if len(part) < SIZE.batch:
                    continue  # the rest of an epoch has another shape
                torch.index_select(x_all, 0, part, out=x)
                torch.index_select(y_all, 0, part, out=y)
                recorded.replay()
            net.eval()
            with torch.no_grad():
                judged = float(mean_loss(net, x_valid, y_valid))
        return judged

    return work


def with_skorch() -> Work:
    from skorch import NeuralNetClassifier
    from skorch.helper import predefined_split
    from torch.utils.data import TensorDataset

    valid = TensorDataset(*table(JUDGED, 2))
    model = NeuralNetClassifier(
        network(),
        criterion=nn.CrossEntropyLoss,
        optimizer=torch.optim.Adam,
        lr=RATE,
        batch_size=SIZE.batch,
        max_epochs=SIZE.epochs,
        device=SIZE.device,
        iterator_train__shuffle=True,
        train_split=predefined_split(valid),
        verbose=0,
    )
    x, y = table(SIZE.rows, 1)

    def work() -> float:
        model.fit(x, y)
        return float(model.history[-1, "valid_loss"])

    return work


def with_lightning() -> Work:
    import logging
    import warnings

    import lightning
    from torch.utils.data import DataLoader, TensorDataset

    logging.getLogger("lightning.pytorch").setLevel(logging.ERROR)
    warnings.simplefilter("ignore")

    class Module(lightning.LightningModule):
        def __init__(self) -> None:
            super().__init__()
            self.net, self.loss, self.judged = network(), nn.CrossEntropyLoss(), 0.0

        def training_step(self, batch: list[torch.Tensor], _: int) -> torch.Tensor:
            return self.loss(self.net(batch[0]), batch[1])

        def validation_step(self, batch: list[torch.Tensor], _: int) -> None:
            self.judged = float(self.loss(self.net(batch[0]), batch[1]))

        def configure_optimizers(self) -> torch.optim.Optimizer:
            return torch.optim.Adam(self.parameters(), lr=RATE)

    module = Module()
    rows = DataLoader(TensorDataset(*table(SIZE.rows, 1)), batch_size=SIZE.batch, shuffle=True)
    valid = DataLoader(TensorDataset(*table(JUDGED, 2)), batch_size=JUDGED)
    trainer = lightning.Trainer(
        max_epochs=SIZE.epochs,
        accelerator="gpu" if SIZE.device == "cuda" else "cpu",
        precision="bf16-mixed" if SIZE.device == "cuda" else "32-true",
        logger=False,
        enable_progress_bar=False,
        enable_checkpointing=False,
        enable_model_summary=False,
        num_sanity_val_steps=0,
    )

    def work() -> float:
        trainer.fit(module, rows, valid)
        return module.judged

    return work


WAYS = {
    "textbook": textbook,
    "resident": resident,
    "graph": graph,
    "skorch": with_skorch,
    "lightning": with_lightning,
}


@contextmanager
def watched() -> Iterator[list[float]]:
    """How busy the GPU was, asked ten times a second; nothing without one."""
    found: list[float] = []
    if SIZE.device != "cuda":
        yield found
        return
    import pynvml

    pynvml.nvmlInit()
    handle, over = pynvml.nvmlDeviceGetHandleByIndex(0), threading.Event()

    def watch() -> None:
        while not over.wait(0.1):
            found.append(float(pynvml.nvmlDeviceGetUtilizationRates(handle).gpu))

    thread = threading.Thread(target=watch)
    thread.start()
    yield found
    over.set()
    thread.join()


def measure(work: Work) -> None:
    if SIZE.device == "cuda":
        some = torch.randn(64, 64, device="cuda", requires_grad=True)
        (some @ some).sum().backward()
        torch.cuda.synchronize()
    before = resource.getrusage(resource.RUSAGE_SELF)
    began = time.perf_counter()
    with watched() as busy:
        loss = work()
    wall = time.perf_counter() - began
    after = resource.getrusage(resource.RUSAGE_SELF)
    spent = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    # the first and last readings reach beyond the work
    load = sum(busy[2:-1]) / max(len(busy[2:-1]), 1)
    print(wall, spent, after.ru_maxrss / 1024, load, loss)


if __name__ == "__main__":
    torch.set_num_threads(1)
    measure(WAYS[sys.argv[1]]())
