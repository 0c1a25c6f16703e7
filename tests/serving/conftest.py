"""Small SavedModels and running servers for the tests of the local server."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from serving.in_process import running
from serving.settings import Endpoints, RequestLimits, RetryPolicy, ServerSettings

POLL_S = 0.05
NO_RETRY = RetryPolicy(max_num_load_retries=0, load_retry_interval_micros=50_000)


def save_classifier(path: Path, *, labels: tuple[str, str] = ("긍정", "부정")) -> Path:
    """A model that finds a text with "좋" in it good, with the project's two signatures."""
    import tensorflow as tf

    words = path.parent / "words.txt"
    words.parent.mkdir(parents=True, exist_ok=True)
    words.write_text("\n".join(labels), "utf-8")

    class Classifier(tf.Module):
        def __init__(self) -> None:
            super().__init__()
            names = tf.lookup.TextFileInitializer(
                str(words),
                *(tf.int64, tf.lookup.TextFileIndex.LINE_NUMBER),
                *(tf.string, tf.lookup.TextFileIndex.WHOLE_LINE),
            )
            self.names = tf.lookup.StaticHashTable(names, default_value="?")
            self.scale = tf.Variable([0.75, 0.25])

        def rank(self, text: tf.Tensor) -> dict[str, tf.Tensor]:
            good = tf.strings.regex_full_match(text, ".*좋.*")
            best = tf.where(good, 0, 1)
            order = tf.stack([best, 1 - best], axis=1)
            labels = self.names.lookup(tf.cast(order, tf.int64))
            rows = tf.ones([tf.shape(text)[0], 1])
            return {"labels": labels, "probabilities": rows * self.scale}

        @tf.function(input_signature=[tf.TensorSpec([None], tf.string, "text")])
        def by_text(self, text: tf.Tensor) -> dict[str, tf.Tensor]:
            return self.rank(text)

        @tf.function(input_signature=[tf.TensorSpec([None], tf.string, "examples")])
        def by_example(self, examples: tf.Tensor) -> dict[str, tf.Tensor]:
            wanted = {"text": tf.io.FixedLenFeature([], tf.string)}
            return self.rank(tf.io.parse_example(examples, wanted)["text"])

    module = Classifier()
    signatures = {"serving_default": module.by_text, "serving_examples": module.by_example}
    tf.saved_model.save(module, str(path), signatures=signatures)
    return path


def save_normalizer(path: Path) -> Path:
    """A model with an op of tensorflow-text: it composes a text's letters (NFKC)."""
    import tensorflow as tf
    import tensorflow_text

    class Normalizer(tf.Module):
        @tf.function(input_signature=[tf.TensorSpec([None], tf.string, "text")])
        def composed(self, text: tf.Tensor) -> dict[str, tf.Tensor]:
            labels = tensorflow_text.normalize_utf8(text, "NFKC")[:, None]
            return {"labels": labels, "probabilities": tf.ones_like(labels, tf.float32)}

    module = Normalizer()
    tf.saved_model.save(module, str(path), signatures={"serving_default": module.composed})
    return path


def save_numbers(path: Path) -> Path:
    """A model with two numeric inputs, and signatures for the corners of the JSON form."""
    import tensorflow as tf

    class Numbers(tf.Module):
        @tf.function(
            input_signature=[
                tf.TensorSpec([None, 2], tf.float32, "x"),
                tf.TensorSpec([None], tf.int64, "times"),
            ]
        )
        def scaled(self, x: tf.Tensor, times: tf.Tensor) -> dict[str, tf.Tensor]:
            return {"scaled": x * tf.cast(times, tf.float32)[:, None]}

        @tf.function(input_signature=[tf.TensorSpec([None], tf.float32, "x")])
        def divided(self, x: tf.Tensor) -> dict[str, tf.Tensor]:
            return {"y": 1.0 / x}

        @tf.function(input_signature=[tf.TensorSpec([None], tf.string, "raw")])
        def echoed(self, raw: tf.Tensor) -> dict[str, tf.Tensor]:
            return {"raw_bytes": raw, "raw_text": raw}

        @tf.function(input_signature=[tf.TensorSpec([None], tf.float32, "x")])
        def summed(self, x: tf.Tensor) -> dict[str, tf.Tensor]:
            return {"total": tf.reduce_sum(x)}

        @tf.function(input_signature=[tf.TensorSpec([None], tf.int32, "turns")])
        def slow(self, turns: tf.Tensor) -> dict[str, tf.Tensor]:
            last = tf.reduce_max(turns)
            _, spent = tf.while_loop(
                lambda i, _: i < last,
                lambda i, m: (i + 1, tf.linalg.matmul(m, m) * 1e-3),
                (0, tf.ones([64, 64])),
            )
            return {"done": tf.cast(turns, tf.float32) + 0.0 * spent[0, 0]}

    module = Numbers()
    names = ("divided", "echoed", "summed", "slow")
    signatures = {name: getattr(module, name) for name in names}
    tf.saved_model.save(
        module, str(path), signatures={"serving_default": module.scaled, **signatures}
    )
    return path


@pytest.fixture(scope="session")
def saved(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Saved models by name: `first` and `second` differ in their labels, `numbers` in all."""
    folder = tmp_path_factory.mktemp("saved")
    return {
        "first": save_classifier(folder / "first" / "model"),
        "second": save_classifier(folder / "second" / "model", labels=("좋아요", "싫어요")),
        "numbers": save_numbers(folder / "numbers"),
        "normalizer": save_normalizer(folder / "normalizer"),
    }


@pytest.fixture
def publish(saved: dict[str, Path]) -> Callable[[str, Path], Path]:
    """Copies a saved model to a version folder, visible only when it is complete."""

    def copy(name: str, target: Path) -> Path:
        hidden = target.with_name(f".tmp-{target.name}")
        shutil.copytree(saved[name], hidden)
        return hidden.rename(target)

    return copy


@pytest.fixture
def start() -> Iterator[Callable[..., Endpoints]]:
    """Starts servers on ports that the system chooses, and stops them after the test."""
    with ExitStack() as closing:

        def begin(**wanted: object) -> Endpoints:
            settings = {
                "port": 0,
                "rest_api_port": 0,
                "file_system_poll_wait_seconds": POLL_S,
                "retry": NO_RETRY,
                **wanted,
            }
            return closing.enter_context(running(ServerSettings(**settings)))  # type: ignore[arg-type]

        yield begin


@pytest.fixture(scope="module")
def both(saved: dict[str, Path], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Endpoints]:
    """One server for a module's read-only tests: models `reviews` and `numbers`, version 7."""
    base = tmp_path_factory.mktemp("base")
    shutil.copytree(saved["first"], base / "reviews" / "7")
    shutil.copytree(saved["numbers"], base / "numbers" / "7")
    config = base / "models.config"
    config.write_text(
        "model_config_list {"
        f' config {{ name: "reviews" base_path: "{base}/reviews"'
        '  version_labels { key: "stable" value: 7 } }'
        f' config {{ name: "numbers" base_path: "{base}/numbers" }} }}',
        "utf-8",
    )
    limits = RequestLimits(max_request_bytes=64 * 1024, request_timeout_s=5.0)
    settings = ServerSettings(
        model_config_file=config, port=0, rest_api_port=0, retry=NO_RETRY, limits=limits
    )
    with running(settings) as endpoints:
        yield endpoints
