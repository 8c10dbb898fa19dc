"""The folder of a logged model, as MLflow's scikit-learn flavor writes it (skops, no pickle).

MLflow writes the environment anew for each model and loads each one again to see which types it
has. Here one small model is written by it, and what is alike is taken from there; the types are
found in the file without making the model a second time.
"""

from __future__ import annotations

import contextlib
import functools
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import mlflow.sklearn
from mlflow.models import Model, ModelSignature
from mlflow.models.model import MLMODEL_FILE_NAME
from mlflow.types import ColSpec, Schema
from mlflow.utils import requirements_utils

from workbench.core.errors import StoreError
from workbench.core.signature import Signature
from workbench.store.store import Outcome

KINDS = {
    "number": "double",
    "boolean": "boolean",
    "category": "string",
    "text": "string",
    "datetime": "datetime",
}
NEEDED = ["ml-workbench[ml]"]  # inferring what a model needs takes half a minute


def write(folder: Path, model: Model, outcome: Outcome) -> None:
    """Write the run's fitted pipeline, and ``model`` completed by what is said of it.

    Raises
    ------
    StoreError
        The pipeline holds something that skops cannot keep, or that may not be loaded again.
    """
    predict = "predict" if outcome.signature.task == "regression" else "predict_proba"
    files, flavors = _alike(outcome.trusted, predict)
    path = folder / flavors["sklearn"]["pickled_model"]
    _dump(outcome, path)
    for name, content in files.items():
        (folder / name).write_bytes(content)
    model.flavors = dict(flavors)
    model.signature = _signature(outcome.signature)
    model.model_size_bytes = path.stat().st_size
    model.save(str(folder / MLMODEL_FILE_NAME))


def _dump(outcome: Outcome, path: Path) -> None:
    import skops.io  # slow to import; who has fitted a pipeline has it

    try:
        skops.io.dump(outcome.pipeline, path)
        unknown = set(skops.io.get_untrusted_types(file=path)) - set(outcome.trusted)
    except (TypeError, ValueError, AttributeError) as error:
        raise StoreError(
            f"The model cannot be kept: {error}.", "skops keeps no functions and no local classes."
        ) from error
    if unknown:
        raise StoreError(
            f"The model holds types that nobody vouched for: {', '.join(sorted(unknown)[:8])}.",
            "Only types that are known may be loaded again.",
        )


@functools.lru_cache(maxsize=16)
def _alike(trusted: tuple[str, ...], predict: str) -> tuple[Mapping[str, bytes], dict[str, Any]]:
    """Files and flavors that all models of this process share, as MLflow itself writes them."""
    from sklearn.linear_model import LogisticRegression

    with tempfile.TemporaryDirectory() as temporary, _unchecked():
        folder = Path(temporary, "model")
        mlflow.sklearn.save_model(
            LogisticRegression(),
            str(folder),
            serialization_format="skops",
            skops_trusted_types=list(trusted),
            pip_requirements=NEEDED,
            pyfunc_predict_fn=predict,
        )
        flavors = Model.load(str(folder)).flavors
        own = {MLMODEL_FILE_NAME, flavors["sklearn"]["pickled_model"]}
        return {p.name: p.read_bytes() for p in folder.iterdir() if p.name not in own}, flavors


def _signature(signature: Signature) -> ModelSignature:
    return ModelSignature(
        Schema([ColSpec(KINDS[f.kind], f.name, required=False) for f in signature.inputs])
    )


@contextlib.contextmanager
def _unchecked() -> Iterator[None]:
    """Without the search for packages that differ from the requirements.

    MLflow reads the file lists of all installed packages for it, which takes seconds, to warn of
    what is not warned of here. Nothing else is asked of that list while a model is kept.
    """
    known = "_MODULES_TO_PACKAGES"
    if getattr(requirements_utils, known, {}) is not None:
        yield
        return
    setattr(requirements_utils, known, {})
    try:
        yield
    finally:
        setattr(requirements_utils, known, None)
