"""Which of the schema's environments a split is held to."""

from components.text_example_gen.counts import SERVED, UNLABELLED


def environment_of(split: str) -> str:
    """Name the schema's environment of a split: texts that no one has labelled need no label."""
    return "UNLABELLED" if split in (UNLABELLED, SERVED) else "TRAINING"
