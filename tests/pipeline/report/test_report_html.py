"""The report as a document: well formed, alone, accessible, and deaf to what data says."""

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
import yaml

from components.data_gate.verdict import Finding
from components.data_gate.verdict import Verdict as DataVerdict
from pipeline.report.facts import Facts

HOSTILE = "<script>alert('환불')</script>\"'><img src=x onerror=y>&amp;"

Read = Callable[[Facts], Any]


@pytest.fixture(params=["facts", "refused_data", "hostile"])
def told(request: pytest.FixtureRequest) -> Facts:
    """Facts of each kind that a page is made of."""
    found: Facts = request.getfixturevalue(request.param)
    return found


@pytest.fixture
def hostile(facts: Facts) -> Facts:
    """A run of data that wants to be part of the page."""
    finding = Finding(
        rule=HOSTILE,
        level="warn",
        subject=HOSTILE,
        figure=HOSTILE,
        limit=HOSTILE,
        advice=HOSTILE,
        rows=(HOSTILE,),
    )
    assert facts.quality
    neighbours = {HOSTILE: [{"subword": HOSTILE, "cosine": 0.5}]}
    return replace(
        facts,
        config=facts.config.model_copy(update={"schema_file": HOSTILE}),
        summary=replace(facts.summary, reasons=[HOSTILE], outcomes={"Trainer": HOSTILE}),
        data_verdict=DataVerdict((finding,), {HOSTILE: HOSTILE}),
        quality=replace(facts.quality, labels={HOSTILE: {HOSTILE: 1}}),
        training={**facts.training, "neighbours": neighbours},
    )


def test_every_element_is_closed(told: Facts, read: Read) -> None:
    page = read(told)
    assert page.opened == []
    assert page.html.startswith("<!DOCTYPE html>")


def test_the_page_refers_to_nothing(told: Facts, read: Read) -> None:
    page = read(told)
    names = {name for _, attributes in page.elements for name in attributes}
    assert names & {"src", "href", "srcset", "action", "data", "style", "poster"} == set()
    assert not re.search(r"https?://|@import|url\(", page.html)
    (policy,) = (a["content"] for _, a in page.elements if "http-equiv" in a)
    assert policy == "default-src 'none'; style-src 'unsafe-inline'"


def test_there_is_no_script(told: Facts, read: Read) -> None:
    page = read(told)
    tags = {tag for tag, _ in page.elements}
    assert tags & {"script", "img", "iframe", "object", "link", "form"} == set()
    assert not [name for _, a in page.elements for name in a if name.startswith("on")]


def test_hostile_text_is_shown_as_it_is(hostile: Facts, read: Read) -> None:
    page = read(hostile)
    for tag in ("li", "th", "td", "span"):
        assert HOSTILE in page.of(tag)
    assert [yaml.safe_load(text)["schema"] for text in page.of("pre")] == [HOSTILE, HOSTILE]


def test_control_characters_and_lone_surrogates_become_a_sign(facts: Facts, read: Read) -> None:
    summary = replace(facts.summary, reasons=["가\x00나\x1b[31m\udcff다\r\x9c라"])
    page = read(replace(facts, summary=summary))
    assert page.of("li")[0] == "가�나�[31m�다��라"
    assert page.html.encode("utf-8")


def test_a_label_cannot_turn_the_figures_behind_it(facts: Facts, read: Read) -> None:
    reasons = [f"recall of {mark}شكوى is 0.12" for mark in "\u202a\u202b\u202d\u202e\u2067"]
    page = read(replace(facts, summary=replace(facts.summary, reasons=reasons)))
    assert page.of("li")[: len(reasons)] == ["recall of �شكوى is 0.12"] * len(reasons)


def test_emoji_and_scripts_that_run_leftwards_are_shown_as_they_are(
    facts: Facts, read: Read
) -> None:
    text = "👨\u200d👩\u200d👧 שלום شكوى 환불\u200f"
    page = read(replace(facts, summary=replace(facts.summary, reasons=[text])))
    assert page.of("li")[0] == text


def test_language_title_and_one_heading_of_each_section_are_there(told: Facts, read: Read) -> None:
    page = read(told)
    assert ("html", {"lang": "en"}) in page.elements
    levels = [tag for tag, _ in page.elements if re.fullmatch(r"h\d", tag)]
    sections = [tag for tag, _ in page.elements if tag == "section"]
    assert levels == ["h1"] + ["h2"] * len(sections)
    assert len(page.of("title")) == 1


def test_every_table_has_a_caption_and_every_heading_cell_a_scope(told: Facts, read: Read) -> None:
    tags = [tag for tag, _ in read(told).elements]
    assert tags.count("table") > 2
    assert [tags[at + 1] for at, tag in enumerate(tags) if tag == "table"] == (
        ["caption"] * tags.count("table")
    )
    scopes = [attributes.get("scope") for tag, attributes in read(told).elements if tag == "th"]
    assert set(scopes) == {"row", "col"}


def test_dark_rooms_and_paper_have_colours_of_their_own(facts: Facts, read: Read) -> None:
    (style,) = read(facts).of("style")
    assert "@media (prefers-color-scheme: dark)" in style
    assert "@media print" in style
