"""The training loop: it learns, stops, goes on in the same bits, makes do with little memory."""

from __future__ import annotations

import math
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from sklearn.datasets import load_breast_cancer
from torch import nn

from workbench.core.errors import Cancelled, DataError
from workbench.store.checkpoints import FileCheckpoint
from workbench.training.loop import Course, Loop, Plan, _sizes

PLAN = Plan(epochs=12, patience=12, batch=32, learning_rate=3e-3, weight_decay=1e-3)
Tensors = tuple[torch.Tensor, torch.Tensor]


def rows() -> tuple[Tensors, Tensors]:
    """Breast cancer, standardised: 400 rows to fit on, the others to judge by."""
    x, y = load_breast_cancer(return_X_y=True)
    x = ((x - x.mean(axis=0)) / x.std(axis=0)).astype(np.float32)
    order = np.random.default_rng(0).permutation(len(x))
    whole = torch.from_numpy(x[order]), torch.from_numpy(y[order].astype(np.int64))
    return (whole[0][:400], whole[1][:400]), (whole[0][400:], whole[1][400:])


def net() -> nn.Module:
    """With dropout and a batch norm: random draws and buffers are part of what goes on."""
    torch.manual_seed(1)
    return nn.Sequential(
        nn.Linear(30, 32), nn.BatchNorm1d(32), nn.ReLU(), nn.Dropout(0.3), nn.Linear(32, 2)
    )


class Listener:
    """A progress that stops the work when ``epochs`` have ended."""

    def __init__(self, epochs: float = math.inf) -> None:
        self.epochs, self.said = epochs, []  # type: ignore[var-annotated]

    def __call__(
        self, fraction: float, text: str, metrics: Mapping[str, float] | None = None, /
    ) -> None:
        self.said.append(text)
        if metrics and metrics["epoch"] >= self.epochs:
            raise Cancelled


def fitted(plan: Plan = PLAN, **more: object) -> tuple[nn.Module, Course]:
    module, (fit, valid) = net(), rows()
    torch.manual_seed(2)
    course = Loop(module, nn.functional.cross_entropy, fit, valid, plan, **more).run()  # type: ignore[arg-type]
    return module, course


def same(one: nn.Module, other: nn.Module) -> bool:
    pairs = zip(one.state_dict().values(), other.state_dict().values(), strict=True)
    return all(torch.equal(a, b) for a, b in pairs)


def test_it_learns_and_keeps_the_weights_of_the_best_epoch() -> None:
    module, course = fitted()
    (_, (x, y)) = rows()
    module.eval()
    with torch.no_grad():
        loss = float(nn.functional.cross_entropy(module(x), y))
        right = float((module(x).argmax(dim=1) == y).float().mean())
    assert right > 0.94
    assert loss == pytest.approx(min(course.valid_losses), abs=1e-6)
    assert course.valid_losses[course.best_epoch - 1] == min(course.valid_losses)


def test_it_steps_as_torch_does_parameter_by_parameter() -> None:
    """One vector for all parameters changes nothing: AdamW works number by number."""
    (x, y), _ = rows()
    plan = Plan(epochs=2, patience=9, batch=400, learning_rate=1e-3, weight_decay=0.01)
    mine, theirs = nn.Linear(30, 2), nn.Linear(30, 2)
    theirs.load_state_dict(mine.state_dict())
    Loop(mine, nn.functional.cross_entropy, (x, y), None, plan).run()
    optimizer = torch.optim.AdamW(theirs.parameters(), lr=1e-3, weight_decay=0.01)
    losses = []
    for _ in range(2):
        optimizer.zero_grad()
        loss = nn.functional.cross_entropy(theirs(x), y)
        losses.append(loss.item())
        loss.backward()
        nn.utils.clip_grad_norm_(theirs.parameters(), 1.0)
        optimizer.step()
    assert losses[1] < losses[0]  # so the weights that are kept are the last ones
    torch.testing.assert_close(mine.weight, theirs.weight, rtol=1e-5, atol=1e-6)
    torch.testing.assert_close(mine.bias, theirs.bias, rtol=1e-5, atol=1e-6)


def test_it_stops_when_nothing_is_gained_any_more() -> None:
    plan = Plan(epochs=200, patience=3, batch=32, learning_rate=0.01, weight_decay=0.0)
    _, course = fitted(plan)
    assert course.epoch < 200
    assert course.epoch == course.best_epoch + 3


@pytest.mark.parametrize("after", [1, 5, 11])
def test_what_was_interrupted_goes_on_in_the_same_bits(tmp_path: Path, after: int) -> None:
    straight, course = fitted()
    with pytest.raises(Cancelled):
        fitted(progress=Listener(after), checkpoint=FileCheckpoint(tmp_path / "kept", period=0))
    listener = Listener()
    torch.manual_seed(99)  # what is drawn on from is in the checkpoint
    resumed, again = fitted(progress=listener, checkpoint=FileCheckpoint(tmp_path / "kept"))
    assert listener.said[0] == f"going on after epoch {after}"
    assert vars(again) == vars(course)
    assert same(straight, resumed)


def test_a_checkpoint_that_is_damaged_gives_way_to_the_one_before(tmp_path: Path) -> None:
    kept = FileCheckpoint(tmp_path / "kept", period=0)
    with pytest.raises(Cancelled):
        fitted(progress=Listener(4), checkpoint=kept)
    whole = (tmp_path / "kept" / "last").read_bytes()
    (tmp_path / "kept" / "last").write_bytes(whole[: len(whole) // 2])
    listener = Listener()
    resumed, _ = fitted(progress=listener, checkpoint=kept)
    assert listener.said[0] == "going on after epoch 3"
    assert same(resumed, fitted()[0])


def test_a_checkpoint_is_kept_seldom(tmp_path: Path) -> None:
    kept, made = FileCheckpoint(tmp_path / "kept", period=60), []
    for _ in range(3):
        kept.offer(lambda: made.append(1) or b"state")  # type: ignore[func-returns-value]
    assert not made
    assert kept.last() is None
    kept.forget()  # of nothing


def test_parts_of_a_batch_add_up_to_the_batch() -> None:
    """Fewer rows at once, as after an answer of "out of memory", end where a whole batch does."""
    module, (fit, valid) = nn.Linear(30, 2), rows()
    twin = nn.Linear(30, 2)
    twin.load_state_dict(module.state_dict())
    found = []
    for one, at_once in ((module, 32), (twin, 8)):
        torch.manual_seed(3)
        loop = Loop(one, nn.functional.cross_entropy, fit, valid, PLAN)
        loop.course.rows_at_once = at_once
        found.append(loop.run())
    np.testing.assert_allclose(found[0].valid_losses, found[1].valid_losses, rtol=1e-4)


def test_a_loss_that_is_no_number_is_said_in_a_sentence() -> None:
    (x, y), valid = rows()
    with pytest.raises(DataError, match="not a finite number"):
        Loop(nn.Linear(30, 2), lambda out, _: out.sum() * math.nan, (x, y), valid, PLAN).run()


@given(st.integers(1, 400), st.integers(2, 64))
def test_no_batch_has_one_row_alone(rows: int, batch: int) -> None:
    sizes = _sizes(rows, batch)
    assert sum(sizes) == rows
    assert max(sizes) <= batch + 1
    assert rows == 1 or min(sizes) > 1


MEMORY = """
import resource, sys, torch
from torch import nn
from workbench.training.loop import Loop, Plan
torch.set_num_threads(1)
class Wide(nn.Module):  # 8 MB a row, twice for the gradient
    def __init__(self):
        super().__init__()
        self.one, self.two = nn.Linear(4, 64), nn.Linear(64, 2)
    def forward(self, x):
        hidden = torch.relu(self.one(x))
        big = hidden[:, :, None].expand(-1, -1, 32768) * 1.0
        return self.two(big.mean(dim=2))
x, y = torch.randn(64, 4), torch.randint(0, 2, (64,))
Loop(Wide(), nn.functional.cross_entropy, (x[:8], y[:8]), None, Plan(1, 1, 8, 1e-3, 0)).run()
used = int(open("/proc/self/statm").read().split()[0]) * 4096
resource.setrlimit(resource.RLIMIT_AS, (used + int(sys.argv[1]) * 2**20, -1))
said = []
course = Loop(Wide(), nn.functional.cross_entropy, (x, y), None, Plan(2, 1, 64, 1e-3, 0),
    progress=lambda f, text, m=None: said.append(text)).run()
print(course.rows_at_once, said[-1])
"""


@pytest.mark.skipif(sys.platform != "linux", reason="needs a limit on memory")
@pytest.mark.parametrize("megabytes", [500, 30])
def test_too_little_memory_means_fewer_rows_at_once_and_is_said(megabytes: int) -> None:
    """A batch of 64 rows takes 1 GB here; the limit is real, set by the operating system."""
    done = subprocess.run(
        [sys.executable, "-c", MEMORY, str(megabytes)], capture_output=True, text=True, check=False
    )
    if megabytes == 30:
        assert "DataError: The device has no memory for" in done.stderr
    else:
        at_once, _, said = done.stdout.strip().partition(" ")
        assert int(at_once) in (8, 16, 32), done.stderr[-500:]
        assert said == f"epoch 2, {at_once} rows at once for want of memory"
