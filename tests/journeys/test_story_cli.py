"""The same story on the command line, with readable output, JSON, and exit codes."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import httpx
import pytest

pytestmark = pytest.mark.slow


class Shell:
    """Runs ``workbench`` in a workspace folder, as a user's terminal does."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def run(self, *words: str, expect: int = 0) -> subprocess.CompletedProcess[str]:
        done = subprocess.run(
            [sys.executable, "-m", "workbench.cli", *words],
            cwd=self.folder,
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
        assert done.returncode == expect, (
            f"{words}: {done.returncode}\n{done.stdout}\n{done.stderr}"
        )
        assert "Traceback" not in done.stdout + done.stderr
        return done

    def json(self, *words: str) -> Any:
        return json.loads(self.run(*words, "--json").stdout)


@pytest.fixture(scope="module")
def shell(tmp_path_factory: pytest.TempPathFactory, datasets: Path) -> Shell:
    folder = tmp_path_factory.mktemp("cli")
    outside = Shell(folder)
    outside.run("init", "credit")
    return Shell(folder / "credit")


@pytest.fixture(scope="module")
def runs(shell: Shell) -> list[str]:
    shell.run("data", "import", "adult", "--target", "income", "--sensitive", "sex,race")
    words = ("train", "adult", "--family", "logistic,lightgbm", "--seed", "7")
    found: list[str] = shell.json(*words)["runs"]
    return found


def test_the_table_can_be_looked_at(shell: Shell, runs: list[str]) -> None:
    assert "48,842" in shell.run("data", "show", "adult").stdout
    assert "capital-gain" in shell.run("data", "profile", "adult").stdout
    assert [d["name"] for d in shell.json("data", "list")] == ["adult"]


def test_runs_are_listed_and_compared(shell: Shell, runs: list[str]) -> None:
    assert {r["id"] for r in shell.json("runs", "list")} == set(runs)
    shown = shell.run("compare", *[r[:8] for r in runs]).stdout
    assert "beats" in shown


def test_the_winner_is_explained_audited_and_promoted(shell: Shell, runs: list[str]) -> None:
    best = runs[1][:8]
    assert "capital-gain" in shell.run("explain", best, "--rows", "100").stdout
    shown = shell.run("fairness", best, "--by", "sex,race").stdout
    assert "Female" in shown and "Male" in shown
    shell.run("promote", best, "--note", "better by two points")
    assert shell.json("runs", "show", "champion")["id"] == runs[1]
    assert shell.json("audit")[0]["verb"] == "promote"


def test_the_bundle_is_served_until_it_is_interrupted(
    shell: Shell, runs: list[str], tmp_path: Path
) -> None:
    bundle = tmp_path / "bundle"
    shell.run("export", runs[1][:8], "--to", str(bundle))
    shell.run("export", runs[1][:8], "--to", str(bundle), expect=2)  # not replaced unasked
    sample = json.loads((bundle / "sample.json").read_text())
    server = subprocess.Popen(
        [sys.executable, "-m", "workbench.cli", "serve", str(bundle), "--port", "0", "--json"],
        cwd=shell.folder,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert server.stdout is not None
        told = json.loads(server.stdout.readline())
        token = Path(told["token_file"]).read_text()
        answer = httpx.post(
            told["url"] + "/predict", json=sample, headers={"Authorization": f"Bearer {token}"}
        )
        assert len(answer.json()["predictions"]) == len(sample["rows"])
        rows = {"rows": sample["rows"] * 10}
        httpx.post(
            told["url"] + "/predict", json=rows, headers={"Authorization": f"Bearer {token}"}
        )
        time.sleep(0.5)
        assert "drift" in shell.run("watch", told["endpoint"]).stdout.lower()
    finally:
        server.send_signal(signal.SIGINT)
        assert server.wait(30) in (0, 130)
    with pytest.raises(httpx.ConnectError):
        httpx.get(told["url"] + "/health")


@pytest.mark.parametrize(
    ("words", "code", "sentence"),
    [
        (("data", "import", "nowhere.csv"), 1, "nowhere.csv"),
        (("train", "adult", "--family", "lightgmb"), 2, "lightgbm"),
        (("train", "adlut"), 2, "adult"),
        (("runs", "show", "ffffffff"), 2, "ffffffff"),
        (("explain",), 2, "RUN"),
        (("serve", "."), 1, "no bundle"),
        (("frobnicate",), 2, "frobnicate"),
    ],
)
def test_mistakes_are_one_sentence_with_a_hint(
    shell: Shell, runs: list[str], words: tuple[str, ...], code: int, sentence: str
) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "workbench.cli", *words],
        cwd=shell.folder, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode in (code, 2), done.stderr
    assert sentence in done.stderr
    assert "Traceback" not in done.stderr


def test_interrupting_a_training_ends_it_with_130(shell: Shell, runs: list[str]) -> None:
    words = ["train", "adult", "--family", "network", "--seed", "1"]
    words += ["--param", "network.epochs=5000", "--param", "network.patience=5000"]
    process = subprocess.Popen(
        [sys.executable, "-m", "workbench.cli", *words],
        cwd=shell.folder,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
    )
    until = time.monotonic() + 60
    while shell.json("runs", "list")[0]["state"] != "running":
        assert process.poll() is None and time.monotonic() < until
    time.sleep(3)  # it is in the middle of an epoch
    assert process.poll() is None
    process.send_signal(signal.SIGINT)
    _, shown = process.communicate(timeout=30)
    assert process.returncode == 130
    assert "Traceback" not in shown
    assert shell.json("runs", "list")[0]["state"] == "cancelled"
