"""One Chromium, and a comm that remembers what a widget sent."""

from __future__ import annotations

from typing import Any

import pytest

from tests.app.conftest import chromium

__all__ = ["chromium", "sent"]


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
