"""Keeping a fitted pipeline on disk without pickle: skops, and only the types listed here."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Sequence
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

from workbench.core.errors import DataError, StoreError
from workbench.training import quickskops as skops

LARGEST = 2_000_000_000  # bytes of a model file, unpacked
TRUSTED: tuple[str, ...] = (
    "lightgbm.basic.Booster",
    "lightgbm.sklearn.LGBMClassifier",
    "lightgbm.sklearn.LGBMRegressor",
    "collections.OrderedDict",
    "numpy.dtype",
    "sklearn.ensemble._hist_gradient_boosting.predictor.TreePredictor",
    "sklearn.tree._tree.Tree",
    "workbench.features.derive.Derive",
    "workbench.features.steps.aggregate.Aggregate",
    "workbench.features.steps.bins.Bins",
    "workbench.features.steps.clip.Clip",
    "workbench.features.steps.combine.Combine",
    "workbench.features.steps.date.Date",
    "workbench.features.steps.hash.Hash",
    "workbench.features.steps.length.Length",
    "workbench.features.steps.log.Log",
    "workbench.features.steps.missing.Missing",
    "workbench.features.steps.number.Number",
    "workbench.features.steps.target_mean.TargetMean",
    "workbench.features.steps.words.Words",
    "workbench.training.additive.AdditiveClassifier",
    "workbench.training.additive.AdditiveRegressor",
    "workbench.training.adopted.ForeignClassifier",
    "workbench.training.adopted.ForeignRegressor",
    "workbench.training.adopted.OnnxClassifier",
    "workbench.training.adopted.OnnxRegressor",
    "workbench.training.bayes.NaiveBayes",
    "workbench.training.blend.BlendClassifier",
    "workbench.training.blend.BlendRegressor",
    "workbench.training.calibrated.CalibratedClassifier",
    "workbench.training.graphmodel.GraphClassifier",
    "workbench.training.graphmodel.GraphRegressor",
    "workbench.training.membership.Membership",
    "workbench.training.mitigated.DecorrelatedClassifier",
    "workbench.training.mitigated.DecorrelatedRegressor",
    "workbench.training.mitigated.GroupThresholds",
    "workbench.training.mitigated.Mixture",
    "workbench.training.nearest.NearestClassifier",
    "workbench.training.nearest.NearestRegressor",
    "workbench.training.oblivious.CatClassifier",
    "workbench.training.oblivious.CatRegressor",
    "workbench.training.perceptron.NetworkClassifier",
    "workbench.training.perceptron.NetworkRegressor",
    "workbench.training.stack.StackClassifier",
    "workbench.training.stack.StackRegressor",
    "workbench.training.steps.Codes",
    "workbench.training.steps.Encode",
    "workbench.training.steps.Indicators",
    "workbench.training.steps.Numbers",
    "workbench.training.steps.Piecewise",
    "workbench.training.vectors.VectorClassifier",
    "workbench.training.vectors.VectorRegressor",
    "xgboost.core.Booster",
    "xgboost.sklearn.XGBClassifier",
    "xgboost.sklearn.XGBRegressor",
)


def trusted() -> tuple[str, ...]:
    """The types that are loaded: ours, and the steps of packages that joined as guests."""
    guests = entry_points(group="workbench.step")
    return (*TRUSTED, *(point.value.replace(":", ".") for point in guests))


def dump(pipeline: Any) -> bytes:
    """A fitted pipeline as the bytes of a skops file."""
    content: bytes = skops.dumps(pipeline)
    return content


def strangers(content: bytes) -> list[str]:
    """The types in a skops file that nobody has vouched for.

    Raises
    ------
    DataError
        It is no skops file, or unpacks to more than ``LARGEST`` bytes.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as packed:
            size = sum(item.file_size for item in packed.infolist())
        if size > LARGEST:
            raise DataError(
                f"The model file unpacks to {size / 1e9:.1f} GB; {LARGEST / 1e9:g} GB is the most.",
                "Adopt a smaller model.",
            )
        return sorted(set(skops.get_untrusted_types(data=content)) - set(trusted()))
    except (zipfile.BadZipFile, KeyError, ValueError, TypeError, AttributeError) as error:
        raise DataError(
            "The file is no skops file, or it is damaged.", "Write it with skops.io.dump."
        ) from error


def load(source: bytes | Path | str, more: Sequence[str] = ()) -> Any:
    """The pipeline in a skops file; nothing in it runs before its types are looked at.

    ``more`` are types that somebody vouched for, beside those of this package.

    Raises
    ------
    StoreError
        The file is damaged, or holds a type that no pipeline of ours has.
    """
    content = source if isinstance(source, bytes) else Path(source).read_bytes()
    try:
        known = {*trusted(), *more}
        unknown = sorted(set(skops.get_untrusted_types(data=content)) - known)
        if not unknown:
            return skops.loads(content, trusted=sorted(known))
    except (ImportError, AttributeError) as error:
        raise StoreError(
            f"The model file needs a type that is not there: {error}.",
            "Install or import the package that defines it.",
        ) from error
    except (
        zipfile.BadZipFile,
        KeyError,
        ValueError,
        skops.UntrustedTypesFoundException,
    ) as error:
        raise StoreError(
            "The model file is damaged and cannot be read.", "Train the model again."
        ) from error
    raise StoreError(
        f"The model file holds {unknown[0]}, which no model of this workspace has.",
        "It was not loaded. Train the model again, or ask where the file comes from.",
    )
