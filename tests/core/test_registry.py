"""Guests that are broken: named with their reason, and the others go on."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

SCRIPT = """
import json, sys
import workbench as wb
from workbench.core.errors import WorkbenchError

ws = wb.open(sys.argv[1])
ws.import_data("german_credit")
absent = {k: v for k, v in ws.absent_families().items() if k in ("broken", "nameless", "lonely")}
runs = ws.train("german_credit", ["broken", "dummy"])
sweep = ws.tune("german_credit", ["nameless", "dummy"], attempts=1)
try:
    ws.train("german_credit", "broken")
    alone = "trained"
except WorkbenchError as error:
    alone = str(error)
told = {
    "families": sorted(set(absent) & set(ws.families())),
    "absent": absent,
    "failed": runs.failed,
    "trained": [r.record.recipe.family for r in ws.runs.list()],
    "notes": [f.sentence for f in sweep.report().findings if f.code == "family-absent"],
    "alone": alone,
}
print(json.dumps(told))
"""


def test_a_broken_guest_takes_nothing_down(tmp_path: Path) -> None:
    points = "broken = raising_guest:FAMILY\nnameless = empty_guest:FAMILY\nlonely = no_guest:X\n"
    about = tmp_path / "raising_guest-1.0.dist-info"
    about.mkdir()
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: raising_guest\nVersion: 1.0\n")
    (about / "entry_points.txt").write_text(f"[workbench.family]\n{points}")
    (tmp_path / "raising_guest.py").write_text("raise RuntimeError('no licence was found')\n")
    (tmp_path / "empty_guest.py").write_text("")
    path = os.pathsep.join([str(tmp_path), os.environ.get("PYTHONPATH", "")])
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, str(tmp_path / "ws")],
        env={**os.environ, "PYTHONPATH": path}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout.splitlines()[-1])
    assert told["families"] == []
    assert "RuntimeError: no licence was found." in told["absent"]["broken"]
    assert "'FAMILY'" in told["absent"]["nameless"]
    assert "no_guest" in told["absent"]["lonely"] and "pip" not in told["absent"]["lonely"]
    assert [f["family"] for f in told["failed"]] == ["broken"]
    assert told["trained"] == ["dummy", "dummy"]
    assert len(told["notes"]) == 1 and "'nameless' cannot be loaded" in told["notes"][0]
    assert "no licence was found" in told["alone"]
