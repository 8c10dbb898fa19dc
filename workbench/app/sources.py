"""The ways to name a source: the catalogue, a file on this machine, an upload, a database."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import quote, unquote

import panel_material_ui as pmui

from workbench.app import places, ui
from workbench.app.places import Listing
from workbench.app.uploads import LARGEST, Dropper, DropZone
from workbench.app.visit import Visit
from workbench.app.work import in_background
from workbench.core.errors import UsageError, WorkbenchError
from workbench.views import words

WIDE: Mapping[str, Any] = {"sizing_mode": "stretch_width", "margin": (4, 0), "size": "small"}


class Way(Protocol):
    """One way to name a source."""

    title: str
    view: Any

    def source(self) -> str:
        """What to import; empty when nothing is named yet."""
        ...

    def options(self) -> dict[str, Any]:
        """Reading options that belong to the way itself."""
        ...

    def arrive(self) -> None:
        """It is shown now."""
        ...

    def forget(self) -> None:
        """The import is done: what is secret or temporary goes."""
        ...


class Catalogue:
    """Public data sets by name."""

    title = "Catalogue"
    missing = "Choose a data set of the catalogue."

    def __init__(self, visit: Visit, changed: Callable[[], None]) -> None:
        self._visit = visit
        self.entry = ui.select("Data set", {})
        self.entry.param.watch(lambda _: changed(), "value")
        self.view = ui.column(self.entry)

    def source(self) -> str:
        return str(self.entry.value or "")

    def options(self) -> dict[str, Any]:
        return {}

    def arrive(self) -> None:
        """Read the catalogue the first time."""
        if not self.entry.options:
            in_background(self._visit.workspace.catalogue, self._offer, self._visit.complain)

    def forget(self) -> None:
        """There is nothing to forget."""

    def _offer(self, catalogue: Mapping[str, str]) -> None:
        options = {f"{name} · {title}": name for name, title in catalogue.items()}
        first = "adult" if "adult" in catalogue else next(iter(catalogue), None)
        self.entry.param.update(options=options, value=first)


class Machine:
    """A file on this machine, by its path or by walking through folders."""

    title = "This machine"
    missing = "Give the path of a file, or choose one below."

    def __init__(self, visit: Visit, changed: Callable[[], None]) -> None:
        self._visit = visit
        self._changed = changed
        self._entries: list[tuple[str, bool]] = []  # path, and whether it is a folder
        self._turn = 0
        self.listing: Listing | None = None
        self.path = pmui.TextInput(
            label="Path of a file or of a folder of Parquet files", placeholder="~/customers.csv",
            **WIDE,
        )  # fmt: skip
        self.path.param.watch(lambda _: self._look(), "value_input")
        self.table = ui.table([], [], label="Files and folders", selectable=True)
        self.table.param.watch(self._chosen, "selected")
        self.said = ui.text("", "small")
        self.browser = ui.column(
            self.table, styles={"max-height": "248px", "overflow-y": "auto"}, visible=False
        )
        self.view = ui.column(self.path, self.said, self.browser)

    def source(self) -> str:
        text = self.path.value_input.strip()
        if not text or self.listing is None or not self.listing.table:
            return ""
        return str(Path.cwd() / Path(text).expanduser())

    def options(self) -> dict[str, Any]:
        return {}

    def arrive(self) -> None:
        """List the folder that the app was started in."""
        if self.listing is None:
            self._look()

    def forget(self) -> None:
        """The path stays: the next file lies near it."""

    def _look(self) -> None:
        self._turn += 1
        turn, text = self._turn, self.path.value_input

        def then(found: Listing) -> None:
            if turn == self._turn:
                self._show(found)

        in_background(lambda: places.listing(text), then, self._visit.complain)

    def _show(self, found: Listing) -> None:
        self.listing = found
        rows: list[list[Any]] = []
        self._entries = []
        if found.above:
            self._entries.append((found.above, True))
            rows.append([ui.cell("↑  folder above", tone="quiet"), "", ""])
        for entry in found.entries:
            self._entries.append((entry.path, entry.folder))
            rows.append(_line(entry))
        heads = [ui.Head("Name"), ui.Head("Size", align="right"), ui.Head("Changed")]
        self.table.param.update(
            heads=[h.plain() for h in heads], rows=ui.plain_rows(rows), selected=-1
        )
        self.browser.visible = bool(rows)
        said = found.said or (found.folder if rows else "")
        self.said.object = f'<p class="small quiet">{ui.escape(said)}</p>' if said else ""
        self._changed()

    def _chosen(self, event: Any) -> None:
        if 0 <= event.new < len(self._entries):
            path, folder = self._entries[event.new]
            text = f"{path.rstrip('/')}/" if folder else path
            self.path.param.update(value_input=text, value=text)


def _line(entry: places.Entry) -> list[Any]:
    if entry.folder:
        return [ui.cell(f"{entry.name}/"), "", ""]
    changed = dt.datetime.fromtimestamp(entry.changed, dt.UTC)
    return [entry.name, words.size(entry.size), words.ago(changed)]


class Uploaded:
    """A file from the browser's machine."""

    title = "Upload"
    missing = "Choose a file, or drop one here."

    def __init__(
        self, visit: Visit, changed: Callable[[], None], dropper: Dropper, kinds: str = ""
    ) -> None:
        self._changed = changed
        self.dropper = dropper
        self.kinds = kinds or (
            "CSV, Parquet, Arrow, JSON, Excel or OpenDocument; text also as .gz or .zip; "
            f"up to {words.size(LARGEST)}"
        )
        self.zone = DropZone(said=self.kinds, sizing_mode="stretch_width", margin=(6, 0))
        self.fault = ui.column()
        self.view = ui.column(self.zone, self.fault)
        dropper.param.watch(self._came, "upload")
        dropper.param.watch(self._failed, "fault")

    def source(self) -> str:
        upload = self.dropper.upload
        return str(upload.path) if upload is not None and upload.whole else ""

    def options(self) -> dict[str, Any]:
        return {}

    def arrive(self) -> None:
        """There is nothing to prepare."""

    def forget(self) -> None:
        """The file is a snapshot now."""
        self.dropper.forget()

    def _came(self, event: Any) -> None:
        upload = event.new
        if upload is None:
            self.zone.param.update(name_shown="", said=self.kinds, fraction=0.0)
        else:
            share = upload.at / upload.size
            size = words.size(upload.size)
            said = f"{size} · drop another file to replace it"
            if not upload.whole:
                said = f"{words.size(upload.at)} of {size}"
            self.zone.param.update(name_shown=upload.name, said=said, fraction=share)
        if upload is None or upload.whole or upload.at == 0:
            self._changed()

    def _failed(self, event: Any) -> None:
        error: WorkbenchError | None = event.new
        self.fault[:] = [] if error is None else [ui.failed(error.sentence, error.hint)]


class Database:
    """A table or a query of a database; its password is forgotten after the import."""

    title = "Database"
    missing = "Give the address of a database, and choose a table or write a query."

    def __init__(self, visit: Visit, changed: Callable[[], None]) -> None:
        self._visit = visit
        self._changed = changed
        self._turn = 0
        self.address = pmui.TextInput(
            label="Address", placeholder="postgresql://user@host:5432/shop, sqlite:///shop.db",
            **WIDE,
        )  # fmt: skip
        self.password = pmui.PasswordInput(
            label="Password (never kept)", **{**WIDE, "sizing_mode": "fixed", "width": 210}
        )
        self.table = ui.select("Table", {}, visible=False)
        self.query = pmui.TextAreaInput(
            label="Or a query", placeholder="SELECT * FROM orders WHERE year = 2026",
            rows=2, auto_grow=True, max_rows=8, **WIDE,
        )  # fmt: skip
        self.query.visible = False
        self.said = ui.column()
        place = ui.column(self.address, styles={"flex": "1 1 260px", "min-width": "0"})
        self.view = ui.column(
            ui.row(place, self.password, gap=10), self.said, self.table, self.query
        )
        for part in (self.address, self.password):
            part.param.watch(lambda _: self._connect(), "value")
        for part in (self.table, self.query):
            part.param.watch(lambda _: changed(), "value")

    def source(self) -> str:
        return self.url() if self.table.visible and (self.table.value or self._asked()) else ""

    def options(self) -> dict[str, Any]:
        return {"query": self._asked()} if self._asked() else {"table": self.table.value}

    def arrive(self) -> None:
        """There is nothing to prepare."""

    def forget(self) -> None:
        """The password goes."""
        self.password.param.update(value="", value_input="")
        self.address.param.update(value="", value_input="")

    def url(self) -> str:
        """The address with the password in its place.

        Raises
        ------
        UsageError
            There is a password, and nobody whose it is.
        """
        return with_password(self.address.value.strip(), self.password.value)

    def _asked(self) -> str:
        return str(self.query.value or "").strip().rstrip(";")

    def _connect(self) -> None:
        """List the tables; a password that was typed into the address moves to its own field."""
        address, password = without_password(self.address.value.strip())
        if password:
            self.address.param.update(value=address, value_input=address)
            self.password.param.update(value=password, value_input=password)
            return  # both are watched
        self._turn += 1
        turn = self._turn
        self.table.visible = self.query.visible = False
        try:
            url = self.url()
        except UsageError as error:
            self.said[:] = [ui.failed(error.sentence, error.hint)]
            self._changed()
            return
        if not url:
            self.said[:] = []
            self._changed()
            return
        self.said[:] = [ui.loading("Asking the database", 0)]
        self._changed()

        def then(found: list[str]) -> None:
            if turn == self._turn:
                self._tables(found)

        def failed(error: WorkbenchError) -> None:
            if turn == self._turn:
                self.said[:] = [ui.failed(error.sentence, error.hint)]
                self._changed()

        in_background(lambda: self._visit.workspace.tables(url), then, failed)

    def _tables(self, found: list[str]) -> None:
        self.said[:] = [] if found else [ui.text("It has no tables; write a query.", "small")]
        value = self.table.value if self.table.value in found else next(iter(found), None)
        self.table.param.update(options=found, value=value, visible=True)
        self.query.visible = True
        self._changed()


def without_password(address: str) -> tuple[str, str]:
    """An address and the password that stood in it."""
    scheme, mark, rest = address.partition("://")
    login, at, place = rest.rpartition("@")  # a password may hold an @ that should be %40
    user, colon, password = login.partition(":")
    if not mark or not at or not colon:
        return address, ""
    return f"{scheme}://{user}@{place}", unquote(password)


def with_password(address: str, password: str) -> str:
    """An address with a password behind its user.

    Raises
    ------
    UsageError
        The address names no user.
    """
    scheme, mark, rest = address.partition("://")
    login, at, place = rest.rpartition("@")
    if not password or not mark:
        return address
    if not at:
        raise UsageError(
            "There is a password, but the address names no user.",
            f"Write {scheme}://USER@…, or leave the password empty.",
        )
    return f"{scheme}://{login}:{quote(password, safe='')}@{place}"
