"""`malmoi demo`: generate the demo corpus, run on it, serve, and ask three questions."""

import json
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from pipeline.console.arguments import DONE, FAULT, Overrides, Verbose, load_config
from pipeline.console.output import tell
from pipeline.console.run import run_pipeline
from pipeline.console.serve import server_settings
from pipeline.console.talk import complain

if TYPE_CHECKING:
    from pipeline.config import Config

PRESET: Final = Path(__file__).resolve().parent.parent / "presets" / "demo.yaml"

_PATHS: Final = ("output", "data.train")
"""Keys of the paths that a demo writes to."""

_STARTS_ELSEWHERE: Final = ("/", "~", "$", "'", '"')


def demo(
    overrides: Overrides = None,
    verbose: Verbose = False,
    corpus_only: Annotated[
        bool, typer.Option("--corpus-only", help="Write the corpus and stop.")
    ] = False,
) -> None:
    """Run the whole way on 12,000 generated Korean enquiries.

    At the end the model that was pushed answers three questions.

    Example: malmoi demo --set output=/tmp/demo
    """
    from_here = [_from_here(override) for override in overrides or []]
    config = _with_corpus(load_config(PRESET, from_here), from_here)
    try:
        _write_corpus(Path(config.data.train))
    except OSError as error:
        complain(
            f"data.train: the corpus cannot be written: {error}; add --set output=/another/folder"
        )
        raise typer.Exit(FAULT) from error
    if corpus_only:
        return
    status = run_pipeline(config, verbose=verbose)
    if status == DONE:
        status = _ask(config)
    raise typer.Exit(status)


def _from_here(override: str) -> str:
    """Let a relative path start at the present folder: nobody looks for his files by the preset."""
    key, _, path = override.partition("=")
    if key not in _PATHS or not path or path.startswith(_STARTS_ELSEWHERE):
        return override
    return f"{key}={json.dumps(str(Path.cwd() / path), ensure_ascii=False)}"


def _with_corpus(config: "Config", overrides: list[str]) -> "Config":
    """Let the corpus lie in the output folder, unless an override says where it lies."""
    if any(override.startswith(("data=", "data.train=")) for override in overrides):
        return config
    corpus = config.output_dir / Path(config.data.train).name
    data = config.data.model_copy(update={"train": str(corpus)})
    return config.model_copy(update={"data": data})


def _write_corpus(path: Path) -> None:
    """Write the corpus unless it is there: a new file would make every node run again."""
    from pipeline.demo import corpus

    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        rows = corpus.write(path)
        tell(f"Wrote {rows:,} generated enquiries: {path}")


def _ask(config: "Config") -> int:
    """Put the questions to a server over HTTP."""
    from pipeline.demo.questions import QUESTIONS
    from serving.client import ServerError, predict

    try:
        with _server(config) as address:
            answers = predict(address, config.name, [question for question, _ in QUESTIONS])
    except (ServerError, ValueError) as error:  # or it ended without a start-up line
        complain(str(error))
        return FAULT
    for (question, _), answer in zip(QUESTIONS, answers, strict=True):
        tell(f"{question}\n  {answer.label} {answer.probability:.4f}")
    return DONE


@contextmanager
def _server(config: "Config") -> Iterator[str]:
    """Serve the pushed model on free ports; yields the REST address."""
    from dataclasses import replace

    from serving.backends import START_FOLDER, Backend, command_line
    from serving.settings import Endpoints

    settings = replace(server_settings(config), port=0, rest_api_port=0)
    command = command_line(settings, Backend.EMBEDDED)
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, cwd=START_FOLDER
    ) as process:
        try:
            assert process.stdout is not None
            line = process.stdout.readline().decode()
            yield Endpoints.from_start_line(line).rest
        finally:
            process.terminate()
