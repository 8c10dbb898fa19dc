"""The steps of ``%workbench``: each a line of words that becomes a call of a workspace's own."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, NoReturn

from workbench.core.errors import NotFound, UsageError
from workbench.objects import Bundle, Dataset, Endpoint, Run
from workbench.views import words
from workbench.workspace import Workspace

ROWS = 500  # that are explained where nobody says how many


@dataclass(frozen=True)
class Call:
    """What a line asks of which workspace; ``names`` are the notebook's own."""

    workspace: Workspace
    given: argparse.Namespace
    names: Mapping[str, Any]

    def dataset(self, name: str) -> Dataset:
        """A data set by its name, or the variable that holds one."""
        held = self.names.get(name)
        return held if isinstance(held, Dataset) else self.workspace.datasets[name]

    def run(self, name: str) -> Run:
        """A run by its id or alias, or the variable that holds one."""
        held = self.names.get(name)
        return held if isinstance(held, Run) else self.workspace.runs[name]

    def bundle(self, name: str) -> Bundle:
        """A bundle by its name, or the variable that holds one, or a run's, exported if needed."""
        held = self.names.get(name)
        if isinstance(held, Bundle):
            return held
        known = {bundle.name: bundle for bundle in self.workspace.bundles()}
        if name in known:
            return known[name]
        run = self.run(name)
        made = [b for b in known.values() if b.manifest.run_id == run.id]
        return made[0] if made else run.export()


@dataclass(frozen=True)
class Step:
    """One word after ``%workbench``."""

    words: str  # of the line: what is given, as a person writes it
    about: str
    does: Callable[[Call], Any]
    takes: Callable[[argparse.ArgumentParser], None]
    after: tuple[str, ...] = ()  # what its words name, one after another: for completion


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        said = words.capital(message)
        raise UsageError(f"{said.rstrip('.')}.", f"Usage: %workbench {self.prog}")


def parsed(name: str, words: list[str]) -> argparse.Namespace:
    """The words after a step's name.

    Raises
    ------
    UsageError
        They do not fit; the hint is the usage.
    """
    step = STEPS[name]
    parser = _Parser(prog=f"{name} {step.words}".strip(), add_help=False, allow_abbrev=False)
    step.takes(parser)
    return parser.parse_args(words)


def listed(text: str | None) -> list[str] | None:
    """``a,b`` as a list; None for nothing."""
    return [part.strip() for part in text.split(",") if part.strip()] if text else None


def _import(call: Call) -> Any:
    given = call.given
    held = call.names.get(given.source)
    framed = held is not None and hasattr(held, "columns") and not isinstance(held, Dataset)
    return call.workspace.import_data(
        held if framed else given.source,
        name=given.name or (given.source if framed else None),
        target=given.target,
        sensitive=listed(given.sensitive) or (),
    )


def _import_takes(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("source")
    parser.add_argument("--name")
    parser.add_argument("--target")
    parser.add_argument("--sensitive")


def _recipe(call: Call) -> dict[str, Any]:
    given = call.given
    asked = {"target": given.target, "seed": given.seed}
    return asked | ({"families": listed(given.families)} if given.families else {})


def _train(call: Call) -> Any:
    data = call.dataset(call.given.dataset)
    if call.given.job:
        return call.workspace.submit("train", dataset=data.ref, **_recipe(call))
    runs = call.workspace.train(data, **_recipe(call))
    named = listed(call.given.families) or []
    return runs[0] if len(named) == len(runs) == 1 else runs


def _train_takes(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("dataset")
    parser.add_argument("families", nargs="?")
    parser.add_argument("--target")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--job", action="store_true")


def _tune(call: Call) -> Any:
    data = call.dataset(call.given.dataset)
    budget = {"attempts": call.given.attempts, "minutes": call.given.minutes}
    if call.given.job:
        return call.workspace.submit("tune", dataset=data.ref, **budget, **_recipe(call))
    return call.workspace.tune(data, **budget, **_recipe(call))


def _tune_takes(parser: argparse.ArgumentParser) -> None:
    _train_takes(parser)
    parser.add_argument("--attempts", type=int)
    parser.add_argument("--minutes", type=float)


def _compare(call: Call) -> Any:
    return call.workspace.compare([call.run(name) for name in call.given.runs])


def _compare_takes(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("runs", nargs="+")


def _explain(call: Call) -> Any:
    run, rows = call.run(call.given.run), call.given.rows
    kept = run.report("explanation")
    if kept is not None and rows in (None, kept.facts["rows_asked"]):
        return kept
    return run.explain(rows=ROWS if rows is None else rows)


def _explain_takes(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("run")
    parser.add_argument("--rows", type=int)


def _fairness_takes(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("run")
    parser.add_argument("--by")
    parser.add_argument("--threshold", type=float)


def _fairness(call: Call) -> Any:
    given = call.given
    return call.run(given.run).fairness(by=listed(given.by), threshold=given.threshold)


def _export_takes(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("run")
    parser.add_argument("--to")
    parser.add_argument("--replace", action="store_true")


def _export(call: Call) -> Any:
    return call.run(call.given.run).export(call.given.to, replace=call.given.replace)


def _serve_takes(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("bundle")
    parser.add_argument("--name")
    parser.add_argument("--port", type=int, default=0)


def _serve(call: Call) -> Endpoint:
    return call.bundle(call.given.bundle).serve(call.given.port, call.given.name)


def _app(call: Call) -> Any:
    return call.workspace.app(call.given.page or "", height=call.given.height)


def _app_takes(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("page", nargs="?")
    parser.add_argument("--height", type=int, default=760)


def _one(name: str) -> Callable[[argparse.ArgumentParser], None]:
    return lambda parser: parser.add_argument(name) and None


def _nothing(parser: argparse.ArgumentParser) -> None:
    del parser


STEPS: dict[str, Step] = {
    "open": Step("FOLDER", "open a workspace; made on first use", lambda c: c.workspace,
                 _one("folder"), ("folder",)),
    "import": Step("SOURCE [--name NAME] [--target COLUMN] [--sensitive A,B]",
                   "a name of the catalogue, a file, or a variable that holds a frame", _import,
                   _import_takes, ("source",)),
    "data": Step("", "the data sets", lambda c: c.workspace.datasets, _nothing),
    "profile": Step("DATASET", "what is in a table, and what is wrong with it",
                    lambda c: c.dataset(c.given.dataset).profile(), _one("dataset"), ("dataset",)),
    "train": Step("DATASET [FAMILY,...] [--target COLUMN] [--seed N] [--job]",
                  "a run for each family; a job with --job", _train, _train_takes,
                  ("dataset", "family")),
    "tune": Step("DATASET [FAMILY,...] [--minutes M] [--attempts N] [--job]",
                 "the best family and parameters within a budget", _tune, _tune_takes,
                 ("dataset", "family")),
    "runs": Step("", "the newest runs", lambda c: c.workspace.runs, _nothing),
    "compare": Step("RUN RUN...", "which is better, and how sure that is", _compare,
                    _compare_takes, ("run",)),
    "explain": Step("RUN [--rows N]", "SHAP values, in the columns of the data set", _explain,
                    _explain_takes, ("run",)),
    "fairness": Step("RUN [--by A,B] [--threshold T]", "for whom a run errs", _fairness,
                     _fairness_takes, ("run",)),
    "export": Step("RUN [--to FOLDER] [--replace]", "the pipeline as ONNX, in a bundle", _export,
                   _export_takes, ("run",)),
    "serve": Step("BUNDLE [--name NAME] [--port N]", "start an endpoint on this machine; a run is"
                  " exported first", _serve, _serve_takes, ("bundle",)),
    "jobs": Step("", "what runs and ran here", lambda c: c.workspace.jobs, _nothing),
    "app": Step("[PAGE] [--height N]", "the app, in a frame", _app, _app_takes, ("page",)),
}  # fmt: skip


def step(name: str) -> Step:
    """A step by its name.

    Raises
    ------
    NotFound
        There is none of that name.
    """
    if name not in STEPS:
        raise NotFound.among("step of %workbench", name, STEPS)
    return STEPS[name]


def usage() -> str:
    """All steps, a line each."""
    return "\n".join(f"%workbench {name} {s.words}\n    {s.about}" for name, s in STEPS.items())
