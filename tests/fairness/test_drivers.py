"""What gives a group away, and what drives a gap."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats.contingency import association

from workbench.fairness.drivers import cramers_v, drivers, proxies
from workbench.groups import grouped


def test_cramers_v_is_scipys_up_to_its_correction() -> None:
    counts = np.array([[400, 100, 50], [80, 300, 70]])
    assert cramers_v(counts[None])[0] == pytest.approx(association(counts), abs=0.003)


def test_a_copy_of_the_group_is_its_strongest_proxy_and_noise_tells_nothing() -> None:
    random = np.random.default_rng(0)
    sex = random.choice(["f", "m"], 3000)
    others = {
        "copy": np.where(sex == "f", "x", "y"),
        "height": random.normal(size=3000) + 2 * (sex == "m"),
        "noise": random.normal(size=3000),
        "id": np.arange(3000).astype(str),
    }
    rows = list(proxies([grouped("sex", sex)], others).records())
    assert [r["other"] for r in rows] == ["copy", "height", "noise"]
    assert rows[0]["value"] == pytest.approx(1, abs=0.001)
    assert 0.4 < rows[1]["low"] < rows[1]["value"] < rows[1]["high"] < 0.9
    assert rows[2]["value"] < 0.06


def test_drivers_are_differences_of_mean_contributions() -> None:
    random = np.random.default_rng(0)
    group = random.integers(0, 2, 500)
    moved = {"pay": group * 2.0 + random.normal(size=500), "age": random.normal(size=500)}
    rows = list(drivers([("sex", "m", "f")], {"sex": (["f", "m"], group)}, moved).records())
    assert rows[0]["input"] == "pay"
    expected = moved["pay"][group == 1].mean() - moved["pay"][group == 0].mean()
    assert rows[0]["difference"] == pytest.approx(expected)
    assert rows[0]["low"] < 2 < rows[0]["high"]
    assert rows[1]["low"] < 0 < rows[1]["high"]
