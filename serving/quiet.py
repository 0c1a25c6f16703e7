"""Keeps TensorFlow's start to itself, where its words are none of the user's concern."""

import os
import warnings
from typing import Final

_FATAL_ONLY: Final = "3"
"""TensorFlow's C++ log level. What it calls errors at its start is none, and what fails raises."""


def quiet() -> None:
    """Silence what importing TensorFlow logs and warns of; call it before the import."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", _FATAL_ONLY)
    warnings.filterwarnings("ignore", category=FutureWarning, module="google")
