"""What users hold: the records of the core, bound to their workspace."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from workbench.core.bundle import MANIFEST, BundleManifest, verify
from workbench.core.dataset import DatasetRecord, Schema
from workbench.core.endpoint import EndpointRecord
from workbench.core.errors import JobError, NotFound
from workbench.core.job import Event, JobRecord
from workbench.core.progress import Progress, silent
from workbench.core.report import Report
from workbench.core.run import RunRecord
from workbench.core.split import PARTS
from workbench.core.wire import load

if TYPE_CHECKING:
    import pandas as pd

    from workbench.workspace import Workspace


class Dataset:
    """A named, versioned, immutable table."""

    def __init__(self, workspace: Workspace, record: DatasetRecord) -> None:
        self.workspace = workspace
        self.record = record

    @property
    def name(self) -> str:
        return self.record.name

    @property
    def ref(self) -> str:
        """``name@version``."""
        return self.record.ref

    @property
    def schema(self) -> Schema:
        return self.record.schema

    @property
    def rows(self) -> int:
        return self.record.rows

    def frame(self, columns: list[str] | None = None) -> pd.DataFrame:
        """The table as a pandas DataFrame."""
        frame: pd.DataFrame = self.workspace.context.datasets.frame(self.record, columns)
        return frame

    def head(self, rows: int = 5) -> pd.DataFrame:
        """The first rows as a pandas DataFrame."""
        return self.frame().head(rows)

    def page(self, offset: int = 0, limit: int = 25, **options: Any) -> tuple[Any, Any, int]:
        """Column names, rows and the number of all rows, for tables that show a page at a time."""
        page: tuple[Any, Any, int] = self.workspace.context.datasets.page(
            self.record, offset, limit, **options
        )
        return page

    def profile(self, progress: Progress = silent) -> Report:
        """What is in the table, and what is wrong with it."""
        from workbench.actions.profile import of

        return of(self.workspace.context, self.record, progress)

    def edit(
        self, *, roles: Mapping[str, str] | None = None, semantics: Mapping[str, str] | None = None
    ) -> Dataset:
        """Change what columns are for; the snapshot stays as it is."""
        store = self.workspace.context.datasets
        return Dataset(self.workspace, store.edit(self.ref, roles=roles, semantics=semantics))

    def splits(self) -> dict[str, int]:
        """How many rows the data set's own split deals to each part."""
        from workbench.actions.parts import counts

        return dict(zip(PARTS, counts(self.workspace.context, self.record), strict=True))

    def _repr_html_(self) -> str:
        return self.profile()._repr_html_()

    def __repr__(self) -> str:
        return f"<Dataset {self.ref}: {self.rows:,} rows, {len(self.schema.columns)} columns>"


class Run:
    """One execution of a recipe, and everything that can be asked of its model."""

    def __init__(self, workspace: Workspace, record: RunRecord) -> None:
        self.workspace = workspace
        self.record = record

    @property
    def id(self) -> str:
        return self.record.id

    @property
    def name(self) -> str:
        return self.record.name

    @property
    def metrics(self) -> Mapping[str, float]:
        """Point estimates on the test rows."""
        return self.record.metrics

    def evaluation(self) -> Report:
        """Metrics with intervals, and the curves."""
        return self._kept("evaluation")

    def explain(self, rows: int = 500, seed: int = 0, progress: Progress = silent) -> Report:
        """SHAP values of up to ``rows`` test rows, in the columns of the data set."""
        from workbench.actions.explain import of

        return of(self.workspace.context, self.id, rows, seed, progress)

    def fairness(
        self, by: Sequence[str] | str | None = None, threshold: float | None = None
    ) -> Report:
        """How the run treats the groups of one or two columns."""
        from workbench.actions.fairness import of

        columns = [by] if isinstance(by, str) else by
        return of(self.workspace.context, self.id, columns, threshold)

    def parity(self) -> Report | None:
        """How far the exported form is from the run; None before the first export."""
        return self.report("parity")

    def reports(self) -> list[str]:
        """The kinds of report kept with the run."""
        kinds: list[str] = self.workspace.context.store.report_kinds(self.id)
        return kinds

    def report(self, kind: str) -> Report | None:
        """A kept report, or None."""
        found: Report | None = self.workspace.context.store.report(self.id, kind)
        return found

    def predictor(self) -> Any:
        """The fitted model in its callable form."""
        return self._results().predictor

    def predict(self, frame: Any) -> list[Any]:
        """Labels or values for the rows of a pandas DataFrame."""
        found: list[Any] = self.predictor().predict(frame)
        return found

    def predictions(self) -> pd.DataFrame:
        """Row, part, truth and scores of the rows that the run was not fitted on."""
        frame: pd.DataFrame = self._results().predictions
        return frame

    def sweep(self, by: Sequence[str]) -> Any:
        """Counts per group and score, from which any threshold's figures follow at once."""
        from workbench.actions.sweep import of

        return of(self.workspace.context, self.id, list(by))

    def promote(self, alias: str = "champion", note: str = "") -> Run:
        return self.workspace.promote(self, alias, note)

    def export(
        self,
        to: str | Path | None = None,
        *,
        replace: bool = False,
        progress: Progress | None = None,
    ) -> Bundle:
        """The whole pipeline as ONNX in a bundle folder; refused when it does not answer alike.

        Raises
        ------
        Blocked
            The exported form differs from the run by more than the gate allows.
        """
        asked = {"run": self.id, "to": str(to) if to else None, "replace": replace}
        with self.workspace._progress(progress, "export") as tell:
            done = self.workspace.perform("export", asked, tell)
        return Bundle(self.workspace, Path(done["bundle"]))

    def _results(self) -> Any:
        from workbench.actions.results import Results

        return Results.of(self.workspace.context, self.id)

    def _kept(self, kind: str) -> Report:
        found = self.report(kind)
        if found is None:
            raise NotFound(f"Run {self.record.short} has no {kind}.", "Is the run done?")
        return found

    def _repr_html_(self) -> str:
        report = self.report("evaluation")
        return report._repr_html_() if report is not None else repr(self)

    def __repr__(self) -> str:
        metrics = ", ".join(f"{k} {v:.3g}" for k, v in list(self.metrics.items())[:3])
        return f"<Run {self.record.short} {self.name} {self.record.state}: {metrics}>"


class Runs(Sequence[Run]):
    """Runs in the order in which they were trained."""

    def __init__(
        self, runs: Sequence[Run], best: str = "", failed: Sequence[Mapping[str, str]] = ()
    ) -> None:
        self._runs = list(runs)
        self._best = best
        self.failed = list(failed)

    @property
    def best(self) -> Run:
        """The run with the best primary metric on the test rows."""
        return next(run for run in self._runs if run.id == self._best)

    def __getitem__(self, index: Any) -> Any:
        return self._runs[index]

    def __len__(self) -> int:
        return len(self._runs)

    def __repr__(self) -> str:
        lines = [repr(run) for run in self._runs]
        lines += [f"<failed {f['family']}: {f['reason']}>" for f in self.failed]
        return "\n".join(lines)


class Bundle:
    """A folder that can be carried away: model, signature, provenance, cards, examples."""

    def __init__(self, workspace: Workspace, path: Path) -> None:
        self.workspace = workspace
        self.path = path

    @property
    def name(self) -> str:
        return self.path.name

    @property
    def manifest(self) -> BundleManifest:
        return load(BundleManifest, json.loads((self.path / MANIFEST).read_text("utf-8")))

    def verify(self) -> BundleManifest:
        """Hold every file against its hash; raises with the name of the first that differs."""
        return verify(self.path)

    def sample(self) -> list[dict[str, Any]]:
        """Three rows that the model takes."""
        found: list[dict[str, Any]] = json.loads((self.path / "sample.json").read_text("utf-8"))[
            "rows"
        ]
        return found

    def serve(self, port: int = 0, name: str | None = None) -> Endpoint:
        """Start an endpoint on this machine; a context manager that stops it."""
        from workbench.actions.serve import start

        return Endpoint(self.workspace, start(self.workspace.context, self.path, name, port))

    def __repr__(self) -> str:
        return f"<Bundle {self.path}>"


class Endpoint:
    """A bundle being served."""

    def __init__(self, workspace: Workspace, record: EndpointRecord) -> None:
        self.workspace = workspace
        self.record = record

    @property
    def name(self) -> str:
        return self.record.name

    @property
    def url(self) -> str:
        return self.record.url

    @property
    def token(self) -> str:
        from workbench.actions.call import token

        return token(self.record)

    @property
    def bundle(self) -> Bundle:
        return Bundle(self.workspace, Path(self.record.bundle))

    def refresh(self) -> Endpoint:
        """Look again whether it is alive."""
        self.record = self.workspace.context.ledger.endpoint(self.name)
        return self

    def health(self) -> dict[str, Any]:
        """What the server says of itself."""
        from workbench.actions.call import call

        return call(self.record, "/health")

    def predict(self, rows: Any) -> dict[str, Any]:
        """Ask the endpoint; ``rows`` is a DataFrame or a list of dicts."""
        from workbench.actions.call import call

        if hasattr(rows, "to_dict"):
            names = [n for n in self.bundle.manifest.signature.names if n in rows.columns]
            rows = rows[names].to_dict("records")
        return call(self.record, "/predict", {"rows": rows})

    def stop(self) -> Endpoint:
        """Let it answer what it has begun, then end it."""
        from workbench.actions.serve import stop

        self.record = stop(self.workspace.context, self.name)
        return self

    def restart(self) -> Endpoint:
        from workbench.actions.serve import restart

        self.record = restart(self.workspace.context, self.name)
        return self

    def log(self, lines: int = 100) -> str:
        """The last lines of the server's log."""
        return _tail(Path(self.record.log), lines)

    def answers(self, last: int | None = None) -> pd.DataFrame:
        """The newest logged answers with their inputs."""
        from workbench.actions.watch import answers

        return answers(self.workspace.context, self.name, last)

    def watch(self, last: int | None = None) -> Report:
        return self.workspace.watch(self, last)

    def __enter__(self) -> Endpoint:
        return self

    def __exit__(self, *_: Any) -> None:
        self.stop()

    def __repr__(self) -> str:
        return f"<Endpoint {self.name} {self.record.state} at {self.url}>"


class Job:
    """An action being carried out in a process of its own."""

    def __init__(self, workspace: Workspace, record: JobRecord) -> None:
        self.workspace = workspace
        self.record = record

    @property
    def id(self) -> str:
        return self.record.id

    @property
    def state(self) -> str:
        return self.record.state

    @property
    def fraction(self) -> float:
        return self.record.fraction

    @property
    def text(self) -> str:
        return self.record.text

    def refresh(self) -> Job:
        """Read the job's row again."""
        self.workspace.jobs.settle()
        self.record = self.workspace.context.ledger.job(self.id)
        return self

    def events(self, after: int = 0) -> list[Event]:
        """What it said since the event ``after``."""
        return self.workspace.context.ledger.events(self.id, after)

    def cancel(self) -> Job:
        """Ask it to stop; it is ended if it does not within three seconds."""
        self.workspace.engine.cancel(self.id)
        return self.refresh()

    def wait(self, timeout: float | None = None) -> dict[str, Any]:
        """Wait for the end and return the result.

        Raises
        ------
        JobError
            It failed, was lost or cancelled, or ``timeout`` seconds have passed.
        """
        until = time.monotonic() + timeout if timeout is not None else None
        while self.refresh().record.active:
            if until is not None and time.monotonic() > until:
                raise JobError(f"Job {self.id} is still {self.state} after {timeout:g} s.")
            time.sleep(0.05)
        if self.state != "done":
            raise JobError(f"Job {self.id} {self.state}: {self.record.error or self.record.text}")
        return dict(self.record.result)

    def log(self, lines: int = 200) -> str:
        """The last lines that its process printed."""
        return _tail(self.workspace.engine.log_of(self.id), lines)

    def __repr__(self) -> str:
        return f"<Job {self.id} {self.record.action} {self.state} {self.fraction:.0%} {self.text}>"


class Datasets:
    """The data sets of a workspace."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace

    def list(self) -> list[Dataset]:
        """The newest version of each, newest first."""
        return [Dataset(self._workspace, r) for r in self._workspace.context.datasets.list()]

    def __getitem__(self, ref: str) -> Dataset:
        return Dataset(self._workspace, self._workspace.context.datasets.get(ref))

    def __iter__(self) -> Iterator[str]:
        return (d.ref for d in self.list())

    def __len__(self) -> int:
        return len(self.list())


class RunShelf:
    """The runs of a workspace."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace

    def list(self, limit: int = 100) -> list[Run]:
        """The newest first; runs whose job has died are closed on the way."""
        workspace = self._workspace
        from workbench.actions.parts import settle

        return [Run(workspace, r) for r in settle(workspace.context, limit)]

    def __getitem__(self, name: str) -> Run:
        return Run(self._workspace, self._workspace.context.store.run(name))

    def __iter__(self) -> Iterator[Run]:
        return iter(self.list())


class Jobs:
    """The jobs of a workspace."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace

    def list(self, limit: int = 100) -> list[Job]:
        """The newest first."""
        self.settle()
        return [Job(self._workspace, r) for r in self._workspace.context.ledger.jobs(limit)]

    def settle(self) -> None:
        """Write down jobs whose process has gone, and start one whose turn it is."""
        self._workspace.context.ledger.reconcile()
        self._workspace.engine.start_waiting()

    def __getitem__(self, job: str) -> Job:
        return Job(self._workspace, self._workspace.context.ledger.job(job))

    def __iter__(self) -> Iterator[Job]:
        return iter(self.list())


class Endpoints:
    """The endpoints of a workspace."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace

    def list(self) -> list[Endpoint]:
        return [Endpoint(self._workspace, r) for r in self._workspace.context.ledger.endpoints()]

    def __getitem__(self, name: str) -> Endpoint:
        return Endpoint(self._workspace, self._workspace.context.ledger.endpoint(name))

    def __iter__(self) -> Iterator[Endpoint]:
        return iter(self.list())


def _tail(path: Path, lines: int) -> str:
    if not path.is_file():
        return ""
    with path.open("rb") as file:
        file.seek(max(0, path.stat().st_size - 256 * lines))
        return "\n".join(file.read().decode("utf-8", "replace").splitlines()[-lines:])
