"""What looks like personal data, and what only has as many digits."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from components.data_quality import personal


def _full_width(text: str) -> str:
    return text.translate({code: code + 0xFEE0 for code in range(0x21, 0x7F)})


PERSONAL = [
    ("문의는 malmoi.help@example.co.kr로 주세요", ["email"]),
    ("연락주세요..hong_gildong+1@mail.example.com", ["email"]),
    ("메일(a@b.io)", ["email"]),
    ("인스타 말고 hong_@example.com으로", ["email"]),
    ("문의: .@x 말고 cs@a-b.co-op.or.kr.", ["email"]),
    ("010-1234-5678로 전화 주세요", ["phone"]),
    ("제 번호 010 1234 5678", ["phone"]),
    ("01012345678", ["phone"]),
    ("010.1234.5678.", ["phone"]),
    ("010 - 1234 - 5678", ["phone"]),
    ("010-1234-5678/02-123-4567", ["phone"]),
    ("HP010-1234-5678", ["phone"]),
    ("011-234-5678", ["phone"]),
    ("02-123-4567, 급합니다", ["phone"]),
    ("(02) 1234-5678", ["phone"]),
    ("031) 123-4567", ["phone"]),
    ("070-1234-5678", ["phone"]),
    ("+82 10-1234-5678", ["phone"]),
    ("+82-2-1234-5678", ["phone"]),
    ("+821012345678", ["phone"]),
    ("(010) 1234-5678", ["phone"]),
    ("(010)1234-5678", ["phone"]),
    ("010)1234-5678로 연락 주세요", ["phone"]),
    ("82-10-1234-5678", ["phone"]),
    ("82 10 1234 5678", ["phone"]),
    ("010\u20131234\u20135678", ["phone"]),
    ("010\u22121234\u22125678", ["phone"]),
    ("010ㅡ1234ㅡ5678", ["phone"]),
    ("문의는 010·1234·5678로", ["phone"]),
    ("02ㆍ345ㆍ6789", ["phone"]),
    ("3·1 운동 100주년, 2019·04·11 행사", []),
    ("010ㅡ1234ㅡ5678ㅡ9시까지", ["phone"]),
    ("문의 010-1234-5678–24시간", ["phone"]),
    ("2024–010-1234-5678", ["phone"]),
    ("4111111111111111–3", ["card"]),
    ("900101-1234567–2", ["resident_registration"]),
    ("02\u2010123\u20104567", ["phone"]),
    ("카드 4111-1111-1111-1111 취소해 주세요", ["card"]),
    ("5500 0000 0000 0004", ["card"]),
    ("4222222222222", ["card"]),
    ("378282246310005", ["card"]),
    ("3782-822463-10005", ["card"]),
    ("30569309025904", ["card"]),
    ("4111\u20131111\u20131111\u20131111", ["card"]),
    ("2223003122003222", ["card"]),
    ("6011-0009-9013-9424", ["card"]),
    ("36700102000000", ["card"]),
    ("3852-000002-3237", ["card"]),
    ("주민번호 900101-1234567입니다", ["resident_registration"]),
    ("000229-3234567", ["resident_registration"]),
    ("000229 - 4234567", ["resident_registration"]),
    ("850505-5123456", ["resident_registration"]),
    ("900101ㅡ1234567", ["resident_registration"]),
    ("900101\u20141234567", ["resident_registration"]),
    ("9001011234568", ["resident_registration"]),
    ("010-1234-5678, a@example.com", ["email", "phone"]),
    (_full_width("010-1234-5678") + "로 전화 주세요", ["phone"]),
    (_full_width("010") + "-1234-5678", ["phone"]),
    ("메일은 " + _full_width("malmoi@example.com") + "입니다", ["email"]),
    ("malmoi\uff20example.com", ["email"]),
    (_full_width("900101-1234567"), ["resident_registration"]),
    (_full_width("4111-1111-1111-1111"), ["card"]),
    ("010\u00a01234\u00a05678", ["phone"]),
    ("010\u30001234\u30005678", ["phone"]),
]

IMPERSONAL = [
    "",
    "ㅋㅋㅋㅋㅋㅋ",
    "👍👍 최고예요 100점",
    "고객센터 1588-1234로 문의하세요",
    "080-123-4567 무료 상담",
    "안심번호 0507-1234-5678",
    "주문번호 20240101-0123456",
    "주문번호 20240101-1234567",
    "주문번호 2024010112345670",
    "주문번호 2025-0101-0000-0005",
    "주문번호 3010-1234-5678",
    "주문번호 3010\u20131234\u20135678",
    "82.1012345678",
    "2024-01-02 12:30:45",
    "2024.11.21",
    "1,234,567원 5678개",
    "영화 134963번, 36,000원",
    "운송장 123456789012",
    "0212345678",
    "010-12-34",
    "010-1234-56789",
    "82 16 123 4567",
    "총 82 1123 4567 890",
    "10-1234-5678",
    "1700000000000",
    "9788966260959",
    "8801234567893",
    "4111-1111-1111-1112",
    "4111 1111-1111 1111",
    "1111-1111-1111-1111",
    "7111-1111-1111-1114",
    "900101-9",
    "901301-1234567",
    "900230-1234567",
    "010229-3234567",
    "000229-1234567",
    "000229-9234567",
    "900101-1******",
    "9001011234567",
    "icon@2x.png",
    "@malmoi 감사합니다",
    "ㅋㅋ@ㅋㅋ",
    "평점@@@ 별로",
    "a@b",
    "a.@example.com",
    "환불@example.com",
    f"a@{'x' * 64}.com",
    "a@b..com",
    "a@-b.com",
    "http://example.com/2010/09/04/2010090400515.html",
    "1" * 10_000,
    "3.141592653589793238462643383279",
    _full_width("주문번호 20240101-0123456"),
    _full_width("9001011234567"),
    "1588\u00a01234",
]


@pytest.mark.parametrize(("text", "expected"), PERSONAL)
def test_personal_data_is_known_by_its_look(text: str, expected: list[str]) -> None:
    assert list(personal.kinds(text)) == expected


@pytest.mark.parametrize("text", IMPERSONAL)
def test_other_numbers_and_signs_are_not_personal(text: str) -> None:
    assert list(personal.kinds(text)) == []


@pytest.mark.parametrize("prefix", [f"{number:03}" for number in range(100)])
def test_a_number_is_a_phone_by_its_prefix(prefix: str) -> None:
    mobile = {"010", "011", "016", "017", "018", "019"}
    area = {"031", "032", "033", "041", "042", "043", "044", "051", "052", "053", "054", "055"}
    area |= {"061", "062", "063", "064", "070"}
    expected = ["phone"] if prefix in mobile | area else []
    assert list(personal.kinds(f"전화는 {prefix}-123-4567입니다")) == expected


@given(st.text(st.sampled_from("0123456789-. +()@ab가xㅋ")) | st.text())
def test_any_text_can_be_looked_at(text: str) -> None:
    found = list(personal.kinds(text))
    assert found == [kind for kind in personal.KINDS if kind in found]


@pytest.mark.parametrize(
    "part",
    ["a.", "a@", "x@a.1", "a@b.", "a-", "x@a-", "010 ", "4111-", "02-1", "9001011", "\uff10"],
)
@pytest.mark.parametrize(("before", "after"), [("", " 123"), ("x@", "@"), ("", "@")])
def test_the_time_for_a_text_grows_with_its_length_alone(
    part: str, before: str, after: str
) -> None:
    text = before + part * (200_000 // len(part)) + after
    started = time.perf_counter()
    list(personal.kinds(text))
    assert time.perf_counter() - started < 2


@given(st.integers(0, 9_999), st.integers(0, 9_999), st.sampled_from(["로", "\n", ",", "입니다"]))
def test_every_mobile_number_is_found_whatever_follows(first: int, last: int, after: str) -> None:
    assert "phone" in personal.kinds(f"번호는 010-{first:04}-{last:04}{after}")
