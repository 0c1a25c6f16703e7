"""Data against its schema: the graph up to the data gate, in a folder that is thrown away."""

import tempfile
from dataclasses import dataclass
from datetime import date
from itertools import takewhile
from pathlib import Path
from typing import Any

from components.data_gate.verdict import Verdict
from pipeline.config import Config
from pipeline.schema_contract.compare import parse
from pipeline.schema_contract.pinned import (
    PINNED_FOLDER,
    Statistics,
    file_name,
    key_of,
    pin,
    pinned_files,
)
from serving.releases.durable import replace_file

_SCRATCH_PREFIX = "schema-check-"


@dataclass(frozen=True, kw_only=True)
class Checked:
    """What the gate says of the data.

    Attributes:
        verdict: its verdict.
        statistics: those that it judged, a data set for each split, named after it, with the rows
            of every label.
        span: the span that was read; none: the paths have none.
    """

    verdict: Verdict
    statistics: Statistics
    span: int | None


def check(config: Config, listener: Any) -> Checked:
    """Run the nodes up to the data gate in a scratch folder under the output folder.

    Nothing is trained, nothing is kept, and no earlier run is looked at: metadata and releases are
    sought in the scratch folder, so that the gate finds no earlier span to compare with.

    Args:
        config: the configuration.
        listener: a `pipeline.local_runner.Listener`.

    Raises:
        NodeFailedError: a node failed.
    """
    from pipeline import graph, local_runner, outcome

    config.output_dir.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=config.output_dir, prefix=_SCRATCH_PREFIX) as scratch:
        alone = config.model_copy(update={"output": scratch})
        nodes = takewhile(lambda node: node.id != graph.DATA_GATE_HALT, graph.build(alone))
        pipeline = local_runner.make_pipeline(
            list(nodes), name=config.name, root=Path(scratch), beam_args=config.beam_args
        )
        results = local_runner.run(pipeline, listener)
        (quarantine,) = results["TextExampleGen"].outputs["quarantine"]
        return Checked(
            verdict=outcome.verdict(results["DataGate"].outputs),
            statistics=_statistics(results, label=config.data.columns.label),
            span=_span(config, quarantine),
        )


def write_pinned(config: Config, checked: Checked, *, today: date) -> Path:
    """Pin the statistics of data that passed beside its schema, with the key of the last pin.

    Raises:
        OSError: a file cannot be read or written.
        ValueError: the data did not pass, or the schema cannot be read.
    """
    if not checked.verdict.passed:
        raise ValueError("the data gate refused this data: only what passed is pinned")
    path = Path(config.schema_file)
    earlier = pinned_files(path.parent)
    try:
        key = key_of(earlier[-1].read_bytes()) if earlier else None
    except ValueError as error:
        raise ValueError(f"{earlier[-1]}: {error}") from error
    schema = parse(path.read_text("utf-8"), path=str(path))
    target = path.parent / PINNED_FOLDER / file_name(checked.span, today)
    target.parent.mkdir(exist_ok=True)
    replace_file(target, pin(checked.statistics, schema, key=key))
    return target


def _statistics(results: Any, *, label: str) -> Statistics:
    """Join the splits' statistics before the scratch folder goes."""
    from tfx.components.statistics_gen import stats_artifact_utils
    from tfx.types import artifact_utils

    from components.data_gate.evidence import with_every_label
    from components.data_quality.report import FILE_NAME, Quality

    (quality,) = results["DataQuality"].outputs["quality"]
    labels = Quality.from_json(Path(quality.uri, FILE_NAME).read_text("utf-8")).labels
    (artifact,) = next(
        outputs["statistics"]
        for outputs in (result.outputs for result in results.values())
        if "statistics" in outputs
    )
    joined = Statistics()
    for split in artifact_utils.decode_split_names(artifact.split_names):
        found = stats_artifact_utils.load_statistics(artifact, split).proto()
        (dataset,) = with_every_label(found, label, labels.get(split, {})).datasets
        dataset.name = split
        joined.datasets.append(dataset)
    return joined


def _span(config: Config, quarantine: Any) -> int | None:
    from components.text_example_gen import spans

    return int(quarantine.span) if spans.has_span(config.data.train) else None
