"""One Chromium, and a comm that remembers what a widget sent."""

from __future__ import annotations

import json
from collections.abc import Callable
from itertools import count
from typing import Any

import pytest

from tests.app.conftest import chromium

__all__ = ["chromium", "sent", "show"]

HOST = """
const state = STATE, heard = {}
let dirty = {}
const same = (a, b) => JSON.stringify(a) === JSON.stringify(b)
const put = (name, value) => {
  if (same(state[name], value)) return false
  state[name] = value
  window.fire(`change:${name}`)
  return true
}
window.fire = (event) => (heard[event] || []).forEach((draw) => draw())
window.held = null // a list: of what a kernel that is busy has not heard yet
window.release = async () => answer(window.held.shift())
const answer = async (told) => {
  for (const [name, value] of Object.entries(await tell(told))) put(name, value)
}
const model = {
  get: (name) => state[name],
  set: (name, value) => { if (put(name, value)) dirty[name] = value },
  on: (event, draw) => (heard[event] ||= []).push(draw),
  off: (event, draw) => { heard[event] = heard[event].filter((d) => d !== draw) },
  save_changes: async () => {
    const told = dirty
    dirty = {}
    if (window.held) window.held.push(told)
    else await answer(told)
  },
}
const url = URL.createObjectURL(new Blob([ESM], { type: 'text/javascript' }))
import(url).then(({ default: widget }) => {
  window.end = widget.render({ model, el: document.body })
  window.listening = () => Object.values(heard).flat().length
})
"""


def say(widget: Any, **state: Any) -> None:
    """What a front end sends when somebody pressed something."""
    data = {"method": "update", "state": state, "buffer_paths": []}
    widget._handle_msg({"content": {"data": data}, "buffers": []})


STAMP = count(1)


def ask(widget: Any, **asked: Any) -> dict[str, Any]:
    """Ask as a front end does; the view afterwards."""
    stamp = float(next(STAMP))
    say(widget, asked={**asked, "stamp": stamp})
    assert widget.answered == stamp
    return dict(widget.view)


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """The states that widgets sent to their front ends, oldest first."""
    pytest.importorskip("anywidget", reason="anywidget comes with the extra jupyter")
    import comm
    from comm.base_comm import BaseComm

    states: list[dict[str, Any]] = []

    class Remembering(BaseComm):
        def publish_msg(self, msg_type: str, data: Any = None, **more: Any) -> None:
            if data and data.get("method", "update") == "update" and "state" in data:
                states.append(data["state"])

    monkeypatch.setattr(comm, "create_comm", Remembering)
    return states


@pytest.fixture
def show(
    sent: list[dict[str, Any]], chromium: Callable[..., Any]
) -> Callable[[Any], tuple[Any, list[str]]]:
    """Put a widget into a page; gives the page and what goes wrong in it."""

    def shown(widget: Any) -> tuple[Any, list[str]]:
        def tell(state: dict[str, Any]) -> dict[str, Any]:
            sent.clear()
            say(widget, **state)
            return {name: value for part in sent for name, value in part.items()}

        page = chromium().new_page()
        errors: list[str] = []
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.expose_function("tell", tell)
        page.set_content(f"<style>{widget._css}</style>")
        synced = [name for name in widget.keys if not name.startswith("_")]
        state = {name: getattr(widget, name) for name in synced if name not in NOT_OURS}
        host = HOST.replace("STATE", json.dumps(state)).replace("ESM", json.dumps(widget._esm))
        page.evaluate(host)
        page.wait_for_function("window.listening !== undefined")
        return page, errors

    return shown


NOT_OURS = ("layout", "tabbable", "tooltip", "comm")  # of ipywidgets
