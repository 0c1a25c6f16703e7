"""`malmoi predict`: ask the pushed model, without a server."""

import json
import os
import sys
from typing import Annotated

import typer

from pipeline.console.arguments import FAULT, AsJson, ConfigFile, Overrides, load_config
from pipeline.console.output import tell
from pipeline.console.talk import complain


def predict(
    config: ConfigFile,
    texts: Annotated[
        list[str] | None, typer.Argument(help="Texts; none: one a line from standard input.")
    ] = None,
    top: Annotated[int, typer.Option(min=1, help="Labels to show of each text.")] = 1,
    overrides: Overrides = None,
    as_json: AsJson = False,
) -> None:
    """Classify texts with the version that serves.

    Example: malmoi predict malmoi.yaml "배송이 너무 늦어요" --top 3
    """
    from pipeline.released import NoModelError, ReleasedModel

    models = load_config(config, overrides).models_dir
    try:
        asked = _arguments(texts) if texts else _lines()
        model = ReleasedModel.served(models)
    except (NoModelError, ValueError) as error:
        complain(str(error))
        raise typer.Exit(FAULT) from error
    answers = model.classify(asked)
    if as_json:
        rows = [
            {"text": text, "labels": dict(ranked[:top])}
            for text, ranked in zip(asked, answers, strict=True)
        ]
        tell(json.dumps({"version": model.version, "answers": rows}, ensure_ascii=False))
        return
    for text, ranked in zip(asked, answers, strict=True):
        labels = "  ".join(f"{label} {probability:.4f}" for label, probability in ranked[:top])
        tell(f"{labels}\t{text}")


def _arguments(texts: list[str]) -> list[str]:
    return [_utf8(os.fsencode(text), f"text {n}") for n, text in enumerate(texts, start=1)]


def _lines() -> list[str]:
    return [
        _utf8(line.rstrip(b"\r\n"), f"standard input, line {number}")
        for number, line in enumerate(sys.stdin.buffer, start=1)
    ]


def _utf8(raw: bytes, where: str) -> str:
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError as error:
        raise ValueError(
            f"{where}: byte {error.start + 1} is not UTF-8; convert the text first, such as with "
            "iconv -f cp949 -t utf-8"
        ) from error
