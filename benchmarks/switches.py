"""What each part of the model is worth: eval accuracy with one part changed at a time.

    python benchmarks/switches.py 3i4k [name ...]     # or nsmc; needs MALMOI_DATA

Each is a whole run in a folder of its own. The figures are those of the eval split; the test files
are not looked at.
"""

import argparse
import os
import tempfile
from pathlib import Path

from trained_run import trained_run

SWITCHES = {
    "as it is": [],
    "another seed": ["training.seed=18"],
    "random vectors": ["text.embeddings.method=off"],
    "GloVe vectors": ["text.embeddings.method=glove"],
    "vectors not trained further": ["training.fine_tune=false"],
    "no dropout of vectors": ["training.embedding_dropout=0"],
    "no dropout of features": ["training.dropout=0"],
    "mean pooling": ["training.pooling=mean"],
    "max pooling": ["training.pooling=max"],
    "no label smoothing": ["training.label_smoothing=0"],
    "gradients not cut": ["training.max_gradient_norm=0"],
    "constant learning rate": ["training.schedule=constant"],
    "no linear channel": ["text.ngrams=0"],
    "characters": ["text.tokens=characters"],
    "jamo": ["text.tokens=jamo"],
}
LENIENT = ["gates.model.accuracy.level=off", "gates.model.accuracy_loss.level=off"]
"""A worse model is what is looked for here: the gate shall not stop it."""


def main() -> None:
    """Train with each switch and print accuracies."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("preset", choices=["nsmc", "3i4k"])
    parser.add_argument("names", nargs="*", help="switches; none: all")
    told = parser.parse_args()
    if not os.environ.get("MALMOI_DATA"):
        raise SystemExit("skipped: MALMOI_DATA names no folder with the data")
    print(f"{told.preset}: eval accuracy of the network, the linear channel, the mixture")
    for name in told.names or SWITCHES:
        with tempfile.TemporaryDirectory(prefix="malmoi-switches-") as folder:
            found = trained_run(told.preset, Path(folder), *LENIENT, *SWITCHES[name]).training
        figures = [found.get(f"{part}_accuracy") for part in ("network", "linear", "eval")]
        shown = "  ".join(f"{figure:.4f}" if figure else "     -" for figure in figures)
        print(f"  {name:<28} {shown}", flush=True)


if __name__ == "__main__":
    main()
