"""What a backend's step tells of the run in the artifacts, where TFX's own context is empty."""

from typing import Final

PIPELINE: Final = "pipeline"
RUN: Final = "run_id"
"""Properties of an output: what has made it."""

STORED_AT: Final = "stored_at"
"""Property of an input: its URI in the pipeline's storage; `uri` is its place in the container."""
