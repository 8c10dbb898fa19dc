"""One network by four ways: ``python torch_loops.py WAY``; prints seconds, CPU seconds and MB.

A perceptron 30-128-64-2 on 100,000 rows of 30 numbers, batches of 256, three epochs, 10,000 rows
judged after each, one thread. Loading libraries is not counted.
"""

from __future__ import annotations

import resource
import sys
import time
from collections.abc import Callable

import torch
from torch import nn

ROWS, JUDGED, COLUMNS, BATCH, EPOCHS, RATE = 100_000, 10_000, 30, 256, 3, 1e-3


def network() -> nn.Module:
    torch.manual_seed(0)
    return nn.Sequential(
        nn.Linear(COLUMNS, 128), nn.ReLU(), nn.Linear(128, 64), nn.ReLU(), nn.Linear(64, 2)
    )


def table(rows: int, seed: int) -> tuple[torch.Tensor, torch.Tensor]:
    draw = torch.Generator().manual_seed(seed)
    x = torch.randn(rows, COLUMNS, generator=draw)
    y = (x[:, 0] + x[:, 1] * x[:, 2] + torch.randn(rows, generator=draw) > 0).long()
    return x, y


def textbook() -> Callable[[], float]:
    from torch.utils.data import DataLoader, TensorDataset

    net, loss = network(), nn.CrossEntropyLoss()
    loader = DataLoader(TensorDataset(*table(ROWS, 1)), batch_size=BATCH, shuffle=True)
    x_valid, y_valid = table(JUDGED, 2)
    optimizer = torch.optim.Adam(net.parameters(), lr=RATE)

    def work() -> float:
        for _ in range(EPOCHS):
            net.train()
            for x, y in loader:
                optimizer.zero_grad()
                loss(net(x), y).backward()
                optimizer.step()
            net.eval()
            with torch.no_grad():
                judged = float(loss(net(x_valid), y_valid))
        return judged

    return work


def resident() -> Callable[[], float]:
    """What is left when nothing is done but the arithmetic: no progress, no copies, no stop."""
    net, loss = network(), nn.CrossEntropyLoss()
    x_all, y_all = table(ROWS, 1)
    x_valid, y_valid = table(JUDGED, 2)
    optimizer = torch.optim.Adam(net.parameters(), lr=RATE, fused=True)

    def work() -> float:
        for _ in range(EPOCHS):
            order = torch.randperm(ROWS)
            shuffled, truth = x_all[order], y_all[order]
            net.train()
            for x, y in zip(shuffled.split(BATCH), truth.split(BATCH), strict=True):
                optimizer.zero_grad(set_to_none=True)
                loss(net(x), y).backward()
                optimizer.step()
            net.eval()
            with torch.no_grad():
                judged = float(loss(net(x_valid), y_valid))
        return judged

    return work


def with_skorch() -> Callable[[], float]:
    from skorch import NeuralNetClassifier
    from skorch.helper import predefined_split
    from torch.utils.data import TensorDataset

    valid = TensorDataset(*table(JUDGED, 2))
    model = NeuralNetClassifier(
        network(),
        criterion=nn.CrossEntropyLoss,
        optimizer=torch.optim.Adam,
        lr=RATE,
        batch_size=BATCH,
        max_epochs=EPOCHS,
        iterator_train__shuffle=True,
        train_split=predefined_split(valid),
        verbose=0,
    )
    x, y = table(ROWS, 1)

    def work() -> float:
        model.fit(x, y)
        return float(model.history[-1, "valid_loss"])

    return work


def with_lightning() -> Callable[[], float]:
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
    rows = DataLoader(TensorDataset(*table(ROWS, 1)), batch_size=BATCH, shuffle=True)
    valid = DataLoader(TensorDataset(*table(JUDGED, 2)), batch_size=JUDGED)
    trainer = lightning.Trainer(
        max_epochs=EPOCHS,
        accelerator="cpu",
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
    "skorch": with_skorch,
    "lightning": with_lightning,
}


def measure(work: Callable[[], float]) -> None:
    before = resource.getrusage(resource.RUSAGE_SELF)
    began = time.perf_counter()
    loss = work()
    wall = time.perf_counter() - began
    after = resource.getrusage(resource.RUSAGE_SELF)
    spent = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    print(wall, spent, after.ru_maxrss / 1024, loss)


if __name__ == "__main__":
    torch.set_num_threads(1)
    measure(WAYS[sys.argv[1]]())
