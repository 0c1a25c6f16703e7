import unicodedata
from random import Random

import pytest

from pipeline.demo import hangul, keyboard, noise

SENTENCE = "안녕하세요. 배송이 왜 이렇게 안 돼요? 빨리 보내주세요"
CHANGES = sorted(
    {change for plan in noise.SHARES.values() for change, _ in plan}, key=lambda f: f.__name__
)
WITHOUT_HANGUL = ["", "😊", "ㅋㅋㅋ", "order12345", "\ud800"]


def outcomes(change: noise.Noise, text: str) -> set[str]:
    rng = Random(5)
    return {change(text, rng) for _ in range(400)}


@pytest.mark.parametrize("change", CHANGES)
def test_every_noise_changes_an_ordinary_sentence(change: noise.Noise) -> None:
    assert outcomes(change, SENTENCE) != {SENTENCE}


@pytest.mark.parametrize("text", WITHOUT_HANGUL)
@pytest.mark.parametrize("change", [change for change in CHANGES if change is not noise.add_face])
def test_a_text_that_a_noise_cannot_change_stays_as_it_is(change: noise.Noise, text: str) -> None:
    assert outcomes(change, text) == {text}


@pytest.mark.parametrize("change", CHANGES)
def test_equal_seeds_make_equal_noise(change: noise.Noise) -> None:
    text = SENTENCE * 300
    assert change(text, Random(9)) == change(text, Random(9))


def test_a_slip_hits_a_key_beside_one_letter() -> None:
    for slipped in outcomes(noise.slip_key, "배송"):
        (pair,) = [pair for pair in zip("배송", slipped, strict=True) if pair[0] != pair[1]]
        meant, hit = map(hangul.split, pair)
        assert meant is not None
        assert hit is not None
        ((right, wrong),) = [
            letters for letters in zip(meant, hit, strict=True) if letters[0] != letters[1]
        ]
        assert wrong in keyboard.NEIGHBOURS[right]


def test_a_loose_final_stands_behind_its_syllable() -> None:
    assert outcomes(noise.loosen_final, "배송") == {"배소ㅇ"}


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ("안 돼요", "안 되요"),
        ("않아요", "안아요"),
        ("할게요", "할께요"),
        ("웬만하면", "왠만하면"),
        ("왠지", "웬지"),
    ],
)
def test_the_classic_confusions_are_among_the_misspellings(right: str, wrong: str) -> None:
    assert wrong in outcomes(noise.misspell, right)


def test_dropped_spaces_take_no_letter_with_them() -> None:
    bare = SENTENCE.replace(" ", "")
    assert noise.drop_spaces(SENTENCE, Random(1)) == bare
    one_less = outcomes(noise.drop_space, SENTENCE)
    assert {text.replace(" ", "") for text in one_less} == {bare}
    assert {text.count(" ") for text in one_less} == {SENTENCE.count(" ") - 1}


def test_an_added_space_stands_inside_a_word() -> None:
    assert outcomes(noise.add_space, "배송조회 OK") == {
        "배 송조회 OK",
        "배송 조회 OK",
        "배송조 회 OK",
    }


def test_a_face_stands_behind_a_sentence() -> None:
    faces = {*noise.SAD_FACES, *noise.LIGHT_FACES}
    for text in outcomes(noise.add_face, "늦어요. 언제 와요"):
        rest = text.removeprefix("늦어요.")
        assert (
            rest.removeprefix(" 언제 와요").strip() in faces
            or rest.removesuffix(" 언제 와요").strip() in faces
        )


def test_marks_go_but_amounts_keep_their_commas() -> None:
    assert noise.drop_marks("늦어요. 12,900원이죠?!", Random(1)) == "늦어요 12,900원이죠"


@pytest.mark.parametrize(
    ("korean", "latin"),
    [
        ("환불", "ghksqnf"),
        ("결제", "rufwp"),
        ("없어요", "djqtdjdy"),
        ("ㅋㅋ", "zz"),
        ("빨리 S", "Qkffl S"),
    ],
)
def test_korean_on_a_latin_keyboard_gives_the_keys(korean: str, latin: str) -> None:
    assert keyboard.as_latin(korean) == latin


def test_decomposed_text_composes_back() -> None:
    decomposed = noise.decompose(SENTENCE, Random(1))
    assert len(decomposed) > len(SENTENCE)
    assert unicodedata.normalize("NFC", decomposed) == SENTENCE


def test_nobody_types_emoji_on_the_telephone() -> None:
    rng = Random(2)
    written_down = "".join(noise.roughen(SENTENCE, "phone", rng) for _ in range(200))
    assert not any(face in written_down for face in ("ㅠ", "ㅋ", "^^", "😭", "🙏"))
