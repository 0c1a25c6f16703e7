"""What a loaded version leaves behind."""

import gc
import weakref
from pathlib import Path

import numpy as np

from serving.servable import Servable


def test_a_closed_version_leaves_no_graph_to_the_garbage_collector(saved: dict[str, Path]) -> None:
    """It comes late: a hundred versions of the demo's model were 500 MB."""
    servable = Servable(saved["first"], time_limit_s=10.0)
    servable.run(servable.signature(""), {"text": np.array(["좋다".encode()], object)})
    graph = weakref.ref(servable._session.graph)
    gc.disable()
    try:
        servable.close()
        del servable
        assert graph() is None
    finally:
        gc.enable()
