"""The frame around all pages: menu, breadcrumb, addresses, dark mode, and one page at a time."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from importlib import import_module
from typing import Any, NamedTuple

import panel as pn
import panel_material_ui as pmui

from workbench.app import ui
from workbench.app.library import Library
from workbench.app.page import Page
from workbench.app.theme import MATERIAL, PAGE_CSS, PAGE_SX
from workbench.app.visit import Visit, parse
from workbench.workspace import Workspace

log = logging.getLogger("workbench.app")


class Entry(NamedTuple):
    """A line of the menu, and the address of its page."""

    key: str
    title: str
    icon: str

    def open(self) -> type[Page]:
        module = import_module(f"workbench.app.pages.{self.key}")
        page: type[Page] = getattr(module, f"{self.title}Page")
        return page


PAGES = (
    Entry("data", "Data", "table_chart"),
    Entry("features", "Features", "functions"),
    Entry("train", "Train", "model_training"),
    Entry("tune", "Tune", "tune"),
    Entry("runs", "Runs", "format_list_bulleted"),
    Entry("compare", "Compare", "leaderboard"),
    Entry("explain", "Explain", "insights"),
    Entry("fairness", "Fairness", "balance"),
    Entry("export", "Export", "inventory_2"),
    Entry("serve", "Serve", "rocket_launch"),
    Entry("monitor", "Monitor", "monitor_heart"),
    Entry("jobs", "Jobs", "pending_actions"),
)
KEYS = [entry.key for entry in PAGES]
PHONES = ("Mobi", "Android")


class Shell(pn.viewable.Viewer):
    """The app for one browser session."""

    def __init__(self, workspace: Workspace) -> None:
        super().__init__()
        given = {k: v[-1].decode() for k, v in pn.state.session_args.items() if v}
        self.visit = Visit(workspace, parse("&".join(f"{k}={v}" for k, v in given.items())))
        self._built: dict[str, Page] = {}
        self._shown = ""
        self.menu = pmui.MenuList(
            items=[{"label": e.title, "icon": e.icon} for e in PAGES],
            active=KEYS.index(self.page),
            sizing_mode="stretch_width",
            margin=(8, 0),
        )
        self.crumbs = pmui.Breadcrumbs(items=self._trail(), margin=(6, 8, 0, 8))
        self.body = pn.Column(*_skeleton(), sizing_mode="stretch_width", margin=0)
        self.menu.param.watch(self._chosen, "active")
        self.visit.param.watch(lambda _: self.show(), "address")
        self.visit.link.param.watch(self._narrowed, "narrow")
        self.root = self._frame(dark=_theme(given) == "dark")
        self.root.param.watch(self._painted, "dark_theme")
        self.visit.link.param.watch(self._asked, "dark")
        self._loaded = False
        pn.state.onload(self._first)  # the shell paints first

    @property
    def page(self) -> str:
        """The page that the address names; the first one if it names none that we have."""
        asked = self.visit.get("page")
        return asked if asked in KEYS else KEYS[0]

    def _first(self) -> None:
        self._loaded = True
        self._fit_menu()
        self.show()

    def show(self) -> None:
        """Show the page of the address, built now if it was never seen."""
        index = KEYS.index(self.page)
        self.menu.active = index
        self.crumbs.items = self._trail()
        self.visit.link.title = f"{PAGES[index].title} · {self.visit.workspace.name}"
        if self._shown and self._shown != self.page:
            self._built[self._shown].leave()
        self._shown = ""
        try:
            page = self._open(PAGES[index])
        except Exception as error:  # the rim: one broken page must not take the menu with it
            log.exception("the page %s cannot be opened", self.page)
            self.body[:] = [ui.failed(f"This page cannot be opened: {error}", "See the app's log.")]
            return
        self._shown = self.page
        self.body[:] = [page.body]
        page.arrive()

    def _open(self, entry: Entry) -> Page:
        if entry.key not in self._built:
            self._built[entry.key] = entry.open()(self.visit)
        return self._built[entry.key]

    def _trail(self) -> list[dict[str, str]]:
        title = PAGES[KEYS.index(self.page)].title
        return [{"label": self.visit.workspace.name, "icon": "folder"}, {"label": title}]

    def _chosen(self, event: Any) -> None:
        if event.new is None:
            return
        if self.visit.link.narrow:
            self.root.sidebar_open = False
        key = KEYS[event.new if isinstance(event.new, int) else event.new[0]]
        if key != self.page:
            kept = {n: self.visit.get(n) for n in ("data", "run", "runs", "endpoint", "bundle")}
            self.visit.go(key, **kept)

    def _painted(self, event: Any) -> None:
        self.visit.link.theme = "dark" if event.new else "light"

    def _asked(self, event: Any) -> None:
        self.root.dark_theme = bool(event.new)

    def _narrowed(self, _: Any) -> None:
        if self._loaded:  # what changes before that never reaches the browser
            self._fit_menu()

    def _fit_menu(self) -> None:
        """On a phone the menu lies over the page, so it starts closed."""
        if self.visit.link.narrow is not None:
            self.root.sidebar_open = not self.visit.link.narrow

    def _frame(self, dark: bool) -> pmui.Page:
        agent = (pn.state.headers or {}).get("User-Agent", "")
        return pmui.Page(
            title="Workbench",
            favicon="assets/mark.svg",
            main=[
                pmui.Container(
                    self.visit.link,
                    self.crumbs,
                    self.body,
                    width_option="xl",
                    sizing_mode="stretch_width",
                )
            ],
            sidebar=[self.menu, Library(self.visit)],
            sidebar_width=212,
            sidebar_resizable=False,
            sidebar_open=not any(name in agent for name in PHONES),
            theme_config=MATERIAL,
            raw_css=[PAGE_CSS],
            sx=PAGE_SX,
            busy_indicator=None,
            meta_viewport="width=device-width, initial-scale=1",
            dark_theme=dark,
        )

    def __panel__(self) -> Any:
        return self.root


def _theme(given: Mapping[str, str]) -> str:
    """As the address says, else as the browser remembers."""
    return given.get("theme") or (pn.state.cookies or {}).get("workbench-theme", "")


def _skeleton() -> list[Any]:
    return [
        pmui.Skeleton(height=high, sizing_mode="stretch_width", margin=12) for high in (64, 320)
    ]
