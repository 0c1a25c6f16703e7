from random import Random

import pytest

from pipeline.demo.grammar import LEVELS, Grammar, Level, parse


@pytest.fixture
def grammar() -> Grammar:
    ask: dict[Level, str] = {
        "formal": "~ㅂ니까",
        "polite": "나요",
        "plain": "나",
        "noun": "는지 문의",
    }
    return Grammar(
        slots={"item": (parse("코트"), parse("[긴|짧은] 가방"))},
        endings={"까": {level: (parse(ending),) for level, ending in ask.items()}},
    )


def draws(grammar: Grammar, template: str, level: Level = "polite") -> set[str]:
    rng = Random(1)
    return {grammar.expand(parse(template), level, rng) for _ in range(200)}


@pytest.mark.parametrize(
    ("level", "sentence"),
    [
        ("formal", "코트 언제 옵니까"),
        ("polite", "코트 언제 오나요"),
        ("plain", "코트 언제 오나"),
        ("noun", "코트 언제 오는지 문의"),
    ],
)
def test_the_speech_level_decides_the_ending(grammar: Grammar, level: Level, sentence: str) -> None:
    assert draws(grammar, "코트 언제 오{까}", level) == {sentence}


@pytest.mark.parametrize(
    ("template", "sentences"),
    [
        ("[주문|결제]했어요", {"주문했어요", "결제했어요"}),
        ("a[b[c|d]|]", {"abc", "abd", "a"}),
        ("{item}이(가)", {"코트가", "긴 가방이", "짧은 가방이"}),
        ("{3~5}개", {"3개", "4개", "5개"}),
        ("[아주|] 좋아요", {"아주 좋아요", "좋아요"}),
        ("ㅋㅋㅋ 😊", {"ㅋㅋㅋ 😊"}),
        ("", {""}),
    ],
)
def test_a_template_makes_exactly_its_sentences(
    grammar: Grammar, template: str, sentences: set[str]
) -> None:
    assert draws(grammar, template) == sentences


def test_digits_keep_their_number_and_leading_zeros(grammar: Grammar) -> None:
    numbers = draws(grammar, "{######}")
    assert {len(number) for number in numbers} == {6}
    assert any(number.startswith("0") for number in numbers)


@pytest.mark.parametrize("template", ["[주문", "주문]", "[a[b]", "{item", "item}"])
def test_a_template_with_an_open_bracket_is_refused_and_quoted(template: str) -> None:
    with pytest.raises(ValueError, match="expected") as refusal:
        parse(template)
    assert repr(template) in str(refusal.value)


def test_the_size_is_the_number_of_expansions_numbers_counted_once(grammar: Grammar) -> None:
    assert grammar.size(parse("[아|어|오] {item} {1~9}개 오{까}"), "plain") == 3 * 3


def test_names_that_the_grammar_lacks_are_found_inside_choices(grammar: Grammar) -> None:
    assert grammar.unknown_slots(parse("[{item}|{colour}] {까} {1~2} {##}")) == {"colour"}


def test_a_bound_slot_joins_the_others(grammar: Grammar) -> None:
    bound = grammar.bind(aside=(parse("환불"),))
    assert draws(bound, "{aside}은(는) {item}") == {
        "환불은 코트",
        "환불은 긴 가방",
        "환불은 짧은 가방",
    }
    assert grammar.unknown_slots(parse("{aside}")) == {"aside"}


def test_equal_seeds_draw_equal_sentences(grammar: Grammar) -> None:
    template = parse("{item} {########} [a|b|c|d]")
    pair = [[grammar.expand(template, level, Random(3)) for level in LEVELS] for _ in range(2)]
    assert pair[0] == pair[1]
