"""From texts to ids, by a vocabulary file."""

import unicodedata
from collections.abc import Callable

import pytest
import tensorflow as tf

from trainer.normalisation import normalise
from trainer.subwords import encode, split_words

Encoder = Callable[[tf.Tensor], tf.RaggedTensor]

PIECES = [
    "[PAD]",
    "[UNK]",
    "배송",
    "##이",
    "환",
    "불",
    "##불",
    "환불",
    "##해",
    "ㅋㅋㅋ",
    "!",
    "!!!",
    "#",
    "##",
    "a",
]
ID = {piece: row for row, piece in enumerate(PIECES)}


@pytest.fixture(scope="module")
def subwords(tmp_path_factory: pytest.TempPathFactory) -> Encoder:
    path = tmp_path_factory.mktemp("vocabulary") / "subwords"
    path.write_text("".join(f"{piece}\n" for piece in PIECES), "utf-8")
    vocabulary = tf.constant(str(path))

    # TFT notes a lookup in the graph that it stands in, and fails on those noted outside of any.
    @tf.function(input_signature=[tf.TensorSpec([None], tf.string)], autograph=False)
    def encoder(texts: tf.Tensor) -> tf.RaggedTensor:
        return encode(split_words(normalise(texts)), vocabulary)

    return encoder


def ids(subwords: Encoder, *texts: str) -> list[list[int]]:
    return subwords(tf.constant(texts, tf.string)).to_list()


CASES = {
    "known words": ("배송 환불", ["배송", "환불"]),
    "pieces of a word, the longest first": ("배송이 환불해", ["배송", "##이", "환불", "##해"]),
    "NFD": (unicodedata.normalize("NFD", "배송이"), ["배송", "##이"]),
    "an unknown character between known ones": ("배송뷁이", ["배송", "[UNK]", "##이"]),
    "an unknown character first": ("뷁불해", ["[UNK]", "##불", "##해"]),
    "an unknown word": ("섊", ["[UNK]"]),
    "a long run of jamo": ("ㅋㅋㅋㅋㅋㅋ", ["ㅋㅋㅋ"]),
    "symbols part words": ("배송!환불!!!!!", ["배송", "!", "환불", "!!!"]),
    "the special pieces spelt out": ("[PAD]", ["[UNK]", "[UNK]", "[UNK]", "[UNK]", "[UNK]"]),
    "the mark of continuations": ("##이", ["##", "[UNK]"]),
    "empty": ("", []),
    "blanks only": (" \u3000\u200b\t", []),
    "NUL between words": ("배송\x00환불", ["배송", "환불"]),
}


@pytest.mark.parametrize(("text", "expected"), CASES.values(), ids=CASES.keys())
def test_a_text_becomes_the_ids_of_its_pieces(
    subwords: Encoder, text: str, expected: list[str]
) -> None:
    assert ids(subwords, text) == [[ID[piece] for piece in expected]]


def test_rows_are_encoded_each_on_its_own(subwords: Encoder) -> None:
    assert ids(subwords, "배송", "", "환불 배송이", " ") == [[2], [], [7, 2, 3], []]


def test_no_rows_at_all_give_no_rows(subwords: Encoder) -> None:
    assert ids(subwords) == []


def test_a_text_without_blanks_is_words_of_40_characters(subwords: Encoder) -> None:
    word = [5, 8] + [6, 8] * 19
    assert ids(subwords, "불해" * 20) == [word]
    assert ids(subwords, "불해" * 20 + "불") == [[*word, 5]]
    assert ids(subwords, f"배송 {'불해' * 1_700} 배송") == [[2, *word * 85, 2]]


@pytest.mark.parametrize("letter", ["a", "я", "ก", "書", "𐌰"])
def test_bytes_do_not_make_a_word_longer(letter: str) -> None:
    found = split_words(tf.constant([f"{letter * 41}! {letter * 40} {letter * 39}!{letter}"]))
    lengths = [len(word.decode()) for word in found.to_list()[0]]
    assert lengths == [40, 1, 1, 40, 39, 1, 1]


def test_padding_is_never_yielded(subwords: Encoder, edge_texts: list[str]) -> None:
    assert 0 not in {token for row in ids(subwords, *edge_texts) for token in row}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("배송(빠름)!! 굿", ["배송", "(", "빠름", ")!!", "굿"]),
        ("5,000원", ["5", ",", "000원"]),
        ("👨‍👩‍👧 가족", ["👨", "\u200d", "👩", "\u200d", "👧", "가족"]),
        ("iPhone15プロ", ["iPhone15プロ"]),
    ],
)
def test_symbols_are_words_of_their_own(text: str, expected: list[str]) -> None:
    found = split_words(normalise(tf.constant([text]))).to_list()[0]
    assert [word.decode() for word in found] == expected
