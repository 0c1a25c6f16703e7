"""Vocabularies learnt from word counts: characters, jamo, or byte-pair pieces as word pieces."""

import io
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from trainer.text import letters

PADDING: Final = "[PAD]"
UNKNOWN: Final = "[UNK]"
PADDING_ID: Final = 0
"""The encoder masks id 0; no text yields it."""

UNKNOWN_ID: Final = 1

BLANK: Final = " "
"""A token between words where tokens are characters or jamo."""

SUFFIX: Final = "##"
"""Marks a piece that goes on a word, as in WordPiece."""

MAX_WORD: Final = 40
"""Characters in a word, at most; a longer run, as where a language writes no blanks, is several."""

MAX_WORD_BYTES: Final = 4 * MAX_WORD

_WORD_START: Final = "▁"
_RESERVED: Final = frozenset({_WORD_START, "▅"})
"""SentencePiece keeps these to itself and skips, or splits, the words that hold them."""


def learn_characters(counts: Mapping[str, int], *, size: int) -> list[str]:
    """List the most frequent characters.

    Args:
        counts: how often each word stands in the corpus.
        size: characters to list, at most, the blank included.

    Returns:
        Padding, unknown, the blank, then the characters, the most frequent first.
    """
    return _listed(_character_counts(counts), size=size)


def learn_jamo(counts: Mapping[str, int], *, size: int) -> list[str]:
    """List the most frequent jamo and other characters, as `learn_characters` does."""
    jamo: Counter[str] = Counter()
    for character, count in _character_counts(counts).items():
        for letter in letters(character):
            jamo[letter] += count
    return _listed(jamo, size=size)


def learn_subwords(counts: Mapping[str, int], *, size: int) -> list[str]:
    """Learn a subword vocabulary from word counts.

    SentencePiece's byte-pair encoding learns the pieces (Sennrich et al. 2016), a second's work
    where TensorFlow Text's own WordPiece learner takes many minutes on 300,000 words of Korean.

    Args:
        counts: how often each word, of `MAX_WORD` characters at most, stands in the corpus.
        size: pieces to learn, at most, a character counted once; few words give fewer.

    Returns:
        Padding, unknown, then the pieces. Single characters take half of `size` at most (the
        learner refuses a corpus whose characters alone fill it), each both as a start and as a
        continuation, so that a known character never makes a word unknown.
    """
    words = learnable_words(counts, characters=size // 2)
    pieces = _byte_pairs(words, size=size) if words else []
    return list(dict.fromkeys([PADDING, UNKNOWN, *word_pieces(pieces)]))


def word_pieces(pieces: Sequence[str]) -> Iterable[str]:
    """Rewrite SentencePiece's notation: `▁x` becomes `x`, `x` becomes `##x`, one character both."""
    for piece in pieces:
        bare = piece.removeprefix(_WORD_START)
        if len(bare) == 1:
            yield bare
            yield SUFFIX + bare
        elif bare:
            yield bare if piece.startswith(_WORD_START) else SUFFIX + piece


def learnable_words(counts: Mapping[str, int], *, characters: int) -> Counter[str]:
    """Cut words at rare and reserved characters.

    Args:
        counts: how often each word stands in the corpus.
        characters: how many characters, the most frequent ones, may stand in a word.
    """
    frequency = _character_counts(counts)
    ranked = _ranked({c: n for c, n in frequency.items() if c not in _RESERVED})
    known = set(ranked[:characters])
    words: Counter[str] = Counter()
    for word, count in counts.items():
        for part in "".join(c if c in known else " " for c in word).split():
            words[part] += count
    return words


def _listed(tokens: Mapping[str, int], *, size: int) -> list[str]:
    return [PADDING, UNKNOWN, BLANK, *_ranked(tokens)[: size - 1]]


def _ranked(tokens: Mapping[str, int]) -> list[str]:
    """Order tokens by their counts, the most frequent first, ties by code point."""
    return sorted(tokens, key=lambda token: (-tokens[token], token))


def _character_counts(counts: Mapping[str, int]) -> Counter[str]:
    frequency: Counter[str] = Counter()
    for word, count in counts.items():
        for character in word:
            frequency[character] += count
    return frequency


def _byte_pairs(counts: Mapping[str, int], *, size: int) -> list[str]:
    import sentencepiece

    model = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=(f"{word}\t{count}" for word, count in counts.items()),
        input_format="tsv",
        model_writer=model,
        model_type="bpe",
        vocab_size=size,
        hard_vocab_limit=False,
        character_coverage=1.0,
        normalization_rule_name="identity",  # the graph has normalised already
        remove_extra_whitespaces=False,
        max_sentence_length=MAX_WORD_BYTES,
        bos_id=-1,
        eos_id=-1,
        num_threads=1,
        minloglevel=2,
    )
    processor = sentencepiece.SentencePieceProcessor(model_proto=model.getvalue())
    special = {processor.unk_id()}
    return [processor.id_to_piece(i) for i in range(processor.get_piece_size()) if i not in special]
