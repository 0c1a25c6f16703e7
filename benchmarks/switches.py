"""What each part of the model is worth: eval accuracy with one part changed at a time.

    python benchmarks/switches.py 3i4k [name ...]     # or nsmc; needs MALMOI_DATA

Each is a run up to the Trainer in a process of its own; what is before it and the same comes from
the cache. The figures are those of the eval split, a fifth of the rows, so that the small corpus
tells the switches apart; the test files are not looked at.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipeline_runs import PRESETS

if TYPE_CHECKING:
    from pipeline.local_runner import NodeResult

COMMON = [
    "data.eval_fraction=0.2",
    *("training.adversarial=0", "training.pretraining_epochs=0"),  # both take long
]
SWITCHES = {
    "as it is": [],
    "another seed": ["training.seed=18"],
    "no further texts": ["data.unlabelled=null"],
    "random vectors": ["text.embeddings.method=off"],
    "GloVe vectors": ["text.embeddings.method=glove"],
    "vectors not trained further": ["training.fine_tune=false"],
    "no dropout of vectors": ["training.embedding_dropout=0"],
    "no dropout of features": ["training.dropout=0"],
    "mean pooling": ["training.pooling=mean"],
    "max pooling": ["training.pooling=max"],
    "adversarial": ["training.adversarial=0.1"],
    "adversarial, another seed": ["training.adversarial=0.1", "training.seed=18"],
    "pretrained": ["training.pretraining_epochs=1"],
    "pretrained, adversarial": ["training.pretraining_epochs=1", "training.adversarial=0.1"],
    "pretrained twice, adversarial": ["training.pretraining_epochs=2", "training.adversarial=0.1"],
    "no label smoothing": ["training.label_smoothing=0"],
    "gradients not cut": ["training.max_gradient_norm=0"],
    "weights not averaged": ["training.averaged_steps=0"],
    "cosine schedule": ["training.schedule=cosine"],
    "cosine schedule, weights not averaged": [
        "training.schedule=cosine",
        "training.averaged_steps=0",
    ],
    "no linear channel": ["text.ngrams=0"],
    "characters": ["text.tokens=characters"],
    "jamo": ["text.tokens=jamo"],
}


class TrainerHeard:
    """Hears where the Trainer wrote."""

    summary: Path

    def node_started(self, node: str) -> None:
        """Hear that a node begins."""

    def node_ended(self, result: "NodeResult") -> None:
        """Keep the Trainer's folder."""
        if result.node == "Trainer":
            self.summary = Path(result.outputs["model_run"][0].uri, "training.json")


def train(preset: str, name: str, output: str) -> None:
    """Run up to the Trainer with one switch and print what it says of itself."""
    from pipeline import config, graph, local_runner

    changed = [f"output={output}", *COMMON, *SWITCHES[name]]
    read = config.load(PRESETS / f"{preset}.yaml", changed)
    nodes = graph.build_until(read, "Trainer")
    heard = TrainerHeard()
    local_runner.run(local_runner.make_pipeline(nodes, name=preset, root=Path(output)), heard)
    print(heard.summary.read_text("utf-8"))


def trained(preset: str, name: str, output: str) -> dict[str, Any]:
    """Train in a process of its own."""
    command = [sys.executable, __file__, preset, name, "--in", output]
    done = subprocess.run(command, check=False, capture_output=True)
    if done.returncode:
        raise SystemExit(f"{name}: {done.stderr.decode()[-2_000:]}")
    printed = done.stdout.decode()
    told: dict[str, Any] = json.loads(printed[printed.index("{\n") :])
    return told


def main() -> None:
    """Train with each switch and print accuracies."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("preset", choices=["nsmc", "3i4k"])
    parser.add_argument("names", nargs="*", help="switches; none: all")
    parser.add_argument("--in", dest="output", help="train with the one switch in this folder")
    told = parser.parse_args()
    if not os.environ.get("MALMOI_DATA"):
        raise SystemExit("skipped: MALMOI_DATA names no folder with the data")
    if told.output:
        train(told.preset, told.names[0], told.output)
        return
    print(f"{told.preset}: eval accuracy of the network, the linear channel, the mixture")
    with tempfile.TemporaryDirectory(prefix="malmoi-switches-") as folder:
        for name in told.names or SWITCHES:
            found = trained(told.preset, name, folder)
            figures = [found.get(f"{part}_accuracy") for part in ("network", "linear", "eval")]
            shown = "  ".join(f"{figure:.4f}" if figure else "     -" for figure in figures)
            print(f"  {name:<36} {shown}", flush=True)


if __name__ == "__main__":
    main()
