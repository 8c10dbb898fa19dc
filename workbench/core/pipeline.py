"""A pipeline: stages and gates in one file, as data."""

from __future__ import annotations

import operator
import os
import re
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from workbench.core.errors import UsageError

STAGES = ("data", "train", "tune", "explain", "fairness", "gates", "export", "promote")
COMPARE: Mapping[str, Callable[[float, float], bool]] = {
    ">=": operator.ge,
    "<=": operator.le,
    ">": operator.gt,
    "<": operator.lt,
}
FOR = {"fairness": "tpr.difference", "explain": "additivity_error"}
LISTS = ("families", "by", "sensitive", "columns")  # of names; one name may stand alone
EXAMPLES = {  # of the parameters that are tables
    "split": 'method = "group", column = "patient"',
    "params": "logistic = { C = 0.5 }",
    "options": 'delimiter = ";"',
    "roles": 'customer = "id"',
}
NUMBERS = ("attempts", "minutes", "seed", "rows", "keep", "threshold")
NAME = re.compile(r"[A-Za-z0-9][\w.-]{0,79}")
RULE = re.compile(r"\s*(>=|<=|>|<)\s*([-+]?[\d.]+(?:[eE][-+]?\d+)?)\s*")


def read(file: str | os.PathLike[str]) -> dict[str, Any]:
    """A pipeline's file as plain data; paths in it are from its folder, wherever one is.

    Raises
    ------
    UsageError
        It cannot be read, or is no TOML.
    """
    path = Path(file).expanduser()
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise UsageError(f"{file} cannot be read: {error.strerror}.") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UsageError(f"{file} is not valid TOML: {error}.") from error
    return _placed(data, path.absolute().parent)


def _placed(data: dict[str, Any], folder: Path) -> dict[str, Any]:
    """With paths beside the file."""
    source = data.get("data", {}).get("source") if isinstance(data.get("data"), dict) else None
    if isinstance(source, str) and (folder / source).exists():
        data["data"]["source"] = str(folder / source)
    export = data.get("export")
    if isinstance(export, dict) and isinstance(export.get("to"), str):
        export["to"] = str(folder / Path(export["to"]).expanduser())
    return data


@dataclass(frozen=True)
class Rule:
    """One gate: a number of a report, and what it must be.

    ``subject`` is a metric of the evaluation (``roc_auc``), the end of its interval
    (``roc_auc.low``), a gap (``fairness.selection_rate.ratio``) or a fact of the explanation
    (``explain.additivity_error``).
    """

    subject: str
    sign: str
    limit: float

    @classmethod
    def parse(cls, subject: str, text: Any) -> Rule:
        """``roc_auc = ">= 0.92"``.

        Raises
        ------
        UsageError
            It is no rule.
        """
        found = RULE.fullmatch(text) if isinstance(text, str) else None
        try:
            return cls(subject, found[1], float(found[2]))  # type: ignore[index]
        except (TypeError, ValueError) as error:
            raise UsageError(
                f"The gate {subject} = {text!r} is no rule.", 'Write it as: roc_auc = ">= 0.92".'
            ) from error

    def holds(self, value: float) -> bool:
        return COMPARE[self.sign](value, self.limit)

    def __str__(self) -> str:
        return f"{self.subject} {self.sign} {self.limit:g}"


@dataclass(frozen=True)
class Pipeline:
    """A name, its stages in the order in which they are carried out, and its gates."""

    name: str
    stages: Mapping[str, Mapping[str, Any]]
    rules: tuple[Rule, ...] = ()

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Pipeline:
        """A pipeline from plain data (a TOML file).

        Raises
        ------
        UsageError
            A part is unknown, missing, or no table.
        """
        unknown = sorted(set(data) - {"name", *STAGES})
        if unknown:
            raise UsageError(
                f"A pipeline has no {', '.join(map(repr, unknown))}.",
                f"It has: name, {', '.join(STAGES)}.",
            )
        name = data.get("name")
        if not isinstance(name, str) or not NAME.fullmatch(name):
            raise UsageError(
                f"A pipeline needs a name of letters and digits, not {name!r}.",
                'Write at its head: name = "credit".',
            )
        for stage in STAGES:
            if stage in data and not isinstance(data[stage], Mapping):
                raise UsageError(f"{stage} is no table.", f"Write it as: [{stage}].")
        if "source" not in data.get("data", {}):
            raise UsageError("A pipeline begins with data.", 'Write: [data] source = "adult".')
        if ("train" in data) == ("tune" in data):
            raise UsageError(
                "A pipeline trains or tunes, one of the two.", "Write [train] or [tune]."
            )
        rules = tuple(Rule.parse(k, v) for k, v in data.get("gates", {}).items())
        for needed in ("fairness", "explain"):
            if any(r.subject == needed for r in rules):
                raise UsageError(
                    f"The gate {needed} names no number.",
                    f"Say for instance {needed}.{FOR[needed]}.",
                )
            if needed not in data and any(r.subject.startswith(f"{needed}.") for r in rules):
                raise UsageError(
                    f"A gate asks for {needed}, which is no stage.", f"Add [{needed}]."
                )
        stages = {s: _stage(s, data[s]) for s in STAGES if s in data and s != "gates"}
        return cls(name, stages, rules)


def _stage(stage: str, given: Mapping[str, Any]) -> dict[str, Any]:
    """A stage's parameters, in the form that its action takes."""
    found = dict(given)
    for name, value in given.items():
        if name in LISTS and isinstance(value, str):
            found[name] = [part.strip() for part in value.split(",") if part.strip()]
        elif name in LISTS and not _named(value):
            hint = f'Write it as: {name} = ["a", "b"], or {name} = "a, b".'
            raise _odd(stage, name, value, "list of names", hint)
        elif name in EXAMPLES and not isinstance(value, Mapping):
            hint = f"Write it as: {name} = {{ {EXAMPLES[name]} }}."
            raise _odd(stage, name, value, "table", hint)
        elif name in NUMBERS and (isinstance(value, bool) or not isinstance(value, int | float)):
            raise _odd(stage, name, value, "number", f"Write it without quotes: {name} = 3.")
    return found


def _named(value: Any) -> bool:
    return isinstance(value, list | tuple) and all(isinstance(one, str) for one in value)


def _odd(stage: str, name: str, value: Any, kind: str, hint: str) -> UsageError:
    return UsageError(f"{stage}.{name} is a {kind}, not {value!r}.", hint)
