"""Prints how large, how quick and how hard the demo corpus is.

python benchmarks/demo_corpus.py
"""

import hashlib
import time
import unicodedata
from collections import Counter
from typing import Final

from sklearn.feature_extraction.text import CountVectorizer, TfidfVectorizer
from sklearn.metrics import accuracy_score, f1_score
from sklearn.naive_bayes import MultinomialNB
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.svm import LinearSVC

from pipeline.demo import corpus, phrasebook
from pipeline.demo.grammar import LEVELS

HELD_OUT_PER_CENT: Final = 20

Rows = list[corpus.Enquiry]


def split(rows: Rows) -> tuple[Rows, Rows]:
    """Train and held-out rows by the hash of the text: equal texts fall on one side."""
    held_out = {row.text for row in rows if _bucket(row.text) < HELD_OUT_PER_CENT}
    return (
        [row for row in rows if row.text not in held_out],
        [row for row in rows if row.text in held_out],
    )


def _bucket(text: str) -> int:
    return int(hashlib.sha256(text.encode()).hexdigest(), 16) % 100


def _texts(rows: Rows) -> list[str]:
    return [unicodedata.normalize("NFC", row.text) for row in rows]


def report_size() -> Rows:
    started = time.perf_counter()
    rows = list(corpus.generate())
    seconds = time.perf_counter() - started
    texts = Counter(row.text for row in rows)
    lengths = sorted(len(row.text) for row in rows)
    print(f"rows {len(rows):,} in {seconds:.2f} s")
    print(f"repeated texts {1 - len(texts) / len(rows):.2%}")
    print(f"wrong labels {sum(row.mislabelled for row in rows) / len(rows):.2%}")
    print(f"characters: {lengths[0]} to {lengths[-1]}, median {lengths[len(lengths) // 2]}")
    return rows


def report_classes(rows: Rows) -> None:
    counts = Counter(row.label for row in rows).most_common()
    print(f"\n{len(counts)} labels, largest : smallest {counts[0][1] / counts[-1][1]:.1f}")
    for label, count in counts:
        print(f"  {count:5}  {label}")


def report_grammar() -> None:
    book = phrasebook.load()
    requests = sum(
        book.grammar.size(core, level)
        for category in book.categories.values()
        for core in category.cores
        for level in LEVELS
    )
    print(f"\nrequests alone, numbers counted once: {requests:,}")


def report_hardness(rows: Rows) -> None:
    train, held_out = split(rows)
    (majority, _), *_ = Counter(row.label for row in train).most_common()
    models: dict[str, Pipeline] = {
        "words, multinomial naive Bayes": make_pipeline(
            CountVectorizer(), MultinomialNB(alpha=0.1)
        ),
        "char_wb 1-4 TF-IDF, LinearSVC": make_pipeline(
            TfidfVectorizer(analyzer="char_wb", ngram_range=(1, 4), sublinear_tf=True), LinearSVC()
        ),
    }
    print(
        f"\ntrain {len(train):,}, held out {len(held_out):,}; accuracy, macro F1, against the truth"
    )
    _print_scores("majority vote", [majority] * len(held_out), held_out)
    for name, model in models.items():
        model.fit(_texts(train), [row.label for row in train])
        _print_scores(name, list(model.predict(_texts(held_out))), held_out)


def _print_scores(name: str, predicted: list[str], held_out: Rows) -> None:
    labels = [row.label for row in held_out]
    accuracy = accuracy_score(labels, predicted)
    macro = f1_score(labels, predicted, average="macro", zero_division=0.0)
    truth = accuracy_score([row.topic for row in held_out], predicted)
    print(f"  {name:34} {accuracy:.3f}  {macro:.3f}  {truth:.3f}")


if __name__ == "__main__":
    rows = report_size()
    report_classes(rows)
    report_grammar()
    report_hardness(rows)
