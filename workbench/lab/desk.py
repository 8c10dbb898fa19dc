"""Questions to the workspace, asked beside Jupyter's event loop."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

from workbench.core.errors import StoreError
from workbench.lab.place import Place

T = TypeVar("T")

THREADS = 6
LONGEST = 25.0  # seconds; a remote store that is away is asked again and again by its client


class Desk:
    """Carries questions to threads of its own, so that kernels never wait for a disk or a server.

    The same question asked by several tabs at once is carried out once.
    """

    def __init__(self, place: Place) -> None:
        self.place = place
        self._pool = ThreadPoolExecutor(THREADS, thread_name_prefix="workbench-lab")
        self._asked: dict[str, asyncio.Future[Any]] = {}

    async def ask(self, question: Callable[[], T], shared: str = "") -> T:
        """The answer of a function that may block.

        Parameters
        ----------
        shared
            A name under which others that ask meanwhile wait for the same answer.

        Raises
        ------
        StoreError
            There was no answer for 25 s. What was begun goes on; who asks again waits for it.
        """
        waiting = self._begun(question, shared)
        try:
            return await asyncio.wait_for(asyncio.shield(waiting), LONGEST)
        except TimeoutError as error:
            raise StoreError(
                f"The workspace has not answered for {LONGEST:.0f} seconds.",
                "Is its disk, or the MLflow server that it names, reachable?",
            ) from error

    def _begun(self, question: Callable[[], T], shared: str) -> asyncio.Future[T]:
        if shared in self._asked:
            return self._asked[shared]
        waiting = asyncio.get_running_loop().run_in_executor(self._pool, question)
        # nobody may be left to hear of an error that comes after the patience has ended
        waiting.add_done_callback(lambda done: done.cancelled() or done.exception())
        if shared:
            self._asked[shared] = waiting
            waiting.add_done_callback(lambda _: self._asked.pop(shared, None))
        return waiting
