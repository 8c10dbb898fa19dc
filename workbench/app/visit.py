"""One browser's visit: the workspace, the address it stands at, and how to walk on."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qs, urlencode

import panel as pn
import param

from workbench.app.browserlink import BrowserLink
from workbench.core.errors import WorkbenchError
from workbench.workspace import Workspace

NAMES = ("page", "data", "run", "runs", "job", "endpoint", "bundle", "by", "part")
HARMLESS = re.compile(r"[\w .,@:+-]{1,400}")


def parse(search: str) -> dict[str, str]:
    """The known, harmless parts of a query; everything else in an address is left aside."""
    given = parse_qs(search.lstrip("?").partition("#")[0])
    return {
        name: given[name][-1]
        for name in NAMES
        if name in given and HARMLESS.fullmatch(given[name][-1])
    }


class Visit(param.Parameterized):
    """What pages share within one browser session.

    ``address`` holds the page and what it is about: ``{"page": "explain", "run": "3f2a"}``.
    """

    address = param.Dict({})

    def __init__(self, workspace: Workspace, address: Mapping[str, str]) -> None:
        super().__init__(address=dict(address))
        self.workspace = workspace
        self.link = BrowserLink(width=0, height=0, margin=0)
        self.link.param.watch(self._walked, "search")

    def get(self, name: str) -> str:
        """A part of the address, or an empty text."""
        return str(self.address.get(name, ""))

    def go(self, page: str, **about: str | None) -> None:
        """Walk to a page; the browser's Back leads here again."""
        self._move({"page": page, **about})

    def note(self, **about: str | None) -> None:
        """Change what the page is about, so that a reload comes back to it."""
        self._move({**self.address, **about}, quiet=True)

    def _move(self, address: Mapping[str, str | None], quiet: bool = False) -> None:
        kept = {k: v for k, v in address.items() if v}
        if pn.state.location is not None:
            pn.state.location.search = f"?{urlencode(kept, safe='@,: ')}".replace(" ", "+")
        if quiet:
            with param.parameterized.discard_events(self):
                self.address = kept
        else:
            self.address = kept

    def _walked(self, event: Any) -> None:
        search = event.new.partition("#")[0]
        if pn.state.location is not None:
            pn.state.location.search = search  # the browser knows; Python's copy is behind
        self.address = parse(search)

    def copy(self, text: str, what: str) -> None:
        """Put ``text`` into the clipboard."""
        self.link.copy = ""
        self.link.copy = text
        self.say(f"{what} copied")

    def say(self, sentence: str, tone: str = "info") -> None:
        """A short note at the edge of the window."""
        if pn.state.notifications is not None:
            getattr(pn.state.notifications, tone)(sentence, duration=3500)

    def complain(self, error: WorkbenchError) -> None:
        """Say what did not work."""
        self.say(str(error), "error")
