"""The app's door as a real browser meets it: DNS rebinding, framing, and the address bar."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.app.conftest import Served, watched

pytestmark = pytest.mark.browser


def test_a_rebound_name_sees_no_app(app: Served, chromium: Callable[..., Any]) -> None:
    page = chromium("--host-resolver-rules=MAP evil.test 127.0.0.1").new_page()
    answer = page.goto(f"http://evil.test:{app.port}/?token={app.token}")
    assert answer.status == 421
    assert page.get_by_role("heading").count() == 0
    opened = page.evaluate(
        """port => new Promise(done => {
            const socket = new WebSocket(`ws://evil.test:${port}/ws`, ['bokeh', 'x'])
            socket.onopen = () => done(true)
            socket.onerror = () => done(false)
        })""",
        app.port,
    )
    assert opened is False


def test_the_token_leaves_the_address_bar_and_no_request_leaves_the_machine(
    app: Served, chromium: Callable[..., Any]
) -> None:
    context = chromium().new_context()
    page = context.new_page()
    seen = watched(page)
    page.goto(app.address("jobs"))
    page.get_by_role("heading", level=1, name="Jobs").wait_for()
    assert app.token not in page.url
    assert page.evaluate("document.cookie") == ""
    assert seen.foreign(app.base) == []
    page.reload()
    page.get_by_role("heading", level=1, name="Jobs").wait_for()
    assert seen.errors == []


def test_another_page_cannot_frame_the_app(app: Served, chromium: Callable[..., Any]) -> None:
    context = chromium().new_context()
    first = context.new_page()
    first.goto(app.address("jobs"))
    first.get_by_role("heading", level=1).wait_for()
    outside = context.new_page()
    outside.set_content(f'<iframe src="{app.base}/?page=jobs"></iframe>')
    outside.wait_for_timeout(1500)
    inner = outside.frames[1]
    assert inner.get_by_role("heading", name="Jobs").count() == 0
