"""A pushed run with all that can be told of it, and a reader of the page that tells it."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime
from html.parser import HTMLParser
from typing import Any, Final

import pytest

from components.canary.record import Latency, Record, Server
from components.data_gate.verdict import Finding
from components.data_gate.verdict import Verdict as DataVerdict
from components.data_quality.report import Match, Overlap, Quality, Sightings
from components.model_gate.verdict import Check
from components.model_gate.verdict import Verdict as ModelVerdict
from pipeline.config import Config
from pipeline.report import page
from pipeline.report.facts import Facts
from pipeline.run_folder import Summary

VOID: Final = frozenset({"meta", "br", "hr", "img", "link", "input"})
"""Elements of HTML that have no end tag."""

CONFIG: Final = Config.model_validate(
    {
        "name": "enquiries",
        "data": {"train": "/data/문의.csv", "columns": {"text": "text", "label": "label"}},
        "schema": "/data/schema.pbtxt",
        "training": {"epochs": 12},
    }
)


@dataclass
class Page(HTMLParser):
    """A page that has been read: elements with their attributes, and texts by element.

    Raises:
        AssertionError: an end tag closes another element than the last one opened.
    """

    html: str
    elements: list[tuple[str, dict[str, str | None]]] = field(default_factory=list)
    texts: list[tuple[str, str]] = field(default_factory=list)
    opened: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__()
        self.feed(self.html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.opened.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.opened.pop() == tag, f"{self.getpos()}: </{tag}>"

    def handle_data(self, data: str) -> None:
        if data.strip():
            tag = self.opened[-1]
            self.texts.append((tag, data if tag == "pre" else " ".join(data.split())))

    def of(self, *tags: str) -> list[str]:
        """List the texts that stand directly in elements of these kinds."""
        return [text for tag, text in self.texts if tag in tags]


@pytest.fixture
def read() -> Callable[[Facts], Page]:
    """Renders facts and reads the page."""
    return lambda facts: Page(page.render(facts))


def split(rows: int, unknown_share: float) -> dict[str, Any]:
    return {
        "rows": rows,
        "empty_rows": 3,
        "mean_tokens": 15.119,
        "p99_tokens": 63,
        "cut_share": 0.0125,
        "unknown_share": unknown_share,
        "coverage": 0.9971,
    }


@pytest.fixture
def summary() -> Summary:
    return Summary(
        pushed={"version": "1795261787", "path": "/models/enquiries/1795261787"},
        metrics={"accuracy": 0.87968, "macro_f1": 0.87967, "example_count": 14_977.0},
        text={
            "tokens": "subwords",
            "vocabulary_size": 19_207,
            "max_tokens": 128,
            "splits": {"train": split(135_023, 0.0), "eval": split(14_977, 0.0123)},
        },
        seconds={"TextExampleGen": 28.06, "Trainer": 84.248},
        total_seconds=112.308,
        outcomes={"TextExampleGen": "150,000 rows read: 135,023 train, 14,977 eval"},
        cached=["TextExampleGen"],
        run_folder="/output/runs/20261121-114311-130693",
    )


@pytest.fixture
def personal_data() -> Finding:
    return Finding(
        rule="personal_data",
        level="warn",
        subject="phone",
        figure="9 rows",
        limit="0",
        advice="mask it at its source",
        rows=("문의.csv:162", "문의.csv:200"),
    )


@pytest.fixture
def accuracy() -> Check:
    return Check(
        rule="accuracy",
        level="refuse",
        state="kept",
        subject="all rows",
        figure="0.8797 [0.8744, 0.8848]",
        limit="at least 0.8",
        sentence="accuracy is 0.8797; the lower end reaches 0.8",
        advice="look at the labels that fare worst",
    )


@pytest.fixture
def record() -> Record:
    return Record(
        server=Server(backend="embedded", program="python", version="TensorFlow 2.16.2"),
        ready_s=8.012,
        texts=82,
        replayed=2_246,
        latency=Latency(requests=100, p50_ms=3.324, p99_ms=8.14),
    )


@pytest.fixture
def quality() -> Quality:
    nothing = Overlap(texts=0, rows=0, examples=())
    repeated = Overlap(texts=1_083, rows=3_693, examples=(Match("문의.csv:93", "문의.csv:24525"),))
    return Quality(
        labels={"eval": {"환불": 20}, "train": {"배송": 100, "환불": 50}},
        duplicates=repeated,
        leakage_verbatim=nothing,
        leakage=nothing,
        conflicts_verbatim=nothing,
        conflicts=nothing,
        near_duplicates=nothing,
        near_leakage=nothing,
        personal={"phone": Sightings(rows=9, examples=("문의.csv:162",))},
    )


@pytest.fixture
def training() -> dict[str, Any]:
    return {
        "epochs": 8,
        "best_epoch": 7,
        "fit_seconds": 53.977,
        "network_accuracy": 0.86813,
        "linear_accuracy": 0.87735,
        "eval_accuracy": 0.87968,
        "shares": {"network": [0.5, 0.649], "linear": [1.1, 0.9642], "offset": [-0.1, 0.1]},
        "mixing_seconds": 7.138,
        "neighbours": {
            "영화": [
                {"subword": "영화다", "cosine": 0.8962},
                {"subword": "##영화", "cosine": 0.8563},
            ]
        },
    }


@pytest.fixture
def facts(
    summary: Summary,
    personal_data: Finding,
    accuracy: Check,
    record: Record,
    quality: Quality,
    training: dict[str, Any],
) -> Facts:
    """All that is known of a run that was pushed, with one warning."""
    return Facts(
        config=CONFIG,
        summary=summary,
        began=datetime(2026, 11, 21, 11, 43, 11),
        data_verdict=DataVerdict((personal_data,), {"drift": "no baseline yet"}),
        quality=quality,
        training=training,
        model_verdict=ModelVerdict(production="no baseline yet", rows=14_977, checks=(accuracy,)),
        canary=record,
    )


@pytest.fixture
def refused_data(facts: Facts, personal_data: Finding) -> Facts:
    """What is known of a run that ended at the data gate."""
    refusal = replace(personal_data, level="refuse")
    return replace(
        facts,
        summary=Summary(
            verdict="data refused",
            reasons=[refusal.in_words()],
            rows=refusal.rows,
            seconds={"DataGate": 0.1},
        ),
        data_verdict=DataVerdict((refusal,), {}),
        training={},
        model_verdict=None,
        canary=None,
    )
