"""Bundles and endpoints that the tests of serving share."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.packaging.models import Model, model
from tests.serving.endpoints import Live, make_bundle, running

MODELS = {
    "binary": ("binary", "lightgbm"),
    "multiclass": ("multiclass", "logistic"),
    "regression": ("regression", "logistic"),
}


@pytest.fixture(scope="session")
def made(datasets: Path) -> dict[str, Model]:
    return {name: model(datasets, *what) for name, what in MODELS.items()}


@pytest.fixture(scope="session")
def bundles(made: dict[str, Model], tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    root = tmp_path_factory.mktemp("bundles")
    return {name: make_bundle(root / name, one) for name, one in made.items()}


@pytest.fixture(scope="session")
def bundle(bundles: dict[str, Path]) -> Path:
    return bundles["binary"]


@pytest.fixture(scope="session")
def live(bundle: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    """An endpoint that many tests ask; none may stop it."""
    with running(bundle, tmp_path_factory.mktemp("live")) as found:
        yield found
