"""What the report says, by the run's verdict and by what is known of the run."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
import yaml

from components.canary.record import Record, refusal
from components.model_gate.verdict import Check
from pipeline.kubeflow_settings import KubeflowSettings, VolumeSettings
from pipeline.report.facts import Facts

Read = Callable[[Facts], Any]

HEADINGS = [
    *("Model", "Training", "Model gate", "Canary", "Data gate", "Data quality", "Text"),
    *("Nearest neighbours", "Nodes", "Configuration"),
]


def test_a_pushed_run_opens_with_its_version_and_what_was_warned_of(
    facts: Facts, read: Read
) -> None:
    page = read(facts)
    assert page.of("title") == ["enquiries: Pushed version 1795261787 in 112 s"]
    assert page.of("h1") == ["Pushed version 1795261787 in 112 s"]
    assert page.of("time") == ["2026-11-21 11:43:11"]
    assert "Warned of: personal_data" in page.of("p")
    assert "Version 1795261787: /models/enquiries/1795261787" in page.of("p")


def test_refused_data_opens_with_the_reason_and_names_the_rows(
    refused_data: Facts, read: Read
) -> None:
    page = read(refused_data)
    assert page.of("h1") == ["The data gate refused this run; nothing was trained."]
    assert page.of("li")[0] == "personal_data: phone: 9 rows, limit 0; mask it at its source"
    assert page.of("li")[1:] == ["문의.csv:162", "문의.csv:200"]
    assert "refused" in page.of("td")
    assert page.of("h2") == ["Data gate", "Data quality", "Nodes", "Configuration"]


def test_a_refused_model_opens_with_the_reason_and_has_its_figures(
    facts: Facts, accuracy: Check, read: Read
) -> None:
    assert facts.model_verdict
    broken = replace(accuracy, state="broken", sentence="accuracy is too low")
    page = read(
        replace(
            facts,
            summary=replace(
                facts.summary, verdict="model refused", pushed=None, reasons=[broken.in_words()]
            ),
            model_verdict=replace(facts.model_verdict, checks=(broken,)),
        )
    )
    assert page.of("h1") == ["The model gate refused this model; nothing was pushed."]
    assert page.of("li")[0] == ("accuracy: accuracy is too low; look at the labels that fare worst")
    assert "accuracy is too low; look at the labels that fare worst" in page.of("td")
    assert "0.8797 [0.8744, 0.8848]" in page.of("td")


def test_a_refused_export_opens_with_the_reason_and_has_the_canarys_finding(
    facts: Facts, record: Record, read: Read
) -> None:
    found = refusal(
        "answers",
        subject="by text: eval row 3",
        figure="'환불' has 0.7",
        limit="within 1e-05",
        advice="compare the export",
    )
    page = read(
        replace(
            facts,
            summary=replace(
                facts.summary, verdict="canary refused", pushed=None, reasons=[found.in_words()]
            ),
            canary=replace(record, findings=(found,)),
        )
    )
    assert page.of("h1") == ["The canary refused this export; nothing was pushed."]
    assert page.of("li")[0] == found.in_words()
    assert {"by text: eval row 3", "'환불' has 0.7", "refused"} <= set(page.of("td"))


def test_all_that_is_known_stands_in_sections(facts: Facts, read: Read) -> None:
    assert read(facts).of("h2") == HEADINGS


@pytest.mark.parametrize(
    ("unknown", "missing"),
    [
        ({"data_verdict": None}, ["Data gate"]),
        ({"quality": None}, ["Data quality"]),
        ({"training": {}}, ["Training", "Nearest neighbours"]),
        ({"model_verdict": None}, ["Model gate"]),
        ({"canary": None}, ["Canary"]),
    ],
    ids="-".join,
)
def test_what_is_not_known_has_no_section(
    facts: Facts, read: Read, unknown: dict[str, Any], missing: list[str]
) -> None:
    told = read(replace(facts, **unknown)).of("h2")
    assert told == [heading for heading in HEADINGS if heading not in missing]


@pytest.mark.parametrize(
    ("unknown", "missing"),
    [
        ({"metrics": {}, "pushed": None}, "Model"),
        ({"text": {}}, "Text"),
        ({"seconds": {}}, "Nodes"),
    ],
    ids=["model", "text", "nodes"],
)
def test_what_the_summary_has_not_has_no_section(
    facts: Facts, read: Read, unknown: dict[str, Any], missing: str
) -> None:
    told = read(replace(facts, summary=replace(facts.summary, **unknown))).of("h2")
    assert told == [heading for heading in HEADINGS if heading != missing]


def test_vectors_that_were_not_pretrained_have_no_neighbours(
    facts: Facts, training: dict[str, Any], read: Read
) -> None:
    told = read(replace(facts, training={**training, "neighbours": {}})).of("h2")
    assert told == [heading for heading in HEADINGS if heading != "Nearest neighbours"]


def test_neighbours_stand_beside_their_word_with_the_cosine(facts: Facts, read: Read) -> None:
    page = read(facts)
    assert "영화" in page.of("th")
    assert page.of("span") == ["영화다", "##영화"]
    assert page.of("small") == ["0.90", "0.86"]


def test_the_traits_of_each_split_stand_in_a_row(facts: Facts, read: Read) -> None:
    html = read(facts).html
    for figure in ("135,023", "15.1", "63", "1.25 %", "1.23 %", "99.71 %"):
        assert f'<td class="number">{figure}</td>' in html


def test_channels_stand_with_accuracy_and_share(facts: Facts, read: Read) -> None:
    page = read(facts)
    for figure in ("0.8681", "0.575", "0.8773", "1.032", "0.8797"):
        assert figure in page.of("td")
    assert any(text.startswith("8 of at most 12 epochs in 54.0 s") for text in page.of("p"))


def test_cached_nodes_are_marked_and_counted(facts: Facts, read: Read) -> None:
    cells = read(facts).of("td")
    start = cells.index("28.1")
    assert cells[start:] == [
        *("28.1", "cached", "150,000 rows read: 135,023 train, 14,977 eval"),
        "84.2",
        *("112.3", "1 of 2"),
    ]


def test_the_configuration_stands_whole_and_without_what_is_the_default(
    facts: Facts, read: Read
) -> None:
    chosen, whole = read(facts).of("pre")
    assert yaml.safe_load(chosen)["training"] == {"epochs": 12}
    assert yaml.safe_load(whole)["training"] == facts.config.training.model_dump()


def test_the_address_of_a_webhook_is_nobodys_business(facts: Facts, read: Read) -> None:
    kubeflow = KubeflowSettings(
        image="registry.example/malmoi:1",
        models=VolumeSettings(claim="models", mount_path="/models"),
        webhook="https://chat.example/hooks/B1",
    )
    config = facts.config.model_copy(update={"kubeflow": kubeflow})
    assert "hooks" not in read(replace(facts, config=config)).html


def test_a_gate_without_complaint_says_so(facts: Facts, read: Read) -> None:
    assert facts.data_verdict
    content = replace(facts, data_verdict=replace(facts.data_verdict, findings=()))
    assert "No rule complains." in read(content).of("p")
