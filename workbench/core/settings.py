"""Settings: few, in one place, read once and frozen."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from workbench.core.errors import UsageError

FILE = "workbench.toml"


@dataclass(frozen=True)
class Settings:
    """What a workspace was told; file first, then the environment.

    Parameters
    ----------
    name
        Shown in the app and used as the MLflow experiment.
    tracking_uri
        A remote MLflow server; empty means the embedded sqlite store.
        From the file's ``[mlflow] tracking_uri`` or ``MLFLOW_TRACKING_URI``.
    data_cache
        Folder that the catalogue looks into before it downloads (``WORKBENCH_DATA_CACHE``).
    jobs
        How many jobs may run at once; further ones wait in the queue.
    threads
        Threads that one job's libraries may use; 0 means all cores.
    checkpoint_seconds
        Time between two checkpoints of a long fit.
    deterministic
        Whether fits stay on the processor unless a GPU is asked for: two with one seed are equal.
    energy, country
        Whether trainings are metered, and where (three letters), for their CO2.
    """

    name: str = "workbench"
    tracking_uri: str = ""
    data_cache: str = ""
    jobs: int = 2
    threads: int = 0
    checkpoint_seconds: int = 5
    deterministic: bool = False
    energy: bool = False
    country: str = ""

    @classmethod
    def read(cls, root: Path, environment: Mapping[str, str] = os.environ) -> Settings:
        """The settings of the workspace at ``root``.

        Raises
        ------
        UsageError
            ``workbench.toml`` is not valid TOML or holds a wrong type.
        """
        path = root / FILE
        data: dict[str, Any] = {}
        if path.is_file():
            try:
                data = tomllib.loads(path.read_text(encoding="utf-8"))
            except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
                raise UsageError(
                    f"{path} is not valid TOML: {error}.", "Mend it by hand."
                ) from error
        jobs, energy = data.get("jobs", {}), data.get("energy", {})
        training = data.get("training", {})
        return cls(
            name=_typed(path, str, data.get("name", root.resolve().name or "workbench"), "name"),
            tracking_uri=_typed(
                path,
                str,
                data.get("mlflow", {}).get("tracking_uri")
                or environment.get("MLFLOW_TRACKING_URI", ""),
                "mlflow.tracking_uri",
            ),
            data_cache=environment.get("WORKBENCH_DATA_CACHE", ""),
            jobs=_typed(path, int, jobs.get("at_once", 2), "jobs.at_once"),
            threads=_typed(path, int, jobs.get("threads", 0), "jobs.threads"),
            checkpoint_seconds=_typed(
                path, int, jobs.get("checkpoint_seconds", 5), "jobs.checkpoint_seconds"
            ),
            deterministic=_typed(
                path, bool, training.get("deterministic", False), "training.deterministic"
            ),
            energy=_typed(path, bool, energy.get("meter", False), "energy.meter"),
            country=_typed(path, str, energy.get("country", ""), "energy.country").upper(),
        )


def _typed(path: Path, kind: type, value: Any, key: str) -> Any:
    if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
        raise UsageError(f"{path}: {key} must be {kind.__name__}, not {value!r}.")
    return value
