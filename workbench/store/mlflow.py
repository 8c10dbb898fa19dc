"""The library of runs in MLflow: embedded sqlite by default, a remote server by one setting.

An embedded store is read from its tables and its folders; MLflow itself, which takes seconds to
import, is asked to write, and for everything that a remote server holds.
"""

from __future__ import annotations

import datetime as dt
import json
import shutil
import tempfile
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from workbench.core.errors import NotFound, StoreError
from workbench.core.files import inside, replacing, write_bytes
from workbench.core.recipe import Recipe
from workbench.core.report import Report
from workbench.core.run import ModelRecord, RunRecord, RunState
from workbench.core.signature import Signature
from workbench.core.wire import dumps, load
from workbench.store.store import Outcome
from workbench.store.tables import (
    LONGEST_TAG,
    TAG,
    Courses,
    Reader,
    Tables,
    Told,
    Unfamiliar,
    local,
)

if TYPE_CHECKING:
    from workbench.store.library import Library

T = TypeVar("T")

STATES: dict[str, RunState] = {
    "RUNNING": "running",
    "SCHEDULED": "running",
    "FINISHED": "done",
    "FAILED": "failed",
    "KILLED": "cancelled",
}
STATUS = {"failed": "FAILED", "cancelled": "KILLED", "done": "FINISHED"}
WHOLE_ID = 32
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
        A remote tracking server, which has to answer; empty for the embedded store.
    """

    def __init__(self, root: Path, name: str, uri: str = "") -> None:
        self.root = root.resolve()
        self.name = name
        self.uri = uri or f"sqlite:///{self.root / 'mlflow.db'}"
        self.tables = None if uri else Tables(self.root / "mlflow.db", name)
        if uri:
            _ = self.library

    @cached_property
    def library(self) -> Library:
        """MLflow; the embedded store's database is made by it."""
        from workbench.store.library import Library

        return Library(self.root, self.name, self.uri, remote=self.tables is None)

    def _ask(self, question: Callable[[Reader], T]) -> T:
        if self.tables is not None:
            try:
                return question(self.tables)
            except Unfamiliar:
                pass
        return question(self.library)

    # runs ------------------------------------------------------------------------------------

    def begin(self, name: str, recipe: Recipe, tags: Mapping[str, str]) -> str:
        text = dumps(recipe.to_dict())
        known = {
            "recipe": text if len(text) <= LONGEST_TAG else "",
            "recipe_digest": recipe.digest,
        }
        run = self.library.begin(name, {**known, **tags})
        recipe_file = dumps(recipe.to_dict(), indent=2).encode()
        self._put(run.id, {"recipe.json": recipe_file}, run.place)
        return run.id

    def finish(self, run_id: str, outcome: Outcome) -> None:
        reports = dict(map(_as_file, outcome.reports))
        signature = dumps(outcome.signature, indent=2).encode()
        model = self.library.log_model(run_id, outcome)
        self._put(run_id, {**reports, **outcome.files, "signature.json": signature})
        self.library.log_numbers(run_id, outcome, model)
        self.library.close(run_id, STATUS["done"])

    def reopen(self, run_id: str, tags: Mapping[str, str]) -> None:
        self.library.reopen(run_id, {**tags, "reason": ""})

    def close(self, run_id: str, state: RunState, reason: str) -> None:
        self.library.close(run_id, STATUS[state], reason)

    def run(self, run_id: str) -> RunRecord:
        aliases = self._ask(lambda reader: reader.aliases())
        run = self._find(run_id, aliases)
        return self._record(run, _of(aliases, run.id), self._signature(run))

    def runs(self, limit: int = 100) -> list[RunRecord]:
        aliases = self._ask(lambda reader: reader.aliases())
        found = self._ask(lambda reader: reader.runs(limit))
        return [self._record(run, _of(aliases, run.id), None) for run in found]

    def courses(self, run_ids: Sequence[str]) -> Courses:
        return self._ask(lambda reader: reader.courses(run_ids)) if run_ids else {}

    def rename(self, run_id: str, name: str) -> None:
        self.library.rename(run_id, name)

    # artifacts -------------------------------------------------------------------------------

    def model_file(self, run_id: str) -> Path:
        run = self._known(run_id)
        model = run.tags.get(TAG + "model")
        if not model:
            raise StoreError(
                f"Run {run_id[:8]} has no model: it is {STATES[run.status]}.",
                "Choose a run that is done.",
            )
        if self.tables is not None:
            place = self._ask(lambda reader: reader.model_place(model))
            if place is None:
                raise NotFound.among("model", model, [])
            return local(place) / MODEL
        kept = self.root / "cache" / "models" / model / MODEL
        if not kept.is_file():  # a logged model never changes
            self._fetch(kept, MODEL, artifact_uri=f"models:/{model}")
        return kept

    def put_report(self, run_id: str, report: Report) -> None:
        self.put_file(run_id, *_as_file(report))

    def report(self, run_id: str, kind: str) -> Report | None:
        if kind not in self.report_kinds(run_id):
            return None
        return Report.from_dict(json.loads(self._text(run_id, f"reports/{kind}.json")))

    def report_kinds(self, run_id: str) -> list[str]:
        if self.tables is not None:
            names = [path.name for path in (self._folder(run_id) / "reports").glob("*.json")]
        else:
            names = [n for n in self.library.names(run_id, "reports") if n.endswith(".json")]
        return sorted(Path(name).stem for name in names)

    def put_file(self, run_id: str, path: str, content: bytes) -> None:
        self._put(run_id, {path: content})

    def _put(self, run_id: str, files: Mapping[str, bytes], place: str = "") -> None:
        """Keep files with a run; ``place`` is where an embedded store has them, if known."""
        if self.tables is not None:  # MLflow's copy could be read half-written
            folder = local(place) if place else self._folder(run_id)
            for path, content in files.items():
                write_bytes(inside(folder, path), content)
            return
        for path, content in files.items():
            above, _, name = path.rpartition("/")
            with tempfile.TemporaryDirectory() as temporary:
                file = Path(temporary) / name
                file.write_bytes(content)
                self.library.upload(run_id, file, above)

    def file(self, run_id: str, path: str) -> Path:
        if self.tables is not None:
            return inside(self._folder(run_id), path)
        kept = inside(self.root / "cache" / "runs" / run_id, path)
        self._fetch(kept, "", run_id=run_id, artifact_path=path)
        return kept

    def fetch(self, uri: str, folder: Path) -> Path:
        return self.library.download(folder, artifact_uri=uri)

    def _folder(self, run_id: str) -> Path:
        """Where the embedded store keeps a run's files."""
        return local(self._known(run_id).place)

    def _fetch(self, kept: Path, part: str, **what: str) -> None:
        """Download a file, or ``part`` of a folder, to ``kept``, which is never half of one."""
        with tempfile.TemporaryDirectory() as temporary:
            found = self.library.download(Path(temporary), **what)
            with replacing(kept) as place:
                shutil.copyfile(Path(found, part), place)

    def _text(self, run_id: str, path: str) -> str:
        return self.file(run_id, path).read_text(encoding="utf-8")

    # registry --------------------------------------------------------------------------------

    def set_alias(self, run_id: str, model: str, alias: str) -> ModelRecord:
        logged = self._known(run_id).tags[TAG + "model"]
        version = self.library.set_alias(run_id, logged, model, alias)
        return ModelRecord(model, version, run_id, (alias,))

    def aliased(self, alias: str, model: str | None = None) -> list[ModelRecord]:
        known = self._ask(lambda reader: reader.aliases())
        return [m for m in known if alias in m.aliases and model in (None, m.name)]

    # inside ----------------------------------------------------------------------------------

    def _known(self, run_id: str) -> Told:
        found = self._ask(lambda reader: reader.run(run_id))
        if found is None:
            raise NotFound.among("run", run_id, [])
        return found

    def _find(self, name: str, aliases: list[ModelRecord]) -> Told:
        for model in aliases:
            if name in model.aliases:
                return self._known(model.run_id)
        if len(name) == WHOLE_ID and (found := self._ask(lambda reader: reader.run(name))):
            return found
        recent = self._ask(lambda reader: reader.runs(1000))
        fitting = [r for r in recent if len(name) >= 4 and r.id.startswith(name)]
        if len(fitting) == 1:
            return fitting[0]
        raise NotFound.among("run", name, [r.id[:8] for r in recent[:20]])

    def _record(
        self, run: Told, aliases: tuple[str, ...], signature: Signature | None
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

    def _signature(self, run: Told) -> Signature | None:
        if self.tables is None:
            if "signature.json" not in self.library.names(run.id):
                return None
        elif not (local(run.place) / "signature.json").is_file():
            return None
        return load(Signature, json.loads(self._text(run.id, "signature.json")))


def _as_file(report: Report) -> tuple[str, bytes]:
    return f"reports/{report.kind}.json", dumps(report).encode()


def _of(aliases: list[ModelRecord], run_id: str) -> tuple[str, ...]:
    return tuple(alias for m in aliases if m.run_id == run_id for alias in m.aliases)
