"""The service: a body in, an answer out; what waits is bounded, what takes too long is ended."""

from __future__ import annotations

import asyncio
import os
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import msgspec
import onnxruntime as ort

from workbench.core.contract import Violation
from workbench.serving.runtime.cautions import Cautions
from workbench.serving.runtime.log import Entry, PredictionLog
from workbench.serving.runtime.metrics import Metrics
from workbench.serving.runtime.model import ORT_ERRORS, Answer, Model
from workbench.serving.runtime.problem import HttpError, Reply
from workbench.serving.runtime.terms import Terms
from workbench.serving.runtime.wire import Question, Reader, shown

MOST_ROWS = 100_000  # in one request
INLINE_BYTES = 64 << 10  # larger bodies are not even read on the event loop
QUEUE = 32  # requests that may wait for a thread or hold one
MOST_BROKEN = 50  # broken rules that a refusal names
WITHIN = 30.0  # seconds in which an answer must be there

Work = Callable[[ort.RunOptions], Reply]


class Service:
    """Answers questions with a model.

    A question that takes less than a millisecond is answered on the event loop: handing it to a
    thread would take longer. Others go to a few threads; when too many wait, more are turned away
    at once instead of all being answered too late.
    """

    def __init__(
        self, model: Model, log: PredictionLog | None = None, threads: int | None = None
    ) -> None:
        self.model = model
        self.metrics = Metrics(model.manifest, log)
        self._log = log
        self._reader = Reader(model.signature, MOST_ROWS)
        self._cautions = Cautions(model.signature)
        self._terms = Terms(model.manifest.contract, model.signature)
        self._identity = {"name": model.manifest.name, "run_id": model.manifest.run_id}
        self._threads = ThreadPoolExecutor(threads or max(1, (os.cpu_count() or 2) - 1), "answer")
        self._waiting = 0

    async def answer(self, body: bytes) -> Reply:
        """The reply to a body of ``POST /predict``.

        Raises
        ------
        WorkbenchError
            The body, its rows or the moment are not fit for an answer; with an HTTP status.
        """
        if len(body) > INLINE_BYTES:
            return await self._in_thread(lambda o: self._reply(self._reader.read(body), o))
        question = self._reader.read(body)
        if question.count <= self.model.inline_rows:
            return self._reply(question, None)
        return await self._in_thread(lambda o: self._reply(question, o))

    def close(self) -> None:
        self._threads.shutdown(wait=False, cancel_futures=True)

    async def _in_thread(self, work: Work) -> Reply:
        if self._waiting >= QUEUE:
            raise HttpError(
                503,
                "Too many requests are waiting.",
                "Try again.",
                headers=((b"retry-after", b"1"),),
            )
        loop = asyncio.get_running_loop()
        options = ort.RunOptions()
        timer = loop.call_later(WITHIN, _terminate, options)
        self._waiting += 1
        self.metrics.waiting.set(self._waiting)
        try:
            late = time.monotonic() + WITHIN
            return await loop.run_in_executor(self._threads, _unless_late, work, options, late)
        finally:
            timer.cancel()
            self._waiting -= 1
            self.metrics.waiting.set(self._waiting)

    def _reply(self, question: Question, options: ort.RunOptions | None) -> Reply:
        moment, number = time.time(), os.urandom(16).hex()
        broken = [_told(violation) for violation in self._terms.broken(question.columns)]
        if broken and self.model.manifest.broken == "refuse":
            self.metrics.broken.inc()
            raise _refused(broken)
        try:
            answer = self.model.answer(question.columns, options)
        except ORT_ERRORS as error:
            raise _failed(error, options) from error
        warnings = [*broken, *self._cautions.of(question, answer.encoded)]
        for warning in warnings:
            self.metrics.warnings.labels(warning["code"]).inc()
        self.metrics.rows.inc(question.count)
        if self._log is not None:
            given = answer.scores, answer.predictions
            self._log.put(Entry(number, moment, question.columns, *given))
        return Reply(200, msgspec.json.encode(self._body(number, answer, warnings)))

    def _body(self, number: str, answer: Answer, warnings: list[dict[str, Any]]) -> dict[str, Any]:
        body: dict[str, Any] = {"id": number, "predictions": answer.predictions}
        if self.model.classes:
            body["probabilities"] = answer.scores.tolist()
            body["classes"] = self.model.classes
        return {**body, "model": self._identity, "warnings": warnings}


def _told(violation: Violation) -> dict[str, Any]:
    column, row, rule = violation.column, violation.row, violation.rule
    value = shown(violation.value)
    detail = f"Column {column!r}, row {row}: {value} breaks the contract: {rule}."
    return {"code": "broken_contract", "column": column, "row": row, "rule": rule, "detail": detail}


def _refused(broken: list[dict[str, Any]]) -> HttpError:
    first = broken[0]
    return HttpError(
        422,
        first["detail"],
        "Send null where the value is unknown, or leave the row out.",
        column=first["column"],
        row=first["row"],
        rule=first["rule"],
        broken=broken[:MOST_BROKEN],
    )


def _terminate(options: ort.RunOptions) -> None:
    options.terminate = True


def _unless_late(work: Work, options: ort.RunOptions, late: float) -> Reply:
    if time.monotonic() > late:
        raise HttpError(504, f"The request waited for more than {WITHIN:g} seconds.")
    return work(options)


def _failed(error: Exception, options: ort.RunOptions | None) -> HttpError:
    if options is not None and options.terminate:
        return HttpError(504, f"The model took more than {WITHIN:g} seconds.", "Send fewer rows.")
    print(f"onnxruntime: {str(error)[:500]}", file=sys.stderr, flush=True)
    return HttpError(500, "The model failed on these rows.")
