"""The workspace: one folder, and the single handle that every shell holds."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

from workbench.actions import ACTIONS
from workbench.actions.context import Context
from workbench.actions.own import told
from workbench.actions.secret import parted, whole
from workbench.bar import bar
from workbench.core.endpoint import AuditEntry
from workbench.core.errors import UsageError
from workbench.core.feature import Feature
from workbench.core.files import explained, write_text
from workbench.core.pipeline import read
from workbench.core.progress import Progress, silent
from workbench.core.recipe import Recipe
from workbench.core.registry import Registry
from workbench.core.report import Report
from workbench.core.settings import FILE, Settings
from workbench.core.split import Split
from workbench.core.wire import plain
from workbench.jobs import handover
from workbench.jobs.engines.local import LocalEngine
from workbench.jobs.ledger import new_id
from workbench.objects import (
    Bundle,
    Carried,
    Dataset,
    Datasets,
    Endpoint,
    Endpoints,
    Job,
    Jobs,
    Preview,
    Run,
    Runs,
    RunShelf,
    Sweep,
    Sweeps,
)
from workbench.objects.shown import Listed, Shown
from workbench.views import shelves

# opened when asked: a shell, which holds workspaces and is held by none
FRAMES: Registry[Any] = Registry("frame", {"app": "workbench.notebook.frame:app"}, extra="app")

TEMPLATE = """\
# Settings of this workspace; what is left out keeps its default.
name = "{name}"

# [mlflow]
# tracking_uri = "https://mlflow.example.org"   # a remote server instead of the embedded store

# [jobs]
# at_once = 2     # how many run at the same time
# threads = 0     # threads of each; 0 means all cores
"""


class Workspace(Shown):
    """A folder that holds data sets, runs, jobs, endpoints and the audit log.

    Several processes may hold the same folder open: an app, a notebook, a command line.

    Parameters
    ----------
    path
        The folder; made on first use.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        root = Path(path).expanduser().absolute()
        if root.exists() and not root.is_dir():
            raise UsageError(f"{root} is a file.", "Give a folder for the workspace.")
        if not (root / FILE).is_file():
            _create(root)
        self.root = root
        self.settings = Settings.read(root)
        self.context = Context(root, self.settings)

    @property
    def name(self) -> str:
        return self.settings.name

    # the shelves -----------------------------------------------------------------------------

    @cached_property
    def datasets(self) -> Datasets:
        """The data sets by name or ``name@version``."""
        return Datasets(self)

    @cached_property
    def runs(self) -> RunShelf:
        """The runs by id, a beginning of it, or an alias such as ``champion``."""
        return RunShelf(self)

    @cached_property
    def sweeps(self) -> Sweeps:
        """The sweeps of tuning by id."""
        return Sweeps(self)

    @cached_property
    def jobs(self) -> Jobs:
        """The jobs by id."""
        return Jobs(self)

    @cached_property
    def endpoints(self) -> Endpoints:
        """The endpoints by name."""
        return Endpoints(self)

    def bundles(self) -> list[Bundle]:
        """The bundles that this workspace exported and that are still there, newest first."""
        from workbench.actions.bundles import folders

        found = [Bundle(self, folder) for folder in folders(self.context)]
        return Listed(found, lambda all_: shelves.bundles([(b.path, b.manifest) for b in all_]))

    def catalogue(self) -> dict[str, str]:
        """The public data sets that can be imported by name, with their titles."""
        return catalogue()

    def families(self) -> dict[str, str]:
        """The model families that can be trained, with their titles."""
        from workbench.actions.offers import model_families

        return model_families()

    def absent_families(self) -> dict[str, str]:
        """The model families that cannot be used here: how to install them, or what is wrong."""
        from workbench.actions.offers import absent_families

        return absent_families()

    def steps(self) -> Report:
        """The steps that features can be made by, and their parameters."""
        from workbench.actions.features import offers

        return offers()

    # the verbs -------------------------------------------------------------------------------

    def perform(
        self,
        action: str,
        params: Mapping[str, Any],
        progress: Progress = silent,
        *,
        job: str | None = None,
    ) -> dict[str, Any]:
        """Carry out an action here and now; jobs and the methods below come through this door."""
        context = self.context if job is None else Context(self.root, self.settings, job)
        if job is not None:
            params = whole(params, handover.take(job))
        function = ACTIONS.get(action)
        try:
            return function(context, progress, **params)
        except TypeError as error:
            if "unexpected keyword argument" in str(error) or "required keyword" in str(error):
                raise UsageError(f"{action}: {str(error).partition('() ')[2] or error}.") from error
            raise

    def submit(self, action: str, **params: Any) -> Job:
        """Carry out an action as a job in a process of its own; returns at once.

        A password in the address of a database is handed to that process and kept nowhere.
        """
        ACTIONS.get(action)
        own = told(params)
        kept, secret = parted(plain({**params, "own": own} if own else params))
        job = new_id()
        if secret:
            handover.give(job, secret)
        try:
            record = self.context.ledger.submit(action, kept, job=job)
        except BaseException:
            handover.take(job)  # nobody will ask for it
            raise
        self.engine.start(record.id)
        return Job(self, record)

    def import_data(
        self,
        source: Any,
        *,
        name: str | None = None,
        target: str | None = None,
        sensitive: Sequence[str] = (),
        roles: Mapping[str, str] | None = None,
        split: Split | None = None,
        broken: str = "refuse",
        progress: Progress | None = None,
        **options: Any,
    ) -> Dataset:
        """Make an immutable snapshot of a table.

        Parameters
        ----------
        source
            A name of the catalogue (``"adult"``), the path of a CSV or Parquet file, or a frame
            (pandas, Polars, Arrow).
        name
            The data set's name; by default made from the source. A known name gets a new version.
        target, sensitive, roles
            What columns are for; the rest is inferred, with reasons.
        split
            How its rows are dealt to train, validation and test unless a recipe says otherwise.
        broken
            What to do when the data set's contract is broken: ``"refuse"``, ``"quarantine"`` (put
            the rows into a file and take the rest) or ``"note"``.
        **options
            For the reader: ``encoding``, ``delimiter``, ``names``, ``header``, ``quote``, ``skip``,
            ``bad_rows``, ``sheet``, ``table``, ``query``; for all kinds: ``missing`` (texts that
            stand for nothing), ``text``, ``decimal``, ``thousands``, ``dates``, ``day_first``.

        Raises
        ------
        DataError
            The file is empty, broken or cut off; the sentence says what and where.
        """
        with self.progress(progress, "import") as tell:
            done = self.perform(
                "import",
                {
                    "source": os.fspath(source) if isinstance(source, os.PathLike) else source,
                    "name": name,
                    "target": target,
                    "sensitive": [sensitive] if isinstance(sensitive, str) else list(sensitive),
                    "roles": roles,
                    "split": plain(split) if split else None,
                    "options": options,
                    "broken": broken,
                },
                tell,
            )
        return self.datasets[done["dataset"]]

    def preview(self, source: Any, *, rows: int = 50, **options: Any) -> Preview:
        """How a source would be read, its columns and first rows; nothing is imported.

        Parameters
        ----------
        source, **options
            As :meth:`import_data` takes them. Only the head is read.

        Raises
        ------
        DataError
            The source holds no usable table.
        """
        from workbench.actions.preview import of

        place = os.fspath(source) if isinstance(source, os.PathLike) else source
        return Preview(self, source, options, of(self.context, place, options, rows))

    def at_hand(self, name: str) -> bool:
        """Whether a data set of the catalogue is on this machine already."""
        from workbench.actions.preview import at_hand

        return at_hand(self.context, name)

    def tables(self, url: str) -> list[str]:
        """The tables and views of a database that can be imported."""
        from workbench.actions.preview import tables

        return tables(url)

    def train(
        self,
        data: Dataset | str | None = None,
        families: Sequence[str] | str = ("logistic", "lightgbm"),
        *,
        target: str | None = None,
        seed: int = 0,
        params: Mapping[str, Mapping[str, Any]] | None = None,
        sensitive: str = "use",
        columns: Sequence[str] | None = None,
        features: Sequence[Feature] | None = None,
        split: Split | None = None,
        recipe: Recipe | None = None,
        progress: Progress | None = None,
    ) -> Runs:
        """Train one run per family, here and now, with a bar; ``submit`` does it as a job.

        Parameters
        ----------
        columns
            The columns to learn from; those with the role feature or sensitive when left out.
        features
            What is made from columns (see :class:`~workbench.core.feature.Feature`); those of the
            data set when left out, none for an empty list.

        Returns
        -------
        Runs
            Those that are done; ``.best`` is the one with the best primary metric.
        """
        if recipe is not None:
            asked: dict[str, Any] = {"recipe": recipe.to_dict()}
        else:
            asked = {
                "dataset": getattr(data, "ref", data),
                "families": [families] if isinstance(families, str) else list(families),
                "target": target,
                "seed": seed,
                "params": params,
                "sensitive": sensitive,
                "columns": columns,
                "features": None if features is None else plain(list(features)),
                "split": plain(split) if split else None,
            }
        with self.progress(progress, "train") as tell:
            done = self.perform("train", asked, tell)
        return Runs([self.runs[i] for i in done["runs"]], done["best"], done["failed"])

    def adopt(
        self,
        source: str | os.PathLike[str],
        *,
        dataset: Dataset | str,
        target: str | None = None,
        name: str | None = None,
        task: str | None = None,
        columns: Sequence[str] | None = None,
        classes: Sequence[str] | None = None,
        trust: Sequence[str] = (),
        split: Split | None = None,
        progress: Progress | None = None,
    ) -> Run:
        """Make a run of a model that was made elsewhere, judged on the test rows of a data set.

        Parameters
        ----------
        source
            An ``.onnx``, ``.skops`` or ``.pt2`` (``torch.export``) file, a folder that MLflow
            wrote, or ``models:/NAME/1`` or ``runs:/ID/model`` in this workspace's library.
            Pickles are never opened.
        columns
            The columns that it takes, in its order, where the file does not name them.
        classes
            What each of its classes is called in the data set, in its order, where the file does
            not say so.
        trust
            Types in a skops file that may be loaded although they are not scikit-learn's.

        Raises
        ------
        UsageError
            The file cannot be adopted, or does not fit the data set; the hint says what to do.
        DataError
            The file is damaged, or the model refuses the data set's rows.
        """
        asked = {
            "source": os.fspath(source),
            "dataset": getattr(dataset, "ref", dataset),
            "target": target,
            "name": name,
            "task": task,
            "columns": columns,
            "classes": classes,
            "trust": list(trust),
            "split": plain(split) if split else None,
        }
        with self.progress(progress, "adopt") as tell:
            done = self.perform("adopt", asked, tell)
        return self.runs[done["run"]]

    def tune(
        self,
        data: Dataset | str | None = None,
        families: Sequence[str] | str | None = None,
        *,
        attempts: int | None = None,
        minutes: float | None = None,
        metric: str | None = None,
        target: str | None = None,
        seed: int = 0,
        params: Mapping[str, Mapping[str, Any]] | None = None,
        keep: int | None = None,
        blend: bool = False,
        auto: bool = False,
        parallel: int | None = None,
        quick: bool = False,
        resume: Sweep | str | None = None,
        progress: Progress | None = None,
        **recipe: Any,
    ) -> Sweep:
        """Find the best family and parameters within a budget; ``submit("tune")`` does it as a job.

        Attempts are judged on the validation rows (in five folds where these are few), never on
        the test rows. The best become ordinary runs.

        Parameters
        ----------
        families
            The families that compete; four usual ones by default, with ``auto`` all that suit.
        attempts, minutes
            The budget, whatever ends first; 50 attempts when neither is given.
        metric
            What is to be best; the task's primary metric by default.
        params
            Parameters per family that are held, not tuned.
        keep
            How many families' best attempts become runs.
        blend
            Whether these are blended into one more run.
        auto
            The preset: a baseline, many families, the best four and a bagged stack of them.
        parallel
            How many attempts run at the same time, each in a process of its own with its share of
            the cores. One by default: then a seed decides the whole sweep.
        quick
            Whether quick models are looked for, too: parameters are proposed for both objectives,
            and the runs are attempts that no other beats in both the metric and the latency.
        resume
            An earlier sweep to go on with.
        **recipe
            ``sensitive``, ``columns``, ``features``, ``split``: as :meth:`train` takes them.

        Returns
        -------
        Sweep
            ``.best`` is the best run, ``.report()`` what was tried.
        """
        asked: dict[str, Any] = {
            "dataset": getattr(data, "ref", data),
            "attempts": attempts,
            "minutes": minutes,
            "metric": metric,
            "target": target,
            "seed": seed,
            "params": params,
            "keep": keep,
            "blend": blend,
            "auto": auto,
            "parallel": parallel,
            "quick": quick,
            "sweep": getattr(resume, "id", resume),
            **{k: plain(v) for k, v in recipe.items()},
        }
        if families is not None:
            asked["families"] = [families] if isinstance(families, str) else list(families)
        with self.progress(progress, "tune") as tell:
            done = self.perform("tune", asked, tell)
        return Sweep(self, done["sweep"], done["runs"], done["best"], done["failed"])

    def run(
        self,
        pipeline: str | os.PathLike[str] | Mapping[str, Any],
        *,
        force: bool = False,
        progress: Progress | None = None,
    ) -> Carried:
        """Carry out the stages and gates of a pipeline; what has not changed is not done again.

        Parameters
        ----------
        pipeline
            A TOML file, or what one holds as a dict (paths are then from the working directory).
        force
            Whether stages are done again though nothing changed.

        Returns
        -------
        Carried
            ``.run`` is the best run, ``.stages`` and ``.gates`` what each came to, ``.reports`` the
            evaluation and those of its stages.

        Raises
        ------
        Blocked
            A gate does not hold: its value is in the reasons, and nothing is exported or promoted.
        UsageError
            The file is no pipeline; said before anything is trained.
        """
        data = pipeline if isinstance(pipeline, Mapping) else read(pipeline)
        with self.progress(progress, "pipeline") as tell:
            done = self.perform("pipeline", {"pipeline": data, "force": force}, tell)
        return Carried(self, done)

    def combine(
        self,
        runs: Sequence[Run | str],
        how: str = "stack",
        *,
        seed: int | None = None,
        layers: int = 1,
        progress: Progress | None = None,
    ) -> Run:
        """One run of several: their recipes trained again as the members of one model.

        Parameters
        ----------
        how
            ``stack``: a model of what the members say of rows that they have not seen.
            ``blend``: their mean, weighed on the validation rows. ``bag``: a stack whose fits of
            eight folds answer together; better, and as many times larger and slower.
        seed
            That of the first run by default.
        layers
            Of a stack or bag: with 2 all members are fitted once more, on their columns and what
            the first layer says of the row. On some thousand rows often better still, on a few
            hundred not; twice as large and slow.

        Raises
        ------
        UsageError
            The runs do not stand on the same rows and columns, or one cannot be a member.
        """
        ids = [getattr(r, "id", r) for r in runs]
        asked = {"runs": ids, "how": how, "seed": seed, "layers": layers}
        with self.progress(progress, "combine") as tell:
            return self.runs[self.perform("combine", asked, tell)["run"]]

    def validate(
        self,
        runs: Sequence[Run | str] | Run | str,
        folds: int = 5,
        repeats: int = 1,
        *,
        progress: Progress | None = None,
        **how: Any,
    ) -> list[Report]:
        """Cross-validate the recipes of runs on the same folds; the test rows are in none.

        ``**how`` is what :meth:`Run.validate <workbench.objects.Run.validate>` takes:
        ``scheme``, ``column``, ``seed``, ``inner``, ``curve``. The reports are kept with the runs.
        """
        given = [runs] if isinstance(runs, (str, Run)) else list(runs)
        asked = {"runs": [getattr(r, "id", r) for r in given], "folds": folds, "repeats": repeats}
        with self.progress(progress, "validate") as tell:
            done = self.perform("validate", {**asked, **how}, tell)
        found = [self.context.store.report(i, "validation") for i in done["runs"]]
        return Listed(found, shelves.reports)

    def compare(
        self,
        runs: Sequence[Run | str],
        *,
        rope: float | None = None,
        costs: Any = None,
        progress: Progress | None = None,
    ) -> Report:
        """Compare runs on the rows that all of them held out, and on their folds if they have any.

        Parameters
        ----------
        rope
            A difference of the primary metric up to which two runs are as good as each other: 0.01
            of a share (a point), one percent of an error by default.
        costs
            What decisions cost: the expected cost is then one of the metrics. As
            :meth:`Run.threshold <workbench.objects.Run.threshold>` takes them.
        """
        from workbench.actions.compare import of

        with self.progress(progress, "compare") as tell:
            names = [getattr(r, "id", r) for r in runs]
            return of(self.context, names, progress=tell, rope=rope, costs=costs)

    def promote(self, run: Run | str, alias: str = "champion", note: str = "") -> Run:
        """Give a run's model an alias; the audit log says who, when and on what evidence."""
        done = self.perform(
            "promote", {"run": getattr(run, "id", run), "alias": alias, "note": note}
        )
        return self.runs[done["run"]]

    def champion(self, alias: str = "champion") -> Run | None:
        """The run that carries the alias; the newest, when several data sets have one."""
        models = self.context.store.aliased(alias)
        runs = [self.runs[m.run_id] for m in models]
        return max(runs, key=lambda r: r.record.started, default=None)

    def audit(self, limit: int = 100) -> list[AuditEntry]:
        """What was promoted, exported and served, newest first."""
        return Listed(self.context.audit.entries(limit), shelves.audit)

    def watch(
        self, endpoint: Endpoint | str, last: int | None = None, *, progress: Progress | None = None
    ) -> Report:
        """Hold an endpoint's logged inputs against its model's training data."""
        from workbench.actions.watch import of

        with self.progress(progress, "watch") as tell:
            return of(self.context, getattr(endpoint, "name", endpoint), last, tell)

    def diff(
        self,
        before: Dataset | str,
        after: Dataset | str | None = None,
        *,
        progress: Progress | None = None,
    ) -> Report:
        """What changed between two versions; with one name, since the version before it."""
        from workbench.actions.diff import of

        names = [getattr(d, "ref", d) for d in (before, after)]
        with self.progress(progress, "diff") as tell:
            return of(self.context, str(names[0]), names[1], tell)

    def drift(
        self,
        before: Dataset | str,
        after: Dataset | str | None = None,
        *,
        progress: Progress | None = None,
    ) -> Report:
        """Which columns moved between two data sets, tested by Evidently.

        With one name, since the version before it. ``report.facts["html"]`` is the path of
        Evidently's page: one file that needs no network.
        """
        from workbench.actions.drift import of

        names = [getattr(d, "ref", d) for d in (before, after)]
        with self.progress(progress, "drift") as tell:
            return of(self.context, str(names[0]), names[1], tell)

    def clean(self) -> int:
        """Pack old versions of data sets and remove what can be made again; the bytes freed."""
        from workbench.actions.clean import clean

        return clean(self.context)

    def mlflow(self, port: int = 0) -> str:
        """The address of MLflow's own pages on the workspace's runs.

        They are served on this machine until this process ends; of a remote store it is its own.
        """
        from workbench.actions.library import address

        return address(self.context, port)

    def stay(self) -> None:
        """Wait while MLflow's pages are served by this process."""
        from workbench.actions.library import stay

        stay(self.context)

    def doctor(self) -> Report:
        """What this machine and this workspace look like, and how to mend what is wrong."""
        from workbench.actions.doctor import check

        return check(self.context)

    def app(self, page: str = "", *, height: int = 760, **about: str) -> Any:
        """The app of this workspace in a notebook, in a frame.

        Behind Jupyter's own login where the server extension is, else from a server of this
        kernel's own; where pages may not be framed, a link.

        Parameters
        ----------
        page, about
            What it opens with: ``ws.app("compare", runs="1f2e3d4c,9a8b7c6d")``.
        height
            Pixels.

        Raises
        ------
        MissingExtra
            The app's libraries are not installed.
        """
        return FRAMES.get("app")(self, page, height=height, **about)

    # inside ----------------------------------------------------------------------------------

    @cached_property
    def engine(self) -> LocalEngine:
        return LocalEngine(
            self.root, self.context.ledger, self.settings.jobs, self.settings.threads
        )

    @contextlib.contextmanager
    def progress(self, given: Progress | None, title: str) -> Iterator[Progress]:
        """The progress that was given, or a bar."""
        if given is not None:
            yield given
        else:
            with bar(title) as drawn:
                yield drawn

    def _html(self) -> str:
        jobs = [job.record for job in self.jobs.list()]
        counts = [
            ("data sets", len(self.datasets)),
            ("runs", len(self.runs.list(1000))),
            ("endpoints", sum(e.record.alive for e in self.endpoints)),
            ("jobs running", sum(job.active for job in jobs)),
        ]
        return shelves.workspace(self.name, self.root, counts, [j for j in jobs if j.active])

    def __repr__(self) -> str:
        return f"<Workspace {self.name!r} in {self.root}>"


def open_workspace(path: str | os.PathLike[str] = ".") -> Workspace:
    """Open the workspace in a folder; the folder is made on first use."""
    return Workspace(path)


def catalogue() -> dict[str, str]:
    """The public data sets that can be imported by name, with their titles."""
    from workbench.actions.offers import data_sets

    return data_sets()


def examine() -> Report:
    """What this machine looks like, outside of any workspace."""
    from workbench.actions.doctor import machine

    return machine()


def find(start: Path | None = None) -> Path | None:
    """The nearest folder upwards that is a workspace."""
    here = (start or Path.cwd()).absolute()
    return next((f for f in (here, *here.parents) if (f / FILE).is_file()), None)


def _create(root: Path) -> None:
    with explained(root):
        root.mkdir(parents=True, exist_ok=True)
    name = root.name.replace('"', "").replace("\\", "") or "workbench"
    write_text(root / FILE, TEMPLATE.format(name=name))
