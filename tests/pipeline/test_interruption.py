"""An interruption ends the run, whatever the code makes of it in whose midst it comes."""

import os
import signal
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from tfx.dsl.components.common.resolver import Resolver, ResolverStrategy
from tfx.v1.components import ImportSchemaGen

from pipeline import local_runner
from pipeline.interruption import check, remembered


def strike(number: int = signal.SIGINT) -> None:
    os.kill(os.getpid(), number)


class Deaf(ResolverStrategy):
    def resolve_artifacts(self, store: Any, input_dict: Any) -> Any:
        try:
            strike()
        except BaseException:  # noqa: BLE001 - as some libraries do
            return input_dict


class Renaming(ResolverStrategy):
    def resolve_artifacts(self, store: Any, input_dict: Any) -> Any:
        try:
            strike()
        except BaseException as error:
            raise RuntimeError("a worker has failed") from error


class Dropping(ResolverStrategy):
    def resolve_artifacts(self, store: Any, input_dict: Any) -> Any:
        class Finalized:
            def __del__(self) -> None:
                strike()

        finalized = Finalized()
        del finalized
        return input_dict


class Counting:
    def __init__(self) -> None:
        self.started: list[str] = []

    def node_started(self, node: str) -> None:
        self.started.append(node)

    def node_ended(self, result: local_runner.NodeResult) -> None:
        pass


@pytest.fixture(autouse=True)
def own_handlers() -> Iterator[None]:
    """As in a process of our own: both signals interrupt."""
    former = {n: signal.getsignal(n) for n in (signal.SIGINT, signal.SIGTERM)}
    for number in former:
        signal.signal(number, signal.default_int_handler)
    yield
    for number, handler in former.items():
        signal.signal(number, handler)


@pytest.mark.parametrize("strategy", [Deaf, Renaming, Dropping])
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_no_node_runs_after_an_interruption_that_was_swallowed(
    tmp_path: Path, strategy: type[ResolverStrategy]
) -> None:
    (tmp_path / "schema.pbtxt").write_text('feature { name: "text" }')
    schema = ImportSchemaGen(schema_file=str(tmp_path / "schema.pbtxt"))
    struck = Resolver(strategy_class=strategy, model=schema.outputs["schema"]).with_id("Struck")
    after = Resolver(strategy_class=strategy, model=struck.outputs["model"]).with_id("After")
    pipeline = local_runner.make_pipeline(
        [schema, struck, after], name="small", root=tmp_path / "output"
    )
    heard = Counting()

    with pytest.raises(KeyboardInterrupt), remembered():
        local_runner.run(pipeline, heard)

    assert heard.started == ["ImportSchemaGen", "Struck"]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_either_signal_is_raised_at_once_and_again(number: int) -> None:
    with remembered():
        check()
        with pytest.raises(KeyboardInterrupt):
            strike(number)
        with pytest.raises(KeyboardInterrupt):
            check()


def import_struck() -> None:
    try:
        strike()
    except KeyboardInterrupt:
        raise ImportError("numpy.core.multiarray failed to import") from None


def test_the_error_that_an_import_makes_of_it_is_an_interruption_again() -> None:
    with pytest.raises(KeyboardInterrupt) as interrupted, remembered():
        import_struck()
    assert isinstance(interrupted.value.__cause__, ImportError)


def test_an_error_without_a_signal_stays_what_it_is() -> None:
    with pytest.raises(ZeroDivisionError), remembered():
        raise ZeroDivisionError


def test_what_was_remembered_is_over_with_the_next_run() -> None:
    with pytest.raises(KeyboardInterrupt), remembered():
        strike()
    with remembered():
        check()


@pytest.mark.parametrize("end", [None, ZeroDivisionError])
def test_the_handlers_of_before_are_back_in_the_end(end: type[Exception] | None) -> None:
    with suppress(ZeroDivisionError), remembered():
        if end:
            raise end
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    assert signal.getsignal(signal.SIGTERM) is signal.default_int_handler


def ignored(number: int, frame: object) -> None:
    pass


@pytest.mark.parametrize("handler", [signal.SIG_IGN, signal.SIG_DFL, ignored])
def test_a_signal_that_somebody_else_hears_stays_theirs(handler: Callable[..., None]) -> None:
    signal.signal(signal.SIGTERM, handler)
    with remembered():
        assert signal.getsignal(signal.SIGTERM) is handler
