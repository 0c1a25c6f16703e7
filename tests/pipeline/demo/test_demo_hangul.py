import pytest

from pipeline.demo import hangul


@pytest.mark.parametrize(
    ("marked", "joined"),
    [
        ("오~ㅂ니다", "옵니다"),
        ("받~ㅂ니다", "받습니다"),
        ("크~ㄴ가요", "큰가요"),
        ("작~ㄴ가요", "작은가요"),
        ("안 되~ㅁ", "안 됨"),
        ("있~ㅁ", "있음"),
        ("책을(를)", "책을"),
        ("코트을(를)", "코트를"),
        ("서울(으)로", "서울로"),
        ("부산(으)로", "부산으로"),
        ("본가(으)로", "본가로"),
        ("XL이(가)", "XL이"),
        ("L(으)로", "L로"),
        ("S이(가)", "S가"),
        ("55은(는)", "55는"),
        ("열흘(이)나", "열흘이나"),
        ("3주(이)나", "3주나"),
        ("66(으)로", "66으로"),
        ("언제이에요(예요)?", "언제예요?"),
        ("내일이에요(예요)?", "내일이에요?"),
        ("😊이(가)", "😊가"),
        ("ㅋㅋㅋ", "ㅋㅋㅋ"),
        ("", ""),
    ],
)
def test_particles_and_endings_follow_the_letter_before_them(marked: str, joined: str) -> None:
    assert hangul.join(marked) == joined


@pytest.mark.parametrize("syllable", ["가", "힣", "뷁", "않", "의", "쌰"])
def test_a_syllable_survives_being_taken_apart(syllable: str) -> None:
    letters = hangul.split(syllable)
    assert letters is not None
    assert hangul.combine(letters) == syllable


@pytest.mark.parametrize(
    "character", ["a", "ㅋ", "\u1100", "😊", "漢", "\ud800", "\uabff", "\ud7a4"]
)
def test_anything_but_a_composed_syllable_has_no_letters(character: str) -> None:
    assert hangul.split(character) is None
