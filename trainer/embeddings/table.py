"""From learnt vectors to the rows of an embedding layer."""

import io
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from trainer.vocabulary import PADDING_ID

STANDARD_DEVIATION: Final = 0.1
"""Of a vector's elements: the mean squared norm of the rows is dim * 0.01. Three times as much
trains no better on NSMC; Keras's own random start has 0.03."""


@dataclass(frozen=True, kw_only=True)
class Learnt:
    """The vectors of the ids that stand near others in the corpus; further ids have none.

    Attributes:
        ids: `[learnt]` int64, rising.
        vectors: `[learnt, dim]` float32, with `STANDARD_DEVIATION`.
    """

    ids: npt.NDArray[np.int64]
    vectors: npt.NDArray[np.float32]


def select(vectors: npt.NDArray[np.float32], ids: npt.NDArray[np.int64]) -> Learnt:
    """Keep the rows of the ids that were counted and scale them to `STANDARD_DEVIATION`.

    Args:
        vectors: `[size, dim]`.
        ids: those whose rows were learnt, rising.
    """
    kept = vectors[ids]
    deviation = np.sqrt(np.mean(np.square(kept))) if kept.any() else STANDARD_DEVIATION
    return Learnt(ids=ids, vectors=(kept * (STANDARD_DEVIATION / deviation)).astype(np.float32))


def embedding_table(learnt: Learnt, *, rows: int) -> npt.NDArray[np.float32] | None:
    """Lay the vectors out by id, for an embedding layer to start from.

    An id without a vector gets the mean of all vectors: of what one knows nothing, the mean is the
    guess with the least squared error, and rare subwords, which the unknown are like, are most of
    them. Padding gets zeros.

    Args:
        learnt: the vectors, of any ids.
        rows: size of the vocabulary.

    Returns:
        `[rows, dim]`; None if no vector was learnt.
    """
    if not learnt.ids.size:
        return None
    table = np.tile(learnt.vectors.mean(axis=0), (rows, 1))
    table[learnt.ids] = learnt.vectors
    table[PADDING_ID] = 0.0
    return table


def to_bytes(learnt: Learnt) -> bytes:
    """Write as numpy's .npz, uncompressed: vectors hardly shrink."""
    file = io.BytesIO()
    np.savez(file, ids=learnt.ids, vectors=learnt.vectors)
    return file.getvalue()


def from_bytes(content: bytes) -> Learnt:
    """Read what `to_bytes` wrote."""
    with np.load(io.BytesIO(content)) as arrays:
        return Learnt(ids=arrays["ids"], vectors=arrays["vectors"])
