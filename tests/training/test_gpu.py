"""What only an NVIDIA GPU can show; skipped where torch finds none."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from tests.training.test_cuda import problem
from workbench.core.errors import Cancelled
from workbench.core.progress import silent
from workbench.jobs.machine import load
from workbench.store.checkpoints import FileCheckpoint
from workbench.training.cuda import driver
from workbench.training.device import choose
from workbench.training.family import families
from workbench.training.loop import Loop, Plan
from workbench.training.persist import dump
from workbench.training.persist import load as opened
from workbench.training.predictor import scores

pytestmark = pytest.mark.skipif(not torch.cuda.is_available(), reason="needs an NVIDIA GPU")

PLAN = Plan(epochs=6, patience=6, batch=256, learning_rate=3e-3, weight_decay=1e-3)
Tensors = tuple[torch.Tensor, torch.Tensor]


def rows(count: int = 5_100, seed: int = 1) -> Tensors:
    draw = torch.Generator().manual_seed(seed)
    x = torch.randn(count, 20, generator=draw)
    return x, (x[:, 0] + x[:, 1] * x[:, 2] > 0).long()


def net(dropout: float = 0.2) -> nn.Module:
    torch.manual_seed(1)
    return nn.Sequential(
        nn.Linear(20, 64), nn.BatchNorm1d(64), nn.ReLU(), nn.Dropout(dropout), nn.Linear(64, 2)
    ).cuda()


def loop(module: nn.Module, plan: Plan = PLAN, **more: object) -> Loop:
    torch.manual_seed(2)
    torch.cuda.manual_seed(2)
    more = {"device": "cuda", **more}
    return Loop(module, nn.functional.cross_entropy, rows(), rows(2_000, 3), plan, **more)  # type: ignore[arg-type]


def weights(module: nn.Module) -> np.ndarray:
    return torch.cat([p.detach().reshape(-1) for p in module.parameters()]).cpu().numpy()


def test_the_gpu_is_found_and_its_load_is_told() -> None:
    assert choose().name == "cuda"
    (gpu, *_) = load().gpus
    assert gpu.name == torch.cuda.get_device_name(0)
    assert 0 < gpu.used < gpu.memory
    assert 0 <= gpu.busy <= 100


@pytest.mark.parametrize("mixed", [False, True])
def test_recorded_steps_learn_what_plain_ones_do(mixed: bool) -> None:
    found = []
    for replayed in (True, False):
        module = net(dropout=0)
        one = loop(module, mixed=mixed)
        if not replayed:
            one.replay = None
        found.append(one.run().valid_losses)
        if replayed:
            assert one.replay is not None
            assert one.replay.graph is not None
    assert found[0][-1] < 0.35
    np.testing.assert_allclose(found[0], found[1], rtol=2e-2 if mixed else 1e-3)


def test_two_fits_with_one_seed_are_equal_bit_for_bit() -> None:
    one, other = net(), net()
    first, second = loop(one, mixed=True).run(), loop(other, mixed=True).run()
    assert first.valid_losses == second.valid_losses
    np.testing.assert_array_equal(weights(one), weights(other))


def test_what_was_interrupted_goes_on(tmp_path: Path) -> None:
    straight = net()
    course = loop(straight).run()

    def stop(_: float, __: str, metrics: object = None) -> None:
        if metrics and metrics["epoch"] == 3:  # type: ignore[index]
            raise Cancelled

    kept = FileCheckpoint(tmp_path / "kept", period=0)
    with pytest.raises(Cancelled):
        loop(net(), progress=stop, checkpoint=kept).run()
    resumed = net()
    again = loop(resumed, checkpoint=FileCheckpoint(tmp_path / "kept")).run()
    assert len(again.valid_losses) == PLAN.epochs
    np.testing.assert_allclose(again.valid_losses, course.valid_losses, rtol=1e-3)
    np.testing.assert_allclose(weights(straight), weights(resumed), rtol=1e-3, atol=1e-5)


def test_a_module_that_cannot_be_recorded_is_trained_plainly() -> None:
    class Asks(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.inner = net()

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return self.inner(x) * (1.0 if float(x.mean().item()) > -1e9 else 0.0)

    one = loop(Asks().cuda())
    course = one.run()
    assert one.replay is not None
    assert one.replay.graph is None
    assert "synchronizing" in one.replay.fault
    assert course.valid_losses[-1] < 0.45


def test_a_recording_that_fails_is_given_up() -> None:
    """What waits only once it is recorded: nothing hints at it before."""

    class Late(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.inner = net()

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            if torch.cuda.is_current_stream_capturing():
                torch.cuda.synchronize()
            return self.inner(x)

    one = loop(Late().cuda())
    course = one.run()
    assert one.replay is not None
    assert one.replay.graph is None
    assert one.replay.fault
    assert course.valid_losses[-1] < 0.45


class Wide(nn.Module):
    """Takes 16 MB a row while it learns."""

    def __init__(self) -> None:
        super().__init__()
        self.one, self.two = nn.Linear(20, 64), nn.Linear(64, 2)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        hidden = torch.relu(self.one(x))
        out: torch.Tensor = self.two((hidden[:, :, None].expand(-1, -1, 32768) * 1.0).mean(dim=2))
        return out


def test_too_little_memory_means_fewer_rows_at_once() -> None:
    said: list[str] = []
    small = Plan(epochs=2, patience=2, batch=512, learning_rate=1e-3, weight_decay=0.0)
    some = tuple(part[:1024] for part in rows())
    total = torch.cuda.get_device_properties(0).total_memory
    torch.cuda.empty_cache()
    torch.cuda.set_per_process_memory_fraction(3e9 / total)
    try:
        course = Loop(
            Wide().cuda(),
            nn.functional.cross_entropy,
            some,  # type: ignore[arg-type]
            None,
            small,
            device="cuda",
            progress=lambda _, text, __=None: said.append(text),
        ).run()
        assert course.rows_at_once in (32, 64, 128)
        assert said[-1] == f"epoch 2, {course.rows_at_once} rows at once for want of memory"
    finally:
        torch.cuda.empty_cache()
        torch.cuda.set_per_process_memory_fraction(1.0)


def test_a_table_that_does_not_fit_is_brought_in_parts() -> None:
    x = torch.randn(2_000_000, 100)  # 800 MB
    y = (x[:, 0] > 0).long()
    total = torch.cuda.get_device_properties(0).total_memory
    torch.cuda.empty_cache()
    torch.cuda.set_per_process_memory_fraction(4e8 / total)
    try:
        module = nn.Sequential(nn.Linear(100, 2)).cuda()
        plan = Plan(epochs=1, patience=1, batch=4096, learning_rate=1e-2, weight_decay=0.0)
        one = Loop(
            module, nn.functional.cross_entropy, (x, y), (x[:999], y[:999]), plan, device="cuda"
        )
        assert one.x.device.type == "cpu"
        assert one.run().valid_losses[-1] < 0.3
    finally:
        torch.cuda.empty_cache()
        torch.cuda.set_per_process_memory_fraction(1.0)


BOOSTERS = {"xgboost": "n_estimators", "catboost": "iterations", "lightgbm": "n_estimators"}


@pytest.mark.parametrize("task", ["binary", "multiclass", "regression"])
@pytest.mark.parametrize("family", list(BOOSTERS))
def test_boosting_on_the_gpu_learns_what_it_does_on_the_processor(family: str, task: str) -> None:
    assert driver()
    found = {}
    for device in ("cpu", "auto"):
        asked = problem(family, task, rows=40_000, device=device, **{BOOSTERS[family]: 60})
        fitted = families.get(family).fit(asked, silent)
        if device == "auto" and fitted.facts["device"] == "cpu":
            pytest.skip(fitted.facts["device_reason"])  # a build without CUDA
        again = opened(dump(fitted.estimator))  # kept, it asks for no GPU
        said = scores(again, task, asked.x_valid)
        found[device] = said if task == "regression" else said[np.arange(len(said)), asked.y_valid]
        assert fitted.history["valid_loss"][-1] < 0.8 * fitted.history["valid_loss"][0]
    apart = np.abs(found["cpu"] - found["auto"]).mean() / found["cpu"].std()
    assert apart < 0.25


def test_several_processes_share_the_gpus_memory() -> None:
    from workbench.training.share import divide

    divide(4)
    try:
        assert choose().name == "cuda"
        total = torch.cuda.get_device_properties(0).total_memory
        with pytest.raises(torch.OutOfMemoryError):
            torch.empty(int(total * 0.3), dtype=torch.uint8, device="cuda")
    finally:
        divide(1)
        torch.cuda.set_per_process_memory_fraction(1.0)
