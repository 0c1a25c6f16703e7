"""Joins the requests of several clients into one run of the model."""

import math
import threading
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from time import monotonic

import numpy as np

from serving.batching_parameters import BatchingParameters
from serving.errors import Code, ServingError, invalid
from serving.joining import Outputs, Run, rows_of, run_joined
from serving.limits import too_late
from serving.signatures import Arrays

# What fails a batch as a whole: run alone, its requests would fail the same way, each in its time.
_FAULTS_OF_ALL = (Code.CANCELLED, Code.DEADLINE_EXCEEDED, Code.FAILED_PRECONDITION)


@dataclass(eq=False)
class _Part:
    """One request, or a piece of a large one, that waits for its batch."""

    inputs: Arrays
    rows: int
    asked_at: float = field(default_factory=monotonic)
    answer: "Future[Outputs]" = field(default_factory=Future)

    @property
    def kind(self) -> tuple[tuple[str, tuple[int, ...]], ...]:
        """Only parts that agree in every axis but the first can be joined."""
        return tuple((name, array.shape[1:]) for name, array in sorted(self.inputs.items()))


class Batcher:
    """Runs one signature in batches along axis 0. Safe for many threads; `close` it at the end.

    A batch that fails is run again request by request, so that a faulty request spoils no other;
    not one that ran out of time, or whose outputs are not one row per input.

    Args:
        run: the model.
        parameters: how requests are joined.

    Attributes:
        time_limit_s: what has waited longer is refused and not run, since nobody waits for it any
            more: else a server that was once overloaded would go on with what is lost already.
    """

    def __init__(self, run: Run, parameters: BatchingParameters) -> None:
        self.time_limit_s = math.inf
        self._run = run
        self._parameters = parameters
        self._room = parameters.max_enqueued_batches * parameters.execution_batch_size
        self._queue: deque[_Part] = deque()
        self._changed = threading.Condition()
        self._forming = threading.Lock()
        self._closed = False
        self._threads = [
            threading.Thread(target=self._work, name=f"batch-{number}", daemon=True)
            for number in range(parameters.num_batch_threads)
        ]
        for thread in self._threads:
            thread.start()

    def __call__(self, inputs: Arrays) -> Outputs:
        """Runs one request within some batch and waits for its own rows of the answer.

        Raises:
            ServingError: INVALID_ARGUMENT for inputs that cannot be batched, UNAVAILABLE when the
                queue is full or the batcher closed, DEADLINE_EXCEEDED past the time limit,
                FAILED_PRECONDITION for outputs that are not one row per input, and whatever the
                model raises.
        """
        parts = [_Part(piece, rows_of(piece)) for piece in self._pieces(inputs)]
        self._enqueue(parts)
        answers = [part.answer.result() for part in parts]
        if len(answers) == 1:
            return answers[0]
        return {name: np.concatenate([answer[name] for answer in answers]) for name in answers[0]}

    def close(self) -> None:
        """Refuses new requests, answers those that wait, and ends the threads."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()
        for thread in self._threads:
            thread.join()

    def _pieces(self, inputs: Arrays) -> Sequence[Arrays]:
        rows, limit = rows_of(inputs), self._parameters.execution_batch_size
        if rows > self._parameters.max_batch_size:
            raise invalid(
                f"the request has {rows} rows and max_batch_size is "
                f"{self._parameters.max_batch_size}: send fewer rows, or raise it in the batching "
                "parameters file; max_execution_batch_size keeps the batches small"
            )
        if rows > self._room:  # no second try would help
            raise invalid(
                f"the request has {rows} rows and the empty queue takes {self._room} "
                f"({self._parameters.max_enqueued_batches} batches of {limit} rows): send fewer "
                "rows, or raise max_enqueued_batches in the batching parameters file"
            )
        if rows <= limit:
            return [inputs]
        starts = range(0, rows, limit)
        return [{name: a[start : start + limit] for name, a in inputs.items()} for start in starts]

    def _enqueue(self, parts: Sequence[_Part]) -> None:
        with self._changed:
            if self._closed:
                raise ServingError(Code.UNAVAILABLE, "this version is being unloaded: try again")
            if sum(part.rows for part in (*self._queue, *parts)) > self._room:
                raise ServingError(
                    Code.UNAVAILABLE, f"the batching queue is full ({self._room} rows): try again"
                )
            self._queue.extend(parts)
            self._changed.notify_all()

    def _work(self) -> None:
        while True:
            # One batch forms at a time: else every idle thread would take a batch of one.
            with self._forming:
                batch = self._next_batch()
            if not batch:
                return
            in_time = self._without_late(batch)
            if in_time:
                self._answer(in_time)

    def _next_batch(self) -> list[_Part]:
        with self._changed:
            self._changed.wait_for(lambda: self._queue or self._closed)
            if not self._queue:
                return []
            closes_at = self._queue[0].asked_at + self._parameters.batch_timeout_micros / 1e6
            self._changed.wait_for(
                lambda: self._closed or self._is_full(), timeout=max(0.0, closes_at - monotonic())
            )
            batch = list(self._take())
            for part in batch:
                self._queue.remove(part)
            return batch

    def _without_late(self, batch: Sequence[_Part]) -> list[_Part]:
        oldest = monotonic() - self.time_limit_s
        for part in batch:
            if part.asked_at < oldest:
                part.answer.set_exception(too_late(self.time_limit_s))
        return [part for part in batch if part.asked_at >= oldest]

    def _is_full(self) -> bool:
        """Whether the batch has all its rows, or a waiting part fits no more."""
        taken, kind = list(self._take()), self._queue[0].kind
        if len(taken) < sum(part.kind == kind for part in self._queue):
            return True
        return sum(part.rows for part in taken) >= self._parameters.execution_batch_size

    def _take(self) -> Iterator[_Part]:
        """What goes into the next batch: of the first one's kind and in turn, as far as it fits."""
        room, kind = self._parameters.execution_batch_size, self._queue[0].kind
        for part in self._queue:
            if part.kind == kind and part.rows <= room:
                room -= part.rows
                yield part

    def _answer(self, batch: Sequence[_Part]) -> None:
        try:
            answers = run_joined(
                self._run,
                [part.inputs for part in batch],
                allowed_sizes=self._parameters.allowed_batch_sizes,
            )
        except Exception as error:  # noqa: BLE001 - handed to the caller through its future
            of_all = isinstance(error, ServingError) and error.code in _FAULTS_OF_ALL
            for part in batch:
                if of_all or len(batch) == 1:
                    part.answer.set_exception(error)
                else:
                    self._answer([part])
            return
        for part, answer in zip(batch, answers, strict=True):
            part.answer.set_result(answer)
