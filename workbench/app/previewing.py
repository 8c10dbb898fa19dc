"""A preview on a page: how the source is written, each finding with its control, and its rows."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import param
from panel.custom import JSComponent

from workbench.app import ui
from workbench.app.scripts import script, style
from workbench.app.theme import CSS
from workbench.core.preview import Preview
from workbench.views import previews, words

WIDE = 120  # columns that are shown
CELL = 200  # characters of a cell that are shown
ROLES = (
    ("", "role: found"), ("target", "target"), ("sensitive", "sensitive"), ("id", "id"),
    ("time", "time"), ("feature", "feature"), ("ignore", "ignore"),
)  # fmt: skip
NUMERIC = ("int64", "double")
DELIMITERS = {"comma  ,": ",", "semicolon  ;": ";", "tab": "\t", "bar  |": "|", "blank": " "}
ENCODINGS = (
    "utf-8", "utf-16", "cp1252", "latin-1", "cp1250", "cp1251", "koi8-r", "shift_jis", "gb18030",
)  # fmt: skip


class PreviewTable(JSComponent):
    """The first rows as they stand in the source, below a picker of each column's role."""

    heads = param.List([])
    rows = param.List([])
    choices = param.List([list(choice) for choice in ROLES])
    roles = param.Dict({})

    _esm = script("preview")
    _stylesheets: ClassVar[list[str]] = [CSS, style("preview")]


class OptionBar(JSComponent):
    """Controls beside each other; ``chosen`` has those that do not stand on what was found."""

    items = param.List([])
    chosen = param.Dict({})

    _esm = script("options")
    _stylesheets: ClassVar[list[str]] = [CSS, style("options")]


@dataclass(frozen=True)
class Option:
    """The control of one reading option.

    Parameters
    ----------
    choices
        What it can be, by the words for it; None for a text.
    hint
        Of a text: an example.
    told
        Words for what was found.
    read
        The value of a text.
    """

    name: str
    label: str
    choices: Mapping[str, Any] | None = None
    hint: str = ""
    told: Callable[[Any], str] = str
    read: Callable[[str], Any] = str

    def item(self, found: Any, offers: Sequence[str]) -> dict[str, Any]:
        """The control as the browser draws it."""
        given = found not in (None, "")
        told = f"{self.told(found)} (found)" if given else "as found"
        choices = [*(offers or self.choices or ())] if self.choices is not None else None
        return {
            "name": self.name,
            "label": self.label,
            "choices": choices,
            "told": told if choices is not None else self.hint,
        }

    def value(self, text: str) -> Any:
        """What was chosen, as the reader takes it."""
        return self.read(text) if self.choices is None else self.choices.get(text, text)


def _names(text: str) -> list[str]:
    return [name.strip() for name in text.split(",") if name.strip()]


def _count(text: str) -> int:
    """Lines to leave out; the reader refuses what is no number of lines."""
    return int(text) if text.isdigit() else -1


def _mark(mark: str) -> str:
    return previews.MARKS_OF.get(mark, mark)


FIRST = (
    Option("sheet", "Sheet", {}),
    Option("delimiter", "Delimiter", DELIMITERS, told=previews.delimiter),
    Option("encoding", "Encoding", {e: e for e in ENCODINGS}),
    Option("decimal", "Decimal mark", {"point  .": ".", "comma  ,": ","}, told=_mark),
    Option("header", "Column names", {"first row": True, "none": False},
           told=lambda header: "first row" if header else "none"),
)  # fmt: skip
MORE = (
    Option("skip", "Lines before the table", hint="0", read=_count),
    Option("quote", "Quotes", {'double  "': '"', "single  '": "'"}),
    Option("bad_rows", "Rows of another width", {"refuse": "error", "leave out": "skip"}),
    Option("thousands", "Thousands", {c: c for c in (",", ".", "'", "_")} | {"blank": " "}),
    Option("day_first", "03/04/2025 is", {"3 April": True, "4 March": False}),
    Option("dates", "Dates are written", hint="%d %b %Y"),
    Option("missing", "Also missing", hint="?, -9", read=_names),
    Option("text", "Keep as text", hint="zip, code", read=_names),
)
OF_CSV = ("skip", "quote", "bad_rows")


class Options:
    """The controls of the reading options; those that a kind of source has are shown.

    Parameters
    ----------
    changed
        Called when one of them is another one now.
    """

    def __init__(self, changed: Callable[[], None]) -> None:
        self.first = OptionBar(sizing_mode="stretch_width", margin=0)
        self.more = OptionBar(sizing_mode="stretch_width", margin=(4, 0))
        for bar in (self.first, self.more):
            bar.param.watch(lambda _: changed(), "chosen")
        self._details = ui.details("More reading options", self.more)
        self.view = ui.column(self.first, self._details, gap=8, visible=False)

    def show(self, preview: Preview) -> None:
        """Show the controls of this kind of source, each with what was found."""
        found, offers = preview.found, preview.offers
        self.view.visible = found["reader"] != "catalogue"
        known = [o for o in FIRST if o.name in found]
        self.first.items = [o.item(found[o.name], offers.get(o.name, ())) for o in known]
        others = [o for o in MORE if o.name not in OF_CSV or "delimiter" in found]
        self.more.items = [o.item(None, ()) for o in others]

    def reset(self) -> None:
        """Forget all: another source is looked at."""
        self.view.visible = False
        for bar in (self.first, self.more):
            bar.param.update(items=[], chosen={})

    def said(self) -> dict[str, Any]:
        """What was chosen, as reading options."""
        chosen = {**self.first.chosen, **self.more.chosen}
        return {o.name: o.value(chosen[o.name]) for o in (*FIRST, *MORE) if o.name in chosen}


class PreviewView:
    """The rows, with a sentence and the notes below them."""

    def __init__(self) -> None:
        self.table = PreviewTable(sizing_mode="stretch_width", margin=0)
        self.sentence = ui.text("", "small")
        self.notes = ui.column()
        self.view = ui.column(self.table, self.sentence, self.notes, gap=8)

    def show(self, preview: Preview) -> Any:
        """Draw a preview; roles that were picked stay for the columns that are still there."""
        shown = preview.columns[:WIDE]
        heads = [
            {"name": c.name, "kind": _kind(c.type, c.how), "right": c.type in NUMERIC}
            for c in shown
        ]
        rows = [[c if c is None else c[:CELL] for c in row[: len(shown)]] for row in preview.rows]
        suggested = {c.name: c.role for c in shown if c.role}
        kept = {n: r for n, r in self.table.roles.items() if any(c.name == n for c in shown)}
        self.table.param.update(heads=heads, rows=rows, roles=kept or suggested)
        said = f"{words.plural(len(preview.columns), 'column')}. {preview.sentence}"
        if len(preview.columns) > WIDE:
            said += f" The first {WIDE} columns are shown; all are imported."
        self.sentence.object = f'<p class="small quiet">{ui.escape(said)}</p>'
        self.notes[:] = [ui.findings(preview.notes, 6)] if preview.notes else []
        return self.view

    def reset(self) -> None:
        """Forget the roles that were picked."""
        self.table.param.update(heads=[], rows=[], roles={})

    def roles(self) -> dict[str, Any]:
        """Target, sensitive columns and other roles, as an import takes them."""
        picked: Mapping[str, str] = self.table.roles
        target = next((n for n, r in picked.items() if r == "target"), None)
        sensitive = [n for n, r in picked.items() if r == "sensitive"]
        rest = {n: r for n, r in picked.items() if r not in ("target", "sensitive")}
        return {"target": target, "sensitive": sensitive, "roles": rest or None}


def _kind(type_: str, how: str) -> str:
    return f"{previews.kind(type_)} · {how}" if how else previews.kind(type_)
