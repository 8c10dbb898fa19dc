"""MLflow: what writes the store, and what reads a remote one. Importing it takes seconds.

Others can read all of it with plain MLflow: runs, parameters, metrics, models in the scikit-learn
flavor (skops format, no pickle), registry aliases. Metrics are written in one batch when a run
ends, since one call per value costs milliseconds each.
"""

from __future__ import annotations

import contextlib
import logging
import os
import sqlite3
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

os.environ.setdefault("MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR", "false")
os.environ.setdefault("MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT", "true")

import mlflow
import requests
from mlflow.entities import (
    LoggedModel,
    LoggedModelOutput,
    LoggedModelStatus,
    Metric,
    Param,
    Run,
    RunTag,
    ViewType,
)
from mlflow.environment_variables import (
    MLFLOW_HTTP_REQUEST_MAX_RETRIES,
    MLFLOW_HTTP_REQUEST_TIMEOUT,
)
from mlflow.exceptions import MlflowException
from mlflow.models import Model
from mlflow.tracking import MlflowClient
from mlflow.tracking._tracking_service.utils import _get_store
from sqlalchemy import event

from workbench.core.errors import StoreError
from workbench.core.files import locked, replacing_folder
from workbench.core.run import ModelRecord
from workbench.store import modelfolder
from workbench.store.store import Outcome
from workbench.store.tables import FIT, LONGEST_TAG, TAG, Courses, Told, local

PAGE = 1000  # runs or models in one answer
AWAY = (requests.exceptions.ConnectionError, requests.exceptions.Timeout)
RETRIES = 2  # MLflow asks seven times, which is four minutes for whoever looks at a list
TIMEOUT = 30  # seconds


class Library:
    """One experiment of an MLflow store; what MLflow refuses is a :class:`StoreError`.

    Parameters
    ----------
    root
        The workspace's folder.
    name
        Name of the experiment; it is made when it is not there.
    uri
        Where the store is.
    remote
        Whether that is a server, and not a database in ``root``.
    """

    def __init__(self, root: Path, name: str, uri: str, remote: bool) -> None:
        self.root, self.name, self.uri, self.remote = root, name, uri, remote
        _quieten()
        with self._explained():
            if self.remote:
                _hurry()
                self.client = MlflowClient(self.uri, registry_uri=self.uri)
                self.experiment = self._experiment(None)
            else:
                with locked(self.root / ".mlflow.lock"):  # two first openings would migrate twice
                    self.client = MlflowClient(self.uri, registry_uri=self.uri)
                    self.experiment = self._experiment((self.root / "artifacts").as_uri())
                    self._journal()

    def _experiment(self, artifacts: str | None) -> str:
        found = self.client.get_experiment_by_name(self.name)
        if found is None:
            return str(self.client.create_experiment(self.name, artifact_location=artifacts))
        if found.lifecycle_stage == "deleted":
            self.client.restore_experiment(found.experiment_id)
        return str(found.experiment_id)

    def _journal(self) -> None:
        connection = sqlite3.connect(self.root / "mlflow.db", timeout=30)
        with contextlib.closing(connection):
            connection.execute("PRAGMA journal_mode=WAL")
        engine = _get_store(self.uri).engine
        if not event.contains(engine, "connect", _ordered):
            event.listen(engine, "connect", _ordered)
            engine.dispose()  # connections that were made before

    # reading ---------------------------------------------------------------------------------

    def runs(self, limit: int) -> list[Told]:
        found: list[Run] = []
        token: str | None = None
        with self._explained():
            while len(found) < limit:
                page = self.client.search_runs(
                    [self.experiment],
                    run_view_type=ViewType.ACTIVE_ONLY,
                    max_results=min(limit - len(found), PAGE),
                    order_by=["attributes.start_time DESC"],
                    page_token=token,
                )
                found += page
                token = page.token
                if not token:
                    break
        return [_told(run) for run in found]

    def run(self, run_id: str) -> Told | None:
        with self._explained():
            try:
                return _told(self.client.get_run(run_id))
            except MlflowException as error:
                if error.error_code in ("RESOURCE_DOES_NOT_EXIST", "INVALID_PARAMETER_VALUE"):
                    return None
                raise

    def aliases(self) -> list[ModelRecord]:
        with self._explained():
            return [
                ModelRecord(model.name, str(version), self._run_of(model.name, version), (alias,))
                for model in self.client.search_registered_models(max_results=PAGE)
                for alias, version in model.aliases.items()
            ]

    def model_place(self, model_id: str) -> str | None:
        with self._explained():
            return str(self.client.get_logged_model(model_id).artifact_location)

    def courses(self, run_ids: Sequence[str]) -> Courses:
        found: Courses = {}
        with self._explained():
            for run in run_ids:
                for name in self.client.get_run(run).data.metrics:
                    if name.startswith(FIT):
                        steps = self.client.get_metric_history(run, name)
                        steps.sort(key=lambda metric: metric.step)
                        course = [metric.value for metric in steps]
                        found.setdefault(run, {})[name.removeprefix(FIT)] = course
        return found

    def names(self, run_id: str, folder: str = "") -> list[str]:
        """Paths of the files that lie in a folder of a run."""
        with self._explained():
            return [f.path for f in self.client.list_artifacts(run_id, folder or None)]

    def download(self, folder: Path, **what: str) -> Path:
        """What an address or a run's path names, copied to ``folder``."""
        with self._explained(), self._here():
            return Path(
                mlflow.artifacts.download_artifacts(
                    **what, dst_path=str(folder), tracking_uri=self.uri
                )
            )

    # writing ---------------------------------------------------------------------------------

    def begin(self, name: str, tags: Mapping[str, str]) -> Told:
        """Open a run."""
        with self._explained():
            kept = {TAG + k: v for k, v in tags.items() if v}
            return _told(self.client.create_run(self.experiment, run_name=name, tags=kept))

    def reopen(self, run_id: str, tags: Mapping[str, str]) -> None:
        with self._explained():
            self.client.log_batch(run_id, tags=[RunTag(TAG + k, v) for k, v in tags.items()])
            self.client.update_run(run_id, "RUNNING")

    def rename(self, run_id: str, name: str) -> None:
        with self._explained():
            self.client.update_run(run_id, name=name)

    def close(self, run_id: str, status: str, reason: str = "") -> None:
        with self._explained():
            if reason:
                self.client.set_tag(run_id, TAG + "reason", reason[:LONGEST_TAG])
            self.client.set_terminated(run_id, status)

    def upload(self, run_id: str, local: Path, folder: str) -> None:
        """Copy a local file into a folder of a run."""
        with self._explained():
            self.client.log_artifact(run_id, str(local), folder or None)

    def log_model(self, run_id: str, outcome: Outcome) -> str:
        """Keep the run's fitted pipeline; the model's id."""
        with self._explained():
            made = self.client.create_logged_model(self.experiment, "model", run_id)
            self.client.log_outputs(run_id, [LoggedModelOutput(made.model_id, step=0)])
            told = Model(
                artifact_path=made.artifact_location,
                model_uuid=made.model_id,
                run_id=run_id,
                model_id=made.model_id,
            )
            try:
                self._put_model(made, told, outcome)
            except BaseException:
                with contextlib.suppress(MlflowException):  # what went wrong first is told
                    self.client.finalize_logged_model(made.model_id, LoggedModelStatus.FAILED)
                raise
            self.client.finalize_logged_model(made.model_id, LoggedModelStatus.READY)
        return str(made.model_id)

    def _put_model(self, made: LoggedModel, told: Model, outcome: Outcome) -> None:
        if not self.remote:
            with replacing_folder(local(made.artifact_location)) as folder:
                modelfolder.write(folder, told, outcome)
                # a temporary folder is its maker's alone
                folder.chmod(folder.parent.stat().st_mode & 0o777)
            return
        with tempfile.TemporaryDirectory() as temporary:
            modelfolder.write(Path(temporary), told, outcome)
            self.client.log_model_artifacts(made.model_id, temporary)

    def log_numbers(self, run_id: str, outcome: Outcome, model: str) -> None:
        """Metrics, the course of the fit, parameters and tags, ``model`` among them."""
        stamp = int(time.time() * 1000)
        metrics = [Metric(k, v, stamp, 0) for k, v in outcome.metrics.items() if v is not None]
        metrics += [Metric(FIT + name, value, stamp, step) for step, name, value in outcome.history]
        params = [Param(k, str(v)[:500]) for k, v in outcome.params.items()]
        said = {**outcome.tags, "model": model}
        tags = [RunTag(TAG + k, str(v)[:LONGEST_TAG]) for k, v in said.items() if v]
        with self._explained():
            for start in range(0, max(len(metrics), 1), 900):  # at most 1,000 entries at once
                first = start == 0
                self.client.log_batch(
                    run_id,
                    metrics[start : start + 900],
                    params[:99] if first else (),
                    tags if first else (),
                )

    def set_alias(self, run_id: str, model_id: str, model: str, alias: str) -> str:
        """Register the run's model under ``model``, point ``alias`` at it; its version."""
        with self._explained():
            self._ensure_registered(model)
            version = self._version_of(model, run_id) or self._register(model, run_id, model_id)
            self.client.set_registered_model_alias(model, alias, version)
        return version

    # inside ----------------------------------------------------------------------------------

    def _run_of(self, model: str, version: Any) -> str:
        return str(self.client.get_model_version(model, str(version)).run_id)

    def _version_of(self, model: str, run_id: str) -> str | None:
        versions = self.client.search_model_versions(f"name = '{model}' and run_id = '{run_id}'")
        return str(versions[0].version) if versions else None

    def _register(self, model: str, run_id: str, model_id: str) -> str:
        with self._here():
            made = self.client.create_model_version(
                model, f"models:/{model_id}", run_id, model_id=model_id
            )
        return str(made.version)

    def _ensure_registered(self, model: str) -> None:
        try:
            self.client.create_registered_model(model)
        except MlflowException as error:
            if error.error_code != "RESOURCE_ALREADY_EXISTS":
                raise

    @contextlib.contextmanager
    def _here(self) -> Iterator[None]:
        """MLflow's global address set to this store, and put back: it belongs to the user."""
        before, registry = mlflow.get_tracking_uri(), mlflow.get_registry_uri()
        # MLflow writes the address into the environment too, where our own child processes would
        # take it for a remote server's
        environment = os.environ.get("MLFLOW_TRACKING_URI")
        mlflow.set_tracking_uri(self.uri)
        mlflow.set_registry_uri(self.uri)
        try:
            yield
        finally:
            mlflow.set_tracking_uri(before)
            mlflow.set_registry_uri(registry)
            os.environ.pop("MLFLOW_TRACKING_URI", None)
            if environment is not None:
                os.environ["MLFLOW_TRACKING_URI"] = environment

    @contextlib.contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except MlflowException as error:
            if isinstance(error.__context__, AWAY):
                raise StoreError(
                    f"The MLflow server at {self.uri} does not answer.",
                    "Is it up, and can this machine reach it?",
                ) from error
            hint = (
                f"Is the MLflow server at {self.uri} up?"
                if self.remote
                else "Run `workbench doctor` to check the store."
            )
            first = str(error).strip().split("\n")[0][:300]
            raise StoreError(f"The MLflow store refused: {first}", hint) from error


def _hurry() -> None:
    """Shorter waits for a server that is away, where the environment says nothing else.

    They are defaults of this process: child processes inherit the environment, and what a kernel
    does with MLflow is the user's own affair. Jobs keep MLflow's patience (``jobs/engines``).
    """
    MLFLOW_HTTP_REQUEST_MAX_RETRIES.default = RETRIES
    MLFLOW_HTTP_REQUEST_TIMEOUT.default = TIMEOUT


def _ordered(connection: sqlite3.Connection, _: Any) -> None:
    """Leave it to checkpoints to wait for the disk, not to each commit.

    Behind a write-ahead log this never damages a file, and a killed process loses nothing. A power
    cut may take the last commits, the newest first: a run that is done has its files and numbers.
    """
    connection.execute("PRAGMA synchronous=NORMAL")


def _told(run: Run) -> Told:
    info, data = run.info, run.data
    metrics = {k: v for k, v in data.metrics.items() if not k.startswith(FIT)}
    return Told(
        info.run_id, info.run_name, info.status, info.start_time, info.end_time, info.artifact_uri,
        data.tags, metrics,
    )  # fmt: skip


def _quieten() -> None:
    for name in ("mlflow", "alembic", "mlflow.sklearn", "mlflow.store.db.utils"):
        logging.getLogger(name).setLevel(logging.ERROR)
