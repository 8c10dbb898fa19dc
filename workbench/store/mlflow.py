"""The library on MLflow: embedded sqlite by default, a remote server by one setting.

Others can read all of it with plain MLflow: runs, parameters, metrics, models in the scikit-learn
flavor (skops format, no pickle), registry aliases. Metrics are written in one batch when a run
ends, since one call per value costs milliseconds each.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import json
import logging
import os
import shutil
import sqlite3
import tempfile
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

os.environ.setdefault("MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR", "false")
os.environ.setdefault("MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT", "true")

import mlflow
import mlflow.sklearn
from mlflow.entities import Metric, Param, Run, RunTag, ViewType
from mlflow.exceptions import MlflowException
from mlflow.models import Model, ModelSignature
from mlflow.tracking import MlflowClient
from mlflow.types import ColSpec, Schema
from mlflow.utils.file_utils import local_file_uri_to_path

from workbench.core.errors import NotFound, StoreError
from workbench.core.files import inside, locked, replacing, write_bytes
from workbench.core.recipe import Recipe
from workbench.core.report import Report
from workbench.core.run import ModelRecord, RunRecord, RunState
from workbench.core.signature import Signature
from workbench.core.wire import dumps, load
from workbench.store.listing import Listed, listed
from workbench.store.store import Outcome

STATES: dict[str, RunState] = {
    "RUNNING": "running",
    "SCHEDULED": "running",
    "FINISHED": "done",
    "FAILED": "failed",
    "KILLED": "cancelled",
}
STATUS = {"failed": "FAILED", "cancelled": "KILLED", "done": "FINISHED"}
KINDS = {
    "number": "double",
    "boolean": "boolean",
    "category": "string",
    "text": "string",
    "datetime": "datetime",
}
TAG = "workbench."
FIT = "fit/"  # metrics of the fitting itself, step by step; no judgement of the run
LONGEST_TAG = 5000
MODEL = "model.skops"


class MLflowStore:
    """Runs of one workspace, as one MLflow experiment.

    Parameters
    ----------
    root
        The workspace's folder; holds ``mlflow.db`` and ``artifacts/`` when the store is embedded.
    name
        Name of the experiment.
    uri
        A remote tracking server; empty for the embedded store.
    """

    def __init__(self, root: Path, name: str, uri: str = "") -> None:
        self.root = root.resolve()
        self.name = name
        self.uri = uri or f"sqlite:///{self.root / 'mlflow.db'}"
        self.remote = bool(uri)
        _quieten()
        with self._explained():
            if self.remote:
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

    # runs ------------------------------------------------------------------------------------

    def begin(self, name: str, recipe: Recipe, tags: Mapping[str, str]) -> str:
        text = dumps(recipe.to_dict())
        with self._explained():
            run = self.client.create_run(
                self.experiment,
                run_name=name,
                tags={
                    TAG + "recipe": text if len(text) <= LONGEST_TAG else "",
                    TAG + "recipe_digest": recipe.digest,
                    **{TAG + k: v for k, v in tags.items() if v},
                },
            )
            run_id = str(run.info.run_id)
            self.put_file(run_id, "recipe.json", dumps(recipe.to_dict(), indent=2).encode())
        return run_id

    def finish(self, run_id: str, outcome: Outcome) -> None:
        with self._explained():
            self._log_model(run_id, outcome)
            for report in outcome.reports:
                self.put_report(run_id, report)
            for path, content in outcome.files.items():
                self.put_file(run_id, path, content)
            self.put_file(run_id, "signature.json", dumps(outcome.signature, indent=2).encode())
            self._log_numbers(run_id, outcome)
            self.client.set_terminated(run_id, "FINISHED")

    def reopen(self, run_id: str, tags: Mapping[str, str]) -> None:
        with self._explained():
            changed = [RunTag(TAG + k, v) for k, v in {**tags, "reason": ""}.items()]
            self.client.log_batch(run_id, tags=changed)
            self.client.update_run(run_id, "RUNNING")

    def close(self, run_id: str, state: RunState, reason: str) -> None:
        with self._explained():
            if reason:
                self.client.set_tag(run_id, TAG + "reason", reason[:LONGEST_TAG])
            self.client.set_terminated(run_id, STATUS[state])

    def run(self, run_id: str) -> RunRecord:
        with self._explained():
            run = self._find(run_id)
            signature = self._signature(run.info.run_id)
            return self._record(run, self._aliases().get(run.info.run_id, ()), signature)

    def runs(self, limit: int = 100) -> list[RunRecord]:
        with self._explained():
            aliases = self._aliases()
            quick = (
                None
                if self.remote
                else listed(self.root / "mlflow.db", self.experiment, limit, FIT)
            )
            if quick is not None:
                return [self._told(r, aliases.get(r.id, ()), None) for r in quick]
            found: list[Run] = []
            token: str | None = None
            while len(found) < limit:
                page = self.client.search_runs(
                    [self.experiment],
                    run_view_type=ViewType.ACTIVE_ONLY,
                    max_results=min(limit - len(found), 1000),
                    order_by=["attributes.start_time DESC"],
                    page_token=token,
                )
                found += page
                token = page.token
                if not token:
                    break
            return [self._record(r, aliases.get(r.info.run_id, ()), None) for r in found]

    # artifacts -------------------------------------------------------------------------------

    def model_file(self, run_id: str) -> Path:
        with self._explained():
            run = self.client.get_run(run_id)
            model = run.data.tags.get(TAG + "model")
            if not model:
                raise StoreError(
                    f"Run {run_id[:8]} has no model: it is {STATES[run.info.status]}.",
                    "Choose a run that is done.",
                )
            if not self.remote:
                made = self.client.get_logged_model(model)
                return Path(local_file_uri_to_path(made.artifact_location)) / MODEL
            kept = self.root / "cache" / "models" / model / MODEL
            if not kept.is_file():  # a logged model never changes
                with self._here():
                    self._fetch(kept, MODEL, artifact_uri=f"models:/{model}")
        return kept

    def put_report(self, run_id: str, report: Report) -> None:
        self.put_file(run_id, f"reports/{report.kind}.json", dumps(report.to_dict()).encode())

    def report(self, run_id: str, kind: str) -> Report | None:
        if kind not in self.report_kinds(run_id):
            return None
        return Report.from_dict(json.loads(self._text(run_id, f"reports/{kind}.json")))

    def report_kinds(self, run_id: str) -> list[str]:
        with self._explained():
            files = self.client.list_artifacts(run_id, "reports")
        return sorted(Path(f.path).stem for f in files if f.path.endswith(".json"))

    def put_file(self, run_id: str, path: str, content: bytes) -> None:
        with self._explained():
            if not self.remote:  # MLflow's copy could be read half-written
                write_bytes(inside(self._folder(run_id), path), content)
                return
            folder, _, name = path.rpartition("/")
            with tempfile.TemporaryDirectory() as temporary:
                local = Path(temporary) / name
                local.write_bytes(content)
                self.client.log_artifact(run_id, str(local), folder or None)

    def file(self, run_id: str, path: str) -> Path:
        with self._explained():
            if not self.remote:
                return inside(self._folder(run_id), path)
            kept = inside(self.root / "cache" / "runs" / run_id, path)
            self._fetch(kept, "", run_id=run_id, artifact_path=path)
        return kept

    def fetch(self, uri: str, folder: Path) -> Path:
        with self._explained(), self._here():
            return Path(
                mlflow.artifacts.download_artifacts(
                    artifact_uri=uri, dst_path=str(folder), tracking_uri=self.uri
                )
            )

    def _folder(self, run_id: str) -> Path:
        """Where the embedded store keeps a run's files."""
        return Path(local_file_uri_to_path(self.client.get_run(run_id).info.artifact_uri))

    def _fetch(self, kept: Path, part: str, **what: str) -> None:
        """Download a file, or ``part`` of a folder, to ``kept``, which is never half of one."""
        with tempfile.TemporaryDirectory() as temporary:
            found = mlflow.artifacts.download_artifacts(
                **what, dst_path=temporary, tracking_uri=self.uri
            )
            with replacing(kept) as place:
                shutil.copyfile(Path(found, part), place)

    def _text(self, run_id: str, path: str) -> str:
        return self.file(run_id, path).read_text(encoding="utf-8")

    # registry --------------------------------------------------------------------------------

    def set_alias(self, run_id: str, model: str, alias: str) -> ModelRecord:
        with self._explained():
            run = self.client.get_run(run_id)
            self._ensure_registered(model)
            version = self._version_of(model, run_id)
            if version is None:
                version = self._register(model, run_id, run.data.tags[TAG + "model"])
            self.client.set_registered_model_alias(model, alias, version)
        return ModelRecord(model, version, run_id, (alias,))

    def aliased(self, alias: str, model: str | None = None) -> list[ModelRecord]:
        with self._explained():
            return [
                ModelRecord(
                    m.name, str(m.aliases[alias]), self._run_of(m.name, m.aliases[alias]), (alias,)
                )
                for m in self.client.search_registered_models(max_results=1000)
                if alias in m.aliases and model in (None, m.name)
            ]

    # inside ----------------------------------------------------------------------------------

    def _log_model(self, run_id: str, outcome: Outcome) -> None:
        # made here first: Model.log alone would put it into whatever experiment is active
        made = self.client.create_logged_model(self.experiment, "model", run_id)
        with self._here():
            Model.log(
                None,
                mlflow.sklearn,
                name="model",
                run_id=run_id,
                model_id=made.model_id,
                sk_model=outcome.pipeline,
                serialization_format="skops",
                skops_trusted_types=list(outcome.trusted),
                pip_requirements=["ml-workbench[ml]"],  # inferring them takes half a minute
                signature=_mlflow_signature(outcome.signature),
                pyfunc_predict_fn="predict"
                if outcome.signature.task == "regression"
                else "predict_proba",
            )
        self.client.set_tag(run_id, TAG + "model", made.model_id)

    def _log_numbers(self, run_id: str, outcome: Outcome) -> None:
        stamp = int(time.time() * 1000)
        metrics = [Metric(k, v, stamp, 0) for k, v in outcome.metrics.items() if v is not None]
        metrics += [Metric(FIT + name, value, stamp, step) for step, name, value in outcome.history]
        params = [Param(k, str(v)[:500]) for k, v in outcome.params.items()]
        tags = [RunTag(TAG + k, str(v)[:LONGEST_TAG]) for k, v in outcome.tags.items() if v]
        for start in range(0, max(len(metrics), 1), 900):  # a batch holds at most 1,000 entries
            first = start == 0
            self.client.log_batch(
                run_id,
                metrics[start : start + 900],
                params[:99] if first else (),
                tags if first else (),
            )

    def _find(self, name: str) -> Run:
        for model in self.aliased(name):
            return self.client.get_run(model.run_id)
        if len(name) == 32:
            with contextlib.suppress(MlflowException):
                return self.client.get_run(name)
        recent = self.runs(1000)
        fitting = [r.id for r in recent if len(name) >= 4 and r.id.startswith(name)]
        if len(fitting) == 1:
            return self.client.get_run(fitting[0])
        raise NotFound.among("run", name, [r.short for r in recent[:20]])

    def _record(self, run: Run, aliases: tuple[str, ...], signature: Signature | None) -> RunRecord:
        info, data = run.info, run.data
        metrics = {k: v for k, v in data.metrics.items() if not k.startswith(FIT)}
        known = Listed(
            info.run_id, info.run_name, info.status, info.start_time, info.end_time, data.tags,
            metrics,
        )  # fmt: skip
        return self._told(known, aliases, signature)

    def _told(
        self, run: Listed, aliases: tuple[str, ...], signature: Signature | None
    ) -> RunRecord:
        tags = {k[len(TAG) :]: v for k, v in run.tags.items() if k.startswith(TAG)}
        return RunRecord(
            id=run.id,
            name=run.name,
            state=STATES[run.status],
            recipe=self._recipe(run.id, tags.pop("recipe", "")),
            signature=signature,
            metrics=run.metrics,
            dataset_digest=tags.get("dataset_digest", ""),
            started=dt.datetime.fromtimestamp(run.start / 1000, dt.UTC),
            seconds=(run.end - run.start) / 1000 if run.end else None,
            reason=tags.pop("reason", ""),
            tags=tags,
            aliases=aliases,
        )

    def _recipe(self, run_id: str, text: str) -> Recipe:
        if not text:
            text = self._text(run_id, "recipe.json")
        return Recipe.from_dict(json.loads(text))

    def _signature(self, run_id: str) -> Signature | None:
        names = [f.path for f in self.client.list_artifacts(run_id)]
        if "signature.json" not in names:
            return None
        return load(Signature, json.loads(self._text(run_id, "signature.json")))

    def _aliases(self) -> dict[str, tuple[str, ...]]:
        found: dict[str, tuple[str, ...]] = {}
        for model in self.client.search_registered_models(max_results=1000):
            for alias, version in model.aliases.items():
                run_id = self._run_of(model.name, version)
                found[run_id] = (*found.get(run_id, ()), alias)
        return found

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
            hint = (
                f"Is the MLflow server at {self.uri} up?"
                if self.remote
                else "Run `workbench doctor` to check the store."
            )
            first = str(error).strip().split("\n")[0][:300]
            raise StoreError(f"The MLflow store refused: {first}", hint) from error


def _mlflow_signature(signature: Signature) -> ModelSignature:
    return ModelSignature(
        Schema([ColSpec(KINDS[f.kind], f.name, required=False) for f in signature.inputs])
    )


def _quieten() -> None:
    for name in ("mlflow", "alembic", "mlflow.sklearn", "mlflow.store.db.utils"):
        logging.getLogger(name).setLevel(logging.ERROR)
