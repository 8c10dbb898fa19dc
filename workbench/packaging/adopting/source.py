"""What kind of model a file or folder holds; nothing is opened that could run code of its own."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import yaml

from workbench.core.errors import DataError, UsageError
from workbench.core.files import inside

Kind = Literal["onnx", "skops", "torch"]

LARGEST = 1_000_000_000  # bytes of a model file
KINDS: dict[str, Kind] = {".onnx": "onnx", ".skops": "skops", ".pt2": "torch"}
SKLEARN = "Save it with skops.io.dump(model, 'model.skops'), or as ONNX, and adopt that."
TORCH = "Save it with torch.export.save(torch.export.export(model, …), 'model.pt2')."
OTHERS = {
    **dict.fromkeys((".pkl", ".pickle", ".joblib", ".sav", ".dill", ".cloudpickle"), SKLEARN),
    **dict.fromkeys((".pt", ".pth", ".bin", ".ckpt"), TORCH),
}
CODE = "would run code of its own when it is loaded (pickle), so it is not opened"


@dataclass(frozen=True)
class Source:
    """A model file and the kind of model in it."""

    path: Path
    kind: Kind

    def read(self) -> bytes:
        """Its content.

        Raises
        ------
        DataError
            It is too large.
        """
        size = self.path.stat().st_size
        if size > LARGEST:
            raise DataError(
                f"{self.path.name} has {size / 1e9:.1f} GB; {LARGEST / 1e9:g} GB is the most.",
                "Adopt a smaller model.",
            )
        return self.path.read_bytes()


def find(path: Path) -> Source:
    """The model in a file, or in a folder that MLflow wrote.

    Raises
    ------
    UsageError
        There is nothing, or nothing that can be adopted; the hint says how to save it instead.
    """
    if path.is_dir():
        return _of_folder(path)
    if not path.is_file():
        raise UsageError(f"There is no file {path}.", "Give the path of a model file.")
    ending = path.suffix.lower()
    if ending in OTHERS:
        raise UsageError(f"{path.name} {CODE}.", OTHERS[ending])
    if ending not in KINDS:
        raise UsageError(
            f"{path.name} is no kind of model file that can be adopted.",
            "These are: .onnx, .skops, .pt2 (torch.export), a folder of MLflow, models:/NAME/1.",
        )
    return Source(path, KINDS[ending])


def _of_folder(folder: Path) -> Source:
    described = folder / "MLmodel"
    if not described.is_file():
        raise UsageError(f"{folder} is no model of MLflow: it has no file MLmodel.", "Give a file.")
    try:
        flavors = dict(yaml.safe_load(described.read_text(encoding="utf-8"))["flavors"])
    except (yaml.YAMLError, KeyError, TypeError, ValueError) as error:
        raise DataError(f"{described} cannot be read.", "Log the model again.") from error
    if "onnx" in flavors:
        return Source(_inner(folder, flavors["onnx"], "data"), "onnx")
    own = flavors.get("sklearn")
    if own and own.get("serialization_format") == "skops":
        return Source(_inner(folder, own, "pickled_model"), "skops")
    if own:
        raise UsageError(
            f"The MLflow model {folder.name} {CODE}.",
            "Log it with mlflow.sklearn.log_model(…, serialization_format='skops').",
        )
    named = ", ".join(sorted(flavors)) or "none"
    raise UsageError(
        f"The MLflow model {folder.name} has the flavors {named}; onnx or sklearn is needed.",
        "Log it with mlflow.onnx, or with mlflow.sklearn and serialization_format='skops'.",
    )


def _inner(folder: Path, flavor: dict[str, object], key: str) -> Path:
    path = inside(folder, str(flavor.get(key, "")))
    if not path.is_file():
        raise DataError(f"The MLflow model {folder.name} lacks its file.", "Log it again.")
    return path
