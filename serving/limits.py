"""Bounded work: so many requests at a time, so many waiting, each within its time."""

import threading
from collections.abc import Callable
from concurrent.futures import CancelledError, Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as FutureTimeoutError
from typing import TypeVar

from serving.errors import Code, ServingError
from serving.settings import RequestLimits

T = TypeVar("T")


class WorkRoom:
    """A thread pool that refuses work instead of queueing it without end."""

    def __init__(self, limits: RequestLimits) -> None:
        self._limits = limits
        self._places = threading.BoundedSemaphore(self.capacity)
        self._pool = ThreadPoolExecutor(limits.running, thread_name_prefix="predict")

    @property
    def capacity(self) -> int:
        """Requests that are worked on or wait, at most."""
        return self._limits.running + self._limits.waiting

    def submit(self, work: Callable[[], T]) -> "Future[T]":
        """Starts work as soon as a thread is free; cancel the future to give it up before.

        Raises:
            ServingError: RESOURCE_EXHAUSTED when every place is taken, UNAVAILABLE when the room
                is closed.
        """
        if not self._places.acquire(blocking=False):
            raise ServingError(
                Code.RESOURCE_EXHAUSTED,
                f"the server is full: {self._limits.running} requests run and "
                f"{self._limits.waiting} wait; try again",
            )
        try:
            future = self._pool.submit(work)
        except RuntimeError as error:  # the pool is shut down
            self._places.release()
            raise shutting_down() from error
        future.add_done_callback(lambda _: self._places.release())
        return future

    def run(self, work: Callable[[], T], *, time_limit_s: float) -> T:
        """Does the work and waits for it.

        Raises:
            ServingError: as `submit`, and DEADLINE_EXCEEDED past the time limit.
        """
        future = self.submit(work)
        try:
            return future.result(time_limit_s)
        except FutureTimeoutError as error:
            future.cancel()
            raise too_late(time_limit_s) from error
        except CancelledError as error:  # it waited when the room was closed
            raise shutting_down() from error

    def close(self) -> None:
        """Takes no more work, drops what waits and does not wait for what runs."""
        self._pool.shutdown(wait=False, cancel_futures=True)


def too_late(time_limit_s: float) -> ServingError:
    """The refusal of a request whose time is over."""
    return ServingError(
        Code.DEADLINE_EXCEEDED, f"the answer was not ready within {time_limit_s:g} s"
    )


def shutting_down() -> ServingError:
    """The refusal of a request that the end of the server leaves without an answer."""
    return ServingError(Code.UNAVAILABLE, "the server is shutting down: try again")
