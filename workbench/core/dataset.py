"""What a table is: its columns, what each is for, and the snapshot that holds it."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Literal, get_args

from workbench.core.errors import NotFound, UsageError
from workbench.core.feature import Feature
from workbench.core.split import Split
from workbench.core.wire import digest

Role = Literal["target", "feature", "sensitive", "id", "time", "ignore"]
Semantic = Literal[
    "number", "boolean", "category", "ordinal", "datetime", "text", "identifier", "email",
    "geographic", "image_path",
]  # fmt: skip

SAID = "set by you"  # the reason of what a user changed
ROLES: tuple[str, ...] = get_args(Role)
SEMANTICS: tuple[str, ...] = get_args(Semantic)


@dataclass(frozen=True)
class Column:
    """One column: its name, storage type, meaning, part in the story, and why we think so."""

    name: str
    dtype: str  # Arrow's name: "int64", "double", "string", "bool", "timestamp[us]"
    semantic: Semantic
    role: Role = "feature"
    reason: str = ""

    @property
    def basis(self) -> Semantic:
        """The plain kind that it is treated as.

        An ordinal or geographic column is a number or a category by its type; e-mail addresses
        and paths of images are text.
        """
        if self.semantic in ("email", "image_path"):
            return "text"
        if self.semantic not in ("ordinal", "geographic"):
            return self.semantic
        return {"string": "category", "bool": "boolean"}.get(self.dtype, "number")  # type: ignore[return-value]

    def __post_init__(self) -> None:
        if self.role not in ROLES:
            raise UsageError(
                f"{self.role!r} is no role of a column ({self.name!r}).",
                f"Use one of: {', '.join(ROLES)}.",
            )
        if self.semantic not in SEMANTICS:
            raise UsageError(
                f"{self.semantic!r} is no kind of column ({self.name!r}).",
                f"Use one of: {', '.join(SEMANTICS)}.",
            )


@dataclass(frozen=True)
class Schema:
    """The columns of a table, in order.

    ``sensitive`` columns are audited; they are inputs of a model too unless a recipe leaves them
    out (``Recipe.sensitive = "drop"``).
    """

    columns: tuple[Column, ...]

    def __getitem__(self, name: str) -> Column:
        for column in self.columns:
            if column.name == name:
                return column
        raise NotFound.among("column", name, self.names)

    def __contains__(self, name: object) -> bool:
        return any(column.name == name for column in self.columns)

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(column.name for column in self.columns)

    @property
    def target(self) -> Column | None:
        return next((c for c in self.columns if c.role == "target"), None)

    def having(self, *roles: str) -> tuple[Column, ...]:
        """The columns with one of these roles."""
        return tuple(c for c in self.columns if c.role in roles)

    def audited(self) -> tuple[str, ...]:
        """The sensitive columns; those that have groups of their own before numbers in ranges."""
        found = sorted(self.having("sensitive"), key=lambda c: c.basis in ("number", "datetime"))
        return tuple(c.name for c in found)

    def edited(
        self,
        *,
        roles: Mapping[str, str] | None = None,
        semantics: Mapping[str, str] | None = None,
    ) -> Schema:
        """A copy with some roles and kinds changed; a new target releases the old one.

        Raises
        ------
        NotFound
            A column that is not in the table.
        UsageError
            An unknown role or kind, or two targets.
        """
        roles, semantics = dict(roles or {}), dict(semantics or {})
        for name in (*roles, *semantics):
            self[name]
        targets = [name for name, role in roles.items() if role == "target"]
        if len(targets) > 1:
            raise UsageError(f"A table has one target, not {len(targets)}: {', '.join(targets)}.")
        if targets and self.target and self.target.name not in roles:
            roles[self.target.name] = "feature"
        return Schema(
            tuple(
                replace(
                    c,
                    role=roles.get(c.name, c.role),  # type: ignore[arg-type]
                    semantic=semantics.get(c.name, c.semantic),  # type: ignore[arg-type]
                    reason=SAID if c.name in roles or c.name in semantics else c.reason,
                )
                for c in self.columns
            )
        )


@dataclass(frozen=True)
class DatasetRecord:
    """A named, versioned, immutable table: what it holds and where it came from."""

    name: str
    version: int
    digest: str  # SHA-256 over the table's content, column by column
    rows: int
    schema: Schema
    source: str = ""
    title: str = ""
    split: Split = field(default_factory=Split)  # the split that this data asks for
    features: tuple[Feature, ...] = ()  # the columns that are made from it for every model
    created: dt.datetime = field(default_factory=lambda: dt.datetime.now(dt.UTC))

    @property
    def ref(self) -> str:
        """``name@version``."""
        return f"{self.name}@{self.version}"

    @property
    def ground(self) -> str:
        """A digest of all that decides what models are trained on: content and edits."""
        return digest([self.digest, self.schema, self.split, self.features])


def parse_ref(ref: str) -> tuple[str, int | None]:
    """``"adult@2"`` to ``("adult", 2)``; without a version ``("adult", None)``: the newest."""
    name, mark, version = ref.partition("@")
    if mark and not version.isdigit():
        raise UsageError(f"{ref!r} is no data set name.", "Write name or name@version.")
    return name, int(version) if mark else None


def slug(text: str, taken: Iterable[str] = ()) -> str:
    """A short name of letters, digits, ``-`` and ``_`` made from ``text``, unlike those taken."""
    base = re.sub(r"[^A-Za-z0-9_]+", "-", text).strip("-_").lower()[:60] or "data"
    name, number, taken = base, 2, set(taken)
    while name in taken:
        name, number = f"{base}-{number}", number + 1
    return name
