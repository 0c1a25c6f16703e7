import csv
import hashlib
import subprocess
import sys
import unicodedata
from collections import Counter
from datetime import date
from pathlib import Path

import pytest

from pipeline.demo import corpus, phrasebook
from pipeline.demo.questions import QUESTIONS

FIRST_100_SHA256 = "511ed17ae2edece477b7356a74dfd0b8819e78d0cb89e881a17c1704ca652ed4"
CLASS_COUNTS = {
    "배송 지연": 1255,
    "환불 요청": 994,
    "배송 조회": 859,
    "주문 취소": 709,
    "교환 요청": 660,
    "쿠폰 사용": 541,
    "불량 파손": 525,
    "환불 확인": 508,
    "결제 오류": 426,
    "배송지 변경": 392,
    "사이즈 문의": 391,
    "로그인": 356,
    "앱 오류": 338,
    "상품 정보": 308,
    "오배송": 284,
    "구성품 누락": 277,
    "비밀번호": 276,
    "중복 결제": 265,
    "적립금": 263,
    "이벤트 후기": 244,
    "영수증 발급": 242,
    "결제 수단": 230,
    "예약 주문": 213,
    "가입 탈퇴": 204,
    "수리": 193,
    "선물 포장": 188,
    "상담 응대": 183,
    "재입고": 181,
    "회원 등급": 177,
    "해외 배송": 164,
    "대량 주문": 154,
}


@pytest.fixture(scope="module")
def enquiries() -> list[corpus.Enquiry]:
    return list(corpus.generate())


def test_the_first_hundred_rows_are_the_same_on_every_machine() -> None:
    rows = "\n".join(repr(enquiry) for enquiry in corpus.generate(100))
    assert hashlib.sha256(rows.encode()).hexdigest() == FIRST_100_SHA256


def test_the_class_counts_are_pinned(enquiries: list[corpus.Enquiry]) -> None:
    assert Counter(enquiry.label for enquiry in enquiries) == CLASS_COUNTS


def test_a_shorter_corpus_is_the_beginning_of_a_longer_one(enquiries: list[corpus.Enquiry]) -> None:
    assert list(corpus.generate(250)) == enquiries[:250]


def test_another_seed_gives_other_rows(enquiries: list[corpus.Enquiry]) -> None:
    others = {enquiry.text for enquiry in corpus.generate(300, seed=8)}
    assert len(others & {enquiry.text for enquiry in enquiries}) < 10


def test_exactly_three_labels_in_a_hundred_are_wrong_and_name_a_neighbour(
    enquiries: list[corpus.Enquiry],
) -> None:
    categories = phrasebook.load().categories
    for start in range(0, len(enquiries), 100):
        wrong = [enquiry for enquiry in enquiries[start : start + 100] if enquiry.mislabelled]
        assert len(wrong) == 3
        assert all(enquiry.label in categories[enquiry.topic].neighbours for enquiry in wrong)


def test_classes_are_uneven_but_none_is_starved(enquiries: list[corpus.Enquiry]) -> None:
    counts = Counter(enquiry.label for enquiry in enquiries)
    assert len(counts) == 31
    assert min(counts.values()) >= 120
    assert 7 <= max(counts.values()) / min(counts.values()) <= 9
    assert max(counts.values()) < 0.12 * len(enquiries)


def test_few_texts_repeat(enquiries: list[corpus.Enquiry]) -> None:
    assert len({enquiry.text for enquiry in enquiries}) > 0.97 * len(enquiries)


def test_texts_are_short_and_long_within_their_bounds(enquiries: list[corpus.Enquiry]) -> None:
    lengths = [len(enquiry.text) for enquiry in enquiries]
    assert min(lengths) >= corpus.MIN_CHARACTERS
    assert max(lengths) <= corpus.MAX_CHARACTERS
    assert min(lengths) < 10
    assert max(lengths) > 150


def test_no_mark_of_the_grammar_is_left_in_a_text(enquiries: list[corpus.Enquiry]) -> None:
    texts = [unicodedata.normalize("NFC", enquiry.text) for enquiry in enquiries]
    marks = ("{", "}", "[", "]", "|", "을(를)", "이(가)", "(으)", "~ㅂ", "~ㄴ", "~ㅁ", "  ")
    assert not [text for text in texts if any(mark in text for mark in marks)]


def test_dates_run_from_day_to_day_through_eight_weeks(enquiries: list[corpus.Enquiry]) -> None:
    days = [date.fromisoformat(enquiry.date) for enquiry in enquiries]
    assert days == sorted(days)
    assert len(set(days)) == 8 * 7
    assert len({enquiry.id for enquiry in enquiries}) == len(enquiries)


def test_the_file_holds_the_rows_under_its_five_columns(tmp_path: Path) -> None:
    path = tmp_path / "new" / "demo.csv"
    assert corpus.write(path, rows=120) == 120
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    names = ("id", "date", "text", "label", "channel")
    assert [tuple(row) for row in rows] == [names] * 120
    assert [tuple(row.values()) for row in rows] == [
        tuple(getattr(enquiry, name) for name in names) for enquiry in corpus.generate(120)
    ]


def test_everyone_may_read_the_file(tmp_path: Path) -> None:
    corpus.write(tmp_path / "demo.csv", rows=1)
    assert (tmp_path / "demo.csv").stat().st_mode & 0o777 == 0o644


def test_a_write_that_fails_leaves_the_old_file_and_no_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "demo.csv"
    path.write_text("old", encoding="utf-8")
    monkeypatch.setattr(corpus, "COLUMNS", ("id", "\ud800"))
    with pytest.raises(UnicodeEncodeError):
        corpus.write(path, rows=3)
    assert path.read_text(encoding="utf-8") == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_negative_number_of_rows_is_refused_before_the_first_row() -> None:
    with pytest.raises(ValueError, match="expected 0 or more, received -1"):
        corpus.generate(-1)


def test_the_grammar_makes_hundreds_of_thousands_of_requests_and_hundreds_in_every_category() -> (
    None
):
    book = phrasebook.load()
    sizes = {
        category.label: sum(book.grammar.size(core, "polite") for core in category.cores)
        for category in book.categories.values()
    }
    assert min(sizes.values()) > 500
    assert sum(sizes.values()) > 500_000


def test_the_demo_questions_name_three_categories_and_are_no_sentences_of_the_corpus(
    enquiries: list[corpus.Enquiry],
) -> None:
    labels = {label for _, label in QUESTIONS}
    assert len(labels) == 3
    assert labels <= phrasebook.load().categories.keys()
    assert not {question for question, _ in QUESTIONS} & {enquiry.text for enquiry in enquiries}


def test_importing_the_corpus_imports_nothing_heavy() -> None:
    heavy = "{'tensorflow', 'tfx', 'numpy', 'pandas', 'apache_beam'} & sys.modules.keys()"
    code = f"import sys, pipeline.demo.corpus; sys.exit(bool({heavy}))"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
