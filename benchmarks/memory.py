"""Peak memory of a whole run on 712,383 reviews with their ten ratings, and the seconds by stage.

    python benchmarks/memory.py          # needs MALMOI_DATA

ExampleGen, statistics, Transform with embeddings, training and gates, in one process. The peak is
sampled from the kernel every half second and told by the node that ran meanwhile.
"""

import os
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import yaml

MALMOI = str(Path(sys.executable).with_name("malmoi"))
SCHEMA = """
feature { name: "id" type: BYTES }
feature { name: "text" type: BYTES presence { min_count: 1 } }
feature { name: "rating" type: BYTES presence { min_fraction: 1.0 min_count: 1 } }
default_environment: "TRAINING"
"""
LIMIT_GB = 8.0
INTERVAL_S = 0.5


def configuration(folder: Path) -> Path:
    """Write a configuration that trains on every review, one epoch."""
    (folder / "schema.pbtxt").write_text(SCHEMA, "utf-8")
    tree = {
        "name": "ratings",
        "data": {
            "train": str(Path(os.environ["MALMOI_DATA"], "nsmc/all_ratings.csv.gz")),
            "columns": {"text": "text", "label": "rating", "id": "id"},
        },
        "schema": "schema.pbtxt",
        "output": "output",
        "training": {"epochs": 1, "batch_size": 256, "learning_rate": 0.002},
        "gates": {
            "data": {"duplicates": {"level": "warn"}, "conflicting_labels": {"level": "warn"}},
            "model": {"accuracy": 0.2},
        },
    }
    path = folder / "malmoi.yaml"
    path.write_text(yaml.safe_dump(tree), "utf-8")
    return path


def main() -> None:
    """Run, watch, print."""
    if not os.environ.get("MALMOI_DATA"):
        raise SystemExit("skipped: MALMOI_DATA names no folder with the data")
    with tempfile.TemporaryDirectory(prefix="malmoi-memory-") as folder:
        watch([MALMOI, "run", str(configuration(Path(folder)))])


def watch(command: list[str]) -> None:
    """Print each line of a run with the peak of the process since the line before."""
    peaks = [0.0]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as process:
        ended = threading.Event()

        def sample() -> None:
            while not ended.wait(INTERVAL_S):
                peaks[-1] = max(peaks[-1], resident_gb(process.pid))

        sampler = threading.Thread(target=sample)
        sampler.start()
        started = time.perf_counter()
        assert process.stdout is not None
        for line in process.stdout:
            if line.startswith("+ "):
                print(f"{peaks[-1]:5.2f} GB  {line.rstrip()}", flush=True)
                peaks.append(0.0)
        ended.set()
        sampler.join()
    took = time.perf_counter() - started
    print(f"peak {max(peaks):.2f} GB in {took:.0f} s, asked: under {LIMIT_GB:g} GB")
    if process.returncode:
        raise SystemExit(f"the run ended with {process.returncode}")


def resident_gb(pid: int) -> float:
    """Read what a process holds, 0 once it has ended."""
    try:
        pages = int(Path(f"/proc/{pid}/statm").read_text("ascii").split()[1])
    except (OSError, IndexError):
        return 0.0
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e9


if __name__ == "__main__":
    main()
