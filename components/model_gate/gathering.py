"""Gathers the evidence: reads the rows, asks the models, times them."""

from collections.abc import Iterator, Sequence

from tfx.types import Artifact
from tfx.utils import path_utils

from components.examples import Row, labelled_rows
from components.model_gate import slices
from components.model_gate.evidence import Evidence, Export, Labels, numbered
from components.model_gate.latency import measure
from components.model_gate.predictions import ServedModel, size_bytes
from components.model_gate.slices import Slice
from components.simple_baselines import predictions as baselines_on_disk
from components.simple_baselines.executor import EVAL_SPLIT
from components.text_example_gen.source import Columns
from trainer.export import LENGTH_BOUNDS


def gather(
    examples: Artifact,
    *,
    model: Artifact,
    production: Artifact | None,
    baselines: Artifact,
    columns: Columns,
) -> Evidence:
    """Ask every model about the labelled eval rows, all of which are held in memory.

    Raises:
        ValueError: there is no such row, a model lacks the signature, or the baselines have seen
            other rows.
    """
    rows = list(labelled_rows(examples, EVAL_SPLIT, columns))
    if not rows:
        raise ValueError(
            f"split {EVAL_SPLIT!r}: expected labelled rows, found none; "
            "set data.eval or a larger data.eval_fraction"
        )
    texts = [row.text for row in rows]
    simple = _baselines(baselines, rows)
    candidate = ServedModel(model_folder(model))
    ours = candidate.answers(texts)
    incumbent = ServedModel(model_folder(production)) if production else None
    theirs = incumbent.answers(texts).labels if incumbent else []
    actual, predicted, old, *others = numbered(
        [row.label for row in rows], ours.labels, theirs, *simple.values()
    )
    return Evidence(
        actual=actual,
        candidate=_export(model, predicted),
        probabilities=ours.probabilities,
        production=_export(production, old) if production else None,
        latency=measure(candidate.answer, incumbent.answer, texts) if incumbent else None,
        baselines=dict(zip(simple, others, strict=True)),
        slices=list(_slices(rows)),
    )


def model_folder(model: Artifact) -> str:
    """Return the folder of a model's SavedModel."""
    return path_utils.serving_model_path(model.uri, path_utils.is_old_model_artifact(model))


def _export(model: Artifact, predicted: Labels) -> Export:
    return Export(
        predicted=predicted, size_bytes=size_bytes(model_folder(model)), name=f"model {model.id}"
    )


def _baselines(artifact: Artifact, rows: Sequence[Row]) -> dict[str, Sequence[str]]:
    """Read the baselines' answers, which must be to the same rows."""
    found = baselines_on_disk.read(artifact.uri)
    judged = [(row.origin, row.label) for row in rows]
    if list(zip(found.origins, found.actual, strict=True)) != judged:
        raise ValueError(
            f"{artifact.uri}: expected the baselines' answers to the {len(rows):,} labelled rows "
            f"of split {EVAL_SPLIT!r}, found {len(found.origins):,} rows, not all the same; "
            "run SimpleBaselines again on these examples"
        )
    return dict(found.predicted)


def _slices(rows: Sequence[Row]) -> Iterator[Slice]:
    texts = [row.text for row in rows]
    yield from slices.by_label([row.label for row in rows])
    yield from slices.by_length(texts, LENGTH_BOUNDS)
    yield from slices.by_side({n: [row.side[n] for row in rows] for n in rows[0].side})
    yield from slices.by_script(texts)
