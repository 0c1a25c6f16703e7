"""Seconds and memory of the simple baselines and of the model gate on 150,000 reviews.

    python benchmarks/model_gate.py               # needs MALMOI_DATA
    python benchmarks/model_gate.py statistics    # needs nothing

`baselines` fits on NSMC's 150,000 training reviews and answers its 50,000 test reviews.
`statistics` judges synthetic predictions for as many eval rows, with 2 labels and with 31, against
a production model, three baselines and a hundred slices: all of the gate but for asking the two
models. Of the two figures the first is wall time, the second processor time, which other work on
the machine hardly moves. Peak memory is the largest resident size as the kernel counts it, imports
included.
"""

import argparse
import csv
import gzip
import os
import resource
import sys
import time
from pathlib import Path
from typing import Final

EVAL_ROWS: Final = 50_000
LABELS: Final = (2, 31)
SLICES: Final = 100
SHARE: Final = 0.87
_KB_PER_MB: Final = 1_024
_SEED: Final = 7


def reviews(name: str) -> tuple[list[str], list[str]]:
    """Read the texts and labels of one of NSMC's files."""
    with gzip.open(Path(os.environ["MALMOI_DATA"], "nsmc", name), "rt", encoding="utf-8") as file:
        rows = [(row["text"], row["label"]) for row in csv.DictReader(file)]
    texts, labels = zip(*rows, strict=True)
    return list(texts), list(labels)


def baselines() -> None:
    from components.simple_baselines.fitting import answers

    train, labels = reviews("train.csv.gz")
    texts, actual = reviews("test.csv.gz")
    started = clocks()
    found = answers(train, labels, texts)
    print(f"baselines, {len(train):,} train and {len(texts):,} eval rows:", end=" ")
    print(f"{since(started)}, peak {peak_mb():,.0f} MB")
    for name, answer in found.items():
        right = sum(map(str.__eq__, answer.labels.tolist(), actual)) / len(actual)
        print(f"  {name:<12} fit {answer.fit_s:5.1f} s, predict {answer.predict_s:5.1f} s", end="")
        print(f", accuracy {right:.4f}")


def statistics(labels: int) -> None:
    import numpy as np

    from components.model_gate.evidence import Evidence, Export, Latency
    from components.model_gate.rules import judge
    from components.model_gate.settings import ModelGateSettings
    from components.model_gate.slices import Slice

    random = np.random.default_rng(_SEED)
    actual = random.integers(labels, size=EVAL_ROWS)

    def model() -> Export:
        noise = random.integers(labels, size=EVAL_ROWS)
        predicted = np.where(random.random(EVAL_ROWS) < SHARE, actual, noise)
        return Export(predicted=predicted, size_bytes=10**7, name="model")

    groups = random.integers(SLICES, size=EVAL_ROWS)
    seconds = random.gamma(20, 0.0002, (2, 300))
    evidence = Evidence(
        actual=actual,
        candidate=model(),
        probabilities=random.uniform(0.5, 1.0, EVAL_ROWS),
        production=model(),
        latency=Latency(candidate=seconds[0], production=seconds[1]),
        baselines={name: model().predicted for name in ("majority", "naive_bayes", "linear_svm")},
        slices=[
            Slice(part="side", name=f"slice {n}", rows=np.flatnonzero(groups == n))
            for n in range(SLICES)
        ],
    )
    started = clocks()
    verdict = judge(evidence, ModelGateSettings())
    print(f"statistics, {EVAL_ROWS:,} eval rows, {labels} labels, {SLICES} slices:", end=" ")
    print(f"{since(started)}, {len(verdict.checks)} checks", end=", ")
    print(f"peak {peak_mb():,.0f} MB")


def clocks() -> tuple[float, float]:
    return time.monotonic(), time.process_time()


def since(started: tuple[float, float]) -> str:
    wall, processor = (now - then for now, then in zip(clocks(), started, strict=True))
    return f"{wall:.1f} s ({processor:.1f} s of the processor)"


def peak_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / _KB_PER_MB


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("part", nargs="?", choices=["baselines", "statistics"])
    part = parser.parse_args().part
    if part in (None, "statistics"):
        for labels in LABELS:
            statistics(labels)
    if part in (None, "baselines"):
        if "MALMOI_DATA" not in os.environ:
            sys.exit("the baselines need NSMC; type: export MALMOI_DATA=/path")
        baselines()


if __name__ == "__main__":
    main()
