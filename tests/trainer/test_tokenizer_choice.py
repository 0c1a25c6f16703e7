"""`text.tokens` chooses: each tokenizer learnt in Beam, exported, loaded and asked."""

import unicodedata
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pytest
import tensorflow as tf
import tensorflow_transform as tft
from tensorflow.core.protobuf.saved_model_pb2 import SavedModel

from trainer import assets
from trainer.preprocessing import TOKEN_COUNT, TOKENS, preprocessing_fn
from trainer.settings import DEFAULT_MAX_TOKENS, TextSettings
from trainer.vocabulary import BLANK, PADDING, UNKNOWN, UNKNOWN_ID

MAX_TOKENS: Final = 24
LEARNT: Final = (
    "새 옷이 왔어요 ㅋㅋㅋ",
    "옷이 너무 커요 ㅠㅠ",
    "바꿔 주세요! 👨‍👩‍👧",
    "A4용지 주세요",
)
EDGES: Final[dict[str, str | bytes]] = {
    "laughing": "ㅋㅋㅋ",
    "crying": "ㅠㅠ",
    "NFC": "옷이 왔어요",
    "NFD": unicodedata.normalize("NFD", "옷이 왔어요"),
    "family": "👨‍👩‍👧",
    "flag": "🇰🇷",
    "skin tone": "👍🏽",
    "mixed script": "A4용지 ちょっと",
    "10 kB of words": "새 옷이 " * 1_000,
    "10 kB of one word": "새옷이" * 1_200,
    "empty": "",
    "blanks": " \t\u3000\u200b",
    "no UTF-8": b"\xff\xfe",
    "cp949": "옷이".encode("cp949"),
    "lone surrogate": b"\xed\xa0\x80",
    "NUL": "새\x00옷",
    "noncharacters": "\ufffe\U0010ffff",
    "half-width": "ｶﾞﾡ",
}


@dataclass(frozen=True, kw_only=True)
class Asked:
    """What Transform learnt, and what the exported graph answers on `EDGES`."""

    vocabulary: list[str]
    ids: dict[str, list[int]]
    counts: dict[str, int]
    ops: set[str]

    def spelt(self, edge: str) -> list[str]:
        return [self.vocabulary[token] for token in self.ids[edge]]


def learn(folder: Path, custom_config: dict[str, Any]) -> tft.TFTransformOutput:
    import tensorflow_transform.beam as tft_beam
    from tensorflow_transform.tf_metadata.dataset_metadata import DatasetMetadata

    spec = {name: tf.io.VarLenFeature(tf.string) for name in ("글", "분류")}
    rows = [{"글": [text], "분류": ["가"]} for text in LEARNT]
    with tft_beam.Context(temp_dir=str(folder / "temp")):
        graph = (rows, DatasetMetadata.from_feature_spec(spec)) | tft_beam.AnalyzeDataset(
            lambda columns: preprocessing_fn(columns, custom_config)
        )
        graph | tft_beam.WriteTransformFn(str(folder / "graph"))
    return tft.TFTransformOutput(str(folder / "graph"))


class Tokenizer(tf.Module):
    """A transform graph as a server sees it."""

    def __init__(self, transform: tft.TFTransformOutput) -> None:
        super().__init__()
        self._graph = tf.saved_model.load(transform.transform_savedmodel_dir)

    @tf.function(input_signature=[tf.TensorSpec([None], tf.string)])
    def __call__(self, texts: tf.Tensor) -> dict[str, Any]:
        rows = tf.size(texts, tf.int64)
        indices = tf.stack([tf.range(rows), tf.zeros([rows], tf.int64)], axis=1)
        none = tf.zeros([0, 2], tf.int64)
        labels = tf.SparseTensor(none, tf.constant([], tf.string), [rows, 0])
        text = tf.SparseTensor(indices, texts, [rows, 1])
        found = self._graph.transform_fn({"글": text, "분류": labels})
        return {"tokens": found[TOKENS].to_tensor(0), "token_count": found[TOKEN_COUNT]}


def ask(folder: Path, custom_config: dict[str, Any]) -> Asked:
    transform = learn(folder, custom_config)
    tf.saved_model.save(Tokenizer(transform), str(folder / "export"))
    found = tf.saved_model.load(str(folder / "export"))(tf.constant([*EDGES.values()]))
    graph = SavedModel.FromString((folder / "export" / "saved_model.pb").read_bytes())
    library = graph.meta_graphs[0].graph_def.library.function
    ops = {node.op for function in library for node in function.node_def}
    kept = [[token for token in row if token] for row in found["tokens"].numpy().tolist()]
    return Asked(
        vocabulary=assets.subwords(transform),
        ids=dict(zip(EDGES, kept, strict=True)),
        counts=dict(zip(EDGES, found["token_count"].numpy().tolist(), strict=True)),
        ops=ops - {function.signature.name for function in library},
    )


@pytest.fixture(scope="module")
def every(make_settings, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Asked]:
    """The answers by each choice."""
    settings = make_settings().transform.model_dump()
    settings |= {"text_column": "글", "label_column": "분류"}
    text = settings["text"] | {"max_tokens": MAX_TOKENS, "embeddings": {"method": "off"}}
    return {
        tokens: ask(
            tmp_path_factory.mktemp(tokens),
            {"settings": settings | {"text": text | {"tokens": tokens}}},
        )
        for tokens in DEFAULT_MAX_TOKENS
    }


@pytest.fixture(params=DEFAULT_MAX_TOKENS)
def asked(every: dict[str, Asked], request: pytest.FixtureRequest) -> Asked:
    return every[request.param]


CHARACTERS: Final = {
    "laughing": ["ㅋ", "ㅋ", "ㅋ"],
    "crying": ["ㅠ", "ㅠ"],
    "NFD": ["옷", "이", BLANK, "왔", "어", "요"],
    "family": ["👨", "\u200d", "👩", "\u200d", "👧"],
    "flag": [UNKNOWN, UNKNOWN],
    "mixed script": [*"A4용지", BLANK, *[UNKNOWN] * 4],
    "NUL": ["새", BLANK, "옷"],
    "half-width": [UNKNOWN] * 3,
}
JAMO: Final = {
    **{name: CHARACTERS[name] for name in ("laughing", "crying", "family", "flag", "half-width")},
    "NFD": [*"옷이", BLANK, *"왔어요"],
    "mixed script": [*"A4용지", BLANK, *[UNKNOWN] * 4],
    "NUL": [*"새", BLANK, *"옷"],
}


@pytest.mark.parametrize("edge", CHARACTERS)
def test_an_edge_case_becomes_its_characters(every: dict[str, Asked], edge: str) -> None:
    assert every["characters"].spelt(edge) == CHARACTERS[edge]


@pytest.mark.parametrize("edge", JAMO)
def test_an_edge_case_becomes_its_jamo(every: dict[str, Asked], edge: str) -> None:
    expected = [
        letter
        for token in JAMO[edge]
        for letter in ([token] if token == UNKNOWN else unicodedata.normalize("NFD", token))
    ]
    assert every["jamo"].spelt(edge) == expected


@pytest.mark.parametrize(
    ("edge", "expected"),
    [
        ("laughing", ["ㅋㅋㅋ"]),
        ("NUL", ["새", "옷"]),
        ("flag", [UNKNOWN, UNKNOWN]),
        ("10 kB of one word", ["새", "##옷이", *["##새", "##옷이"] * 11]),
    ],
)
def test_an_edge_case_becomes_its_subwords(
    every: dict[str, Asked], edge: str, expected: list[str]
) -> None:
    assert every["subwords"].spelt(edge) == expected


def test_nfd_is_nfc(asked: Asked) -> None:
    assert asked.ids["NFD"] == asked.ids["NFC"]
    assert UNKNOWN_ID not in asked.ids["NFD"]


def test_a_row_without_text_has_no_tokens(asked: Asked) -> None:
    assert [edge for edge, row in asked.ids.items() if not row] == ["empty", "blanks"]


def test_a_long_row_is_cut_and_counted_whole(asked: Asked) -> None:
    assert len(asked.ids["10 kB of words"]) == MAX_TOKENS
    assert asked.counts["10 kB of words"] >= 2_000


def test_a_short_row_is_counted_as_it_is(asked: Asked) -> None:
    short = [edge for edge, row in asked.ids.items() if len(row) < MAX_TOKENS]
    assert len(short) >= len(EDGES) - 2
    assert [asked.counts[edge] for edge in short] == [len(asked.ids[edge]) for edge in short]


def test_bytes_that_no_text_has_are_unknown(asked: Asked) -> None:
    for edge in ("no UTF-8", "lone surrogate", "noncharacters"):
        assert set(asked.ids[edge]) == {UNKNOWN_ID}
    assert UNKNOWN_ID in asked.ids["cp949"]


def test_padding_is_0_unknown_is_1_and_no_token_stands_twice(asked: Asked) -> None:
    assert asked.vocabulary[:2] == [PADDING, UNKNOWN]
    assert len(set(asked.vocabulary)) == len(asked.vocabulary)


@pytest.mark.parametrize(
    ("tokens", "of_tensorflow_text"),
    [
        ("subwords", {"NormalizeUTF8", "WordpieceTokenizeWithOffsets"}),
        ("characters", {"NormalizeUTF8"}),
        ("jamo", {"NormalizeUTF8"}),
    ],
)
def test_the_stock_server_has_every_op(
    every: dict[str, Asked], tokens: str, of_tensorflow_text: set[str]
) -> None:
    foreign = {op for op in every[tokens].ops if not hasattr(tf.raw_ops, op)}
    assert foreign == of_tensorflow_text


@pytest.mark.parametrize(("tokens", "limit"), DEFAULT_MAX_TOKENS.items())
def test_the_limit_follows_the_tokens_unless_it_is_set(tokens: Any, limit: int) -> None:
    assert TextSettings(tokens=tokens).kept_tokens == limit
    assert TextSettings(tokens=tokens, max_tokens=50).kept_tokens == 50
