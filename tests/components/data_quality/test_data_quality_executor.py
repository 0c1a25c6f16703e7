"""From files through TextExampleGen to the artifact, and what real corpora show."""

import os
from pathlib import Path
from typing import Any

import pytest
from tfx.dsl.components.base.base_beam_executor import BaseBeamExecutor
from tfx.orchestration import metadata, pipeline
from tfx.orchestration.local.local_dag_runner import LocalDagRunner
from tfx.types import standard_artifacts

from components import artifacts
from components.data_quality import executor as data_quality
from components.data_quality.component import DataQuality
from components.data_quality.report import Match, Quality
from components.text_example_gen import executor as text_example_gen
from components.text_example_gen.component import TextExampleGen
from components.text_example_gen.source import TextSource

COLUMNS = {"text": "text", "label": "label"}


def run(folder: Path, **fields: Any) -> tuple[artifacts.Quality, Quality]:
    source = TextSource.model_validate({"columns": COLUMNS} | fields)
    examples, kept_out = standard_artifacts.Examples(), artifacts.Quarantine()
    quality = artifacts.Quality()
    examples.uri, kept_out.uri = str(folder / "examples"), str(folder / "quarantine")
    quality.uri = str(folder / "quality")
    gen = TextExampleGen(source, digest="abc")
    properties = {name: value for name, value in gen.exec_properties.items() if value}
    text_example_gen.Executor(BaseBeamExecutor.Context()).Do(
        {}, {"examples": [examples], "quarantine": [kept_out]}, properties
    )
    component = DataQuality(examples=gen.outputs["examples"], columns=source.columns, digest="abc")
    data_quality.Executor(BaseBeamExecutor.Context()).Do(
        {"examples": [examples]}, {"quality": [quality]}, component.exec_properties
    )
    file = Path(quality.uri, "quality.json")
    return quality, Quality.from_json(file.read_text(encoding="utf-8"))


def test_the_artifact_bears_the_figures_and_nothing_but_the_file(tmp_path: Path) -> None:
    path = tmp_path / "후기.csv"
    rows = "".join(
        f"{number}번 주문이 안 와요,{'불만' if number % 3 else '문의'}\n" for number in range(30)
    )
    path.write_text(f"text,label\n{rows}1번 주문이 안 와요,칭찬\n", encoding="cp949")
    artifact, quality = run(tmp_path, train=str(path), encoding="cp949", eval_fraction=0.3)
    assert (quality.conflicts.rows, quality.leakage.rows) == (2, 0)
    assert quality.conflicts.examples == (Match("후기.csv:3", "후기.csv:32"),)
    for name, figure in quality.figures().items():
        if name == "imbalance":
            assert artifact.get_float_custom_property(name) == pytest.approx(figure)
        else:
            assert artifact.get_int_custom_property(name) == figure
    assert os.listdir(artifact.uri) == ["quality.json"]


def test_a_pipeline_keeps_the_figures_with_its_metadata(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("text,label\n" + "배송이 늦어요,불만\n" * 3, encoding="utf-8")
    (tmp_path / "b.csv").write_text("text,label\n배송이 늦어요,불만\n", encoding="utf-8")
    source = TextSource.model_validate(
        {"columns": COLUMNS, "train": f"{tmp_path}/a.csv", "eval": f"{tmp_path}/b.csv"}
    )
    gen = TextExampleGen(source, digest="abc")
    node = DataQuality(examples=gen.outputs["examples"], columns=source.columns, digest="abc")
    connection = metadata.sqlite_metadata_connection_config(str(tmp_path / "mlmd.sqlite"))
    LocalDagRunner().run(
        pipeline.Pipeline(
            pipeline_name="quality",
            pipeline_root=str(tmp_path / "root"),
            components=[gen, node],
            metadata_connection_config=connection,
        )
    )
    with metadata.Metadata(connection) as handle:
        [kept] = handle.store.get_artifacts_by_type("Quality")
    assert kept.custom_properties["duplicate_rows"].int_value == 2
    assert kept.custom_properties["leakage_verbatim_rows"].int_value == 1
    assert kept.custom_properties["imbalance"].double_value == 1.0


def test_of_3i4k_the_published_figures_hold(tmp_path: Path) -> None:
    """Train alone; texts as they stand, the line's end cut off; labels with blanks cut off."""
    folder = Path(os.environ.get("MALMOI_DATA", ""), "3i4k")
    if "MALMOI_DATA" not in os.environ or not folder.is_dir():
        pytest.skip("the folder in MALMOI_DATA holds no 3i4k")
    _, quality = run(
        tmp_path,
        train=str(folder / "train_val.tsv.gz"),
        eval=str(folder / "test.tsv.gz"),
        header=False,
        quoting=False,
        names=["label", "text"],
    )
    assert quality.leakage_verbatim.rows == 612
    assert quality.leakage.rows == 620
    assert (quality.conflicts_verbatim.texts, quality.conflicts_verbatim.rows) == (186, 462)
    assert (quality.conflicts.texts, quality.conflicts.rows) == (186, 466)
    assert quality.imbalance == pytest.approx(16_470 / 979)
    assert sum(quality.labels["eval"].values()) == 6_121
