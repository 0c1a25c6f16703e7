"""Whole runs through the command line: seconds by node, peak memory, scores on the test file.

    python benchmarks/pipeline_runs.py demo          # first run, second run from the cache, --help
    python benchmarks/pipeline_runs.py nsmc 3i4k     # needs MALMOI_DATA; scores the test files
    python benchmarks/pipeline_runs.py nsmc --seeds 3    # and the mean of three seeds
    python benchmarks/pipeline_runs.py nsmc --set training.adversarial=0    # another setting

The first run starts in an empty output folder; further seeds take from the cache what is before the
Trainer. Peak memory is the largest resident size of the process that runs the pipeline, as the
kernel counts it. Beside the scores on a test file stands the ten-line rival, a linear SVM on TF-IDF
of character n-grams; beside those on the eval split the best of the run's own simple baselines.
"""

import argparse
import csv
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.metrics import accuracy_score, f1_score
from sklearn.pipeline import make_pipeline
from sklearn.svm import LinearSVC

from pipeline.demo.questions import QUESTIONS
from serving.client import predict
from serving.settings import Endpoints

MALMOI = str(Path(sys.executable).with_name("malmoi"))
PRESETS = Path(__file__).resolve().parent.parent / "pipeline" / "presets"
TESTS = {"nsmc": "nsmc/test.csv.gz", "3i4k": "3i4k/test.tsv.gz"}
TRAINS = {"nsmc": "nsmc/train.csv.gz", "3i4k": "3i4k/train_val.tsv.gz"}
TABLES: dict[str, dict[str, Any]] = {
    "nsmc": {},
    "3i4k": {"sep": "\t", "header": None, "names": ["label", "text"], "quoting": csv.QUOTE_NONE},
}
"""How pandas reads them."""

HELP_RUNS = 5
FIRST_SEED = 17
LENIENT = [f"gates.model.{rule}.level=warn" for rule in ("accuracy_loss", "macro_f1_loss")]
LENIENT += [f"gates.model.{what}_loss.level=warn" for what in ("label", "length", "side", "script")]
LENIENT += ["gates.model.latency_ratio.level=warn"]
"""Another seed's model need not be as good as the one before it to be measured."""


@dataclass(frozen=True)
class Run:
    """One `malmoi run`: its summary, wall time and peak memory."""

    summary: dict[str, Any]
    wall_s: float
    peak_bytes: int


def run(preset: Path, output: Path, *overrides: str) -> Run:
    """Run a preset into a folder."""
    command = [MALMOI, "run", str(preset), "--json", "--set", f"output={output}"]
    command += [part for override in overrides for part in ("--set", override)]
    started = time.perf_counter()
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:
        assert process.stdout is not None
        printed = process.stdout.read()
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"{' '.join(command)} ended with {process.returncode}: {printed.decode()}")
    kilobytes = usage.ru_maxrss
    return Run(json.loads(printed), time.perf_counter() - started, kilobytes * 1024)


def report(name: str, run: Run) -> None:
    """Print a run's figures."""
    metrics = run.summary["metrics"]
    print(f"{name}: {run.wall_s:.1f} s in all, peak memory {run.peak_bytes / 1e9:.2f} GB")
    for node, seconds in run.summary["seconds"].items():
        cached = " (cached)" if node in run.summary["cached"] else ""
        print(f"  {node:<16} {seconds:8.1f} s{cached}")
    print(f"  eval split: accuracy {metrics['accuracy']:.4f}, macro F1 {metrics['macro_f1']:.4f}")
    print(f"  simple baselines on it: {run.summary['outcomes']['SimpleBaselines']}")
    size = sum(f.stat().st_size for f in Path(run.summary["pushed"]["path"]).rglob("*"))
    print(f"  export: {size / 1e6:.1f} MB", flush=True)


def demo(output: Path) -> None:
    """The demo corpus twice, and the time that help takes."""
    corpus = output / "enquiries.csv"
    subprocess.run(
        [MALMOI, "demo", "--corpus-only", "--set", f"data.train={corpus}"],
        check=True,
        stdout=subprocess.DEVNULL,
    )
    preset = PRESETS / "demo.yaml"
    report("demo, first run", run(preset, output, f"data.train={corpus}"))
    report("demo, second run", run(preset, output, f"data.train={corpus}"))
    best_s = min(_timed([MALMOI, "--help"]) for _ in range(HELP_RUNS))
    print(f"malmoi --help: {best_s:.2f} s, best of {HELP_RUNS}")


def real(name: str, output: Path, seeds: int, changed: Sequence[str]) -> None:
    """A real data set: run on train, score on test, ask over HTTP; further seeds train again."""
    preset = PRESETS / f"{name}.yaml"
    _rival(name)
    scores = []
    for seed in range(FIRST_SEED, FIRST_SEED + seeds):
        overrides = (f"training.seed={seed}", *LENIENT, *changed)
        report(f"{name}, seed {seed}", run(preset, output, *overrides))
        scores.append(_score(name, preset, output))
    for figure in ("accuracy", "macro_f1"):
        found = [score[figure] for score in scores]
        spread = f"{min(found):.4f} to {max(found):.4f}"
        print(f"  {figure} on the test file: mean {sum(found) / seeds:.4f} of {seeds}, {spread}")
    _ask(name, preset, output)


def _rival(name: str) -> None:
    data = Path(os.environ["MALMOI_DATA"])
    started = time.perf_counter()
    train, test = (
        pd.read_csv(data / files[name], dtype=str, keep_default_na=False, **TABLES[name])
        for files in (TRAINS, TESTS)
    )
    ngrams = TfidfVectorizer(analyzer="char_wb", ngram_range=(1, 4), min_df=2, sublinear_tf=True)
    model = make_pipeline(ngrams, LinearSVC(C=0.5)).fit(train["text"], train["label"])
    found = model.predict(test["text"])
    accuracy = accuracy_score(test["label"], found)
    macro_f1 = f1_score(test["label"], found, average="macro")
    print(
        f"{name}, linear SVM on character n-grams: accuracy {accuracy:.4f}, macro F1 {macro_f1:.4f}"
        f" on the test file, {time.perf_counter() - started:.0f} s",
        flush=True,
    )


def _score(name: str, preset: Path, output: Path) -> dict[str, Any]:
    data = Path(os.environ["MALMOI_DATA"])
    scored = subprocess.run(
        [
            *(MALMOI, "evaluate", str(preset), str(data / TESTS[name])),
            *("--json", "--set", f"output={output}"),
        ],
        check=True,
        capture_output=True,
    )
    score: dict[str, Any] = json.loads(scored.stdout)
    print(f"  test file, {score['rows']:,} rows: accuracy {score['accuracy']:.4f}", end=", ")
    print(f"macro F1 {score['macro_f1']:.4f}", flush=True)
    return score


def _ask(name: str, preset: Path, output: Path) -> None:
    command = [MALMOI, "serve", str(preset), "--backend", "embedded"]
    for override in (f"output={output}", "serving.rest_port=0", "serving.grpc_port=0"):
        command += ["--set", override]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as server:
        assert server.stdout is not None
        server.stdout.readline()  # the command itself
        address = Endpoints.from_start_line(server.stdout.readline().decode()).rest
        (answer,) = predict(address, name, [QUESTIONS[0][0]])
        print(
            f"  over HTTP: {answer.label} {answer.probability:.4f}: {QUESTIONS[0][0]}", flush=True
        )
        server.terminate()


def _timed(command: list[str]) -> float:
    started = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - started


def main() -> None:
    """Run what the command line names."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="+", choices=["demo", *TESTS])
    parser.add_argument("--seeds", type=int, default=1, help="trainings of a real data set")
    parser.add_argument("--set", action="append", default=[], help="a real data set's KEY=VALUE")
    told = parser.parse_args()
    for name in told.names:
        if name != "demo" and not os.environ.get("MALMOI_DATA"):
            print(f"{name}: skipped, MALMOI_DATA names no folder with the data")
            continue
        with tempfile.TemporaryDirectory(prefix=f"malmoi-{name}-") as folder:
            if name == "demo":
                demo(Path(folder))
            else:
                real(name, Path(folder), told.seeds, told.set)


if __name__ == "__main__":
    main()
