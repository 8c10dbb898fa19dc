"""Real endpoints for the tests of serving: a bundle of a trained model, a process, a client."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from tests.packaging.models import Model
from workbench.packaging.bundle import write
from workbench.packaging.onnx import to_onnx
from workbench.serving.launch import Launched, launch, stop

NAME = "tried & <tested>"


def make_bundle(folder: Path, made: Model) -> Path:
    """The bundle of a trained model, as an export writes it."""
    content = to_onnx(made.predictor.pipeline, made.signature)
    parity, verdict = made.judged(content)
    write(
        folder,
        name=NAME,
        onnx=content,
        run=made.run,
        parity=parity,
        verdict=verdict,
        sample=made.sample.test.head(3),
    )
    return folder


@dataclass(frozen=True)
class Live:
    """A server that runs, and how to talk to it."""

    launched: Launched
    bundle: Path
    predictions: Path
    token: str

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.launched.port}"

    @property
    def rows(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = json.loads((self.bundle / "sample.json").read_text())["rows"]
        return found

    @property
    def log(self) -> str:
        return self.launched.log.read_text()

    def client(self, **options: Any) -> httpx.Client:
        headers = {"Authorization": f"Bearer {self.token}", **options.pop("headers", {})}
        return httpx.Client(
            base_url=self.url, headers=headers, timeout=30, trust_env=False, **options
        )

    def metric(self, line: str) -> float:
        """The value of a sample of ``/metrics``; 0 where it was not counted yet."""
        with self.client() as client:
            found = client.get("/metrics").text.splitlines()
        return next((float(x.rpartition(" ")[2]) for x in found if x.startswith(line)), 0.0)

    def connect(self) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.launched.port), timeout=30)

    def head(self, length: int | None, **more: str) -> bytes:
        """The head of a POST to /predict, as it goes over the wire."""
        fields = {
            "Host": f"127.0.0.1:{self.launched.port}",
            "Authorization": f"Bearer {self.token}",
            "Content-Type": "application/json",
            **({"Content-Length": str(length)} if length is not None else {}),
            **{name.replace("_", "-"): value for name, value in more.items()},
        }
        lines = ["POST /predict HTTP/1.1", *(f"{n}: {v}" for n, v in fields.items())]
        return "\r\n".join(lines).encode() + b"\r\n\r\n"


@contextmanager
def running(bundle: Path, folder: Path, **options: Any) -> Iterator[Live]:
    """A server of a bundle, ended at the end."""
    predictions = options.pop("predictions", folder / "predictions")
    launched = launch(
        bundle, name="tried", folder=folder / "endpoint", predictions=predictions, **options
    )
    try:
        yield Live(launched, bundle, predictions, launched.token_file.read_text())
    finally:
        stop(launched.pid, launched.started)


def answer_of(sock: socket.socket) -> tuple[int, dict[str, str], bytes]:
    """Status, headers and body of one answer; a status of 0 where the connection was cut."""
    # without a buffer: what follows belongs to the next answer
    with closing(sock.makefile("rb", buffering=0)) as file:
        try:
            first = file.readline()
            headers = {}
            while line := file.readline().strip():
                name, _, value = line.decode().partition(": ")
                headers[name.lower()] = value
        except ConnectionError:
            first = b""
        if not first:
            return 0, {}, b""
        body, length = b"", int(headers.get("content-length", 0))
        while len(body) < length and (more := file.read(length - len(body))):
            body += more
        return int(first.split()[1]), headers, body
