"""Finds the files of a span in the step itself, where other backends run a hook before it."""

import json
import posixpath
from dataclasses import dataclass
from typing import Any, Final

from kubeflow.spec import Spec

INPUT_CONFIG: Final = "input_config"
SPAN: Final = "span"
VERSION: Final = "version"
FINGERPRINT: Final = "input_fingerprint"
"""Names that TFX's file drivers and executors agree on (components/example_gen/utils.py)."""

_CUSTOM: Final = "custom:"
"""TFX's prefix for a custom property with the name of a property."""


@dataclass(frozen=True, kw_only=True)
class Found:
    """What a driver has found.

    Attributes:
        parameters: the executor's, with the patterns resolved.
        declared: types of the parameters that the driver has added.
        metadata: for the examples.
    """

    parameters: Spec
    declared: Spec
    metadata: Spec


def find(driver_path: str, parameters: Spec, *, base: str) -> Found:
    """Run a driver of files.

    Args:
        driver_path: import path of a `tfx.components.example_gen.driver.Driver`.
        parameters: the executor's; the patterns of `input_config` start at `base`.
        base: folder that the launcher has downloaded.

    Raises:
        ValueError: no file matches, or no span is the same for all patterns.
    """
    from tfx.utils import import_utils

    driver: Any = import_utils.import_class_by_path(driver_path)(None)
    located = {**parameters, INPUT_CONFIG: _located(parameters[INPUT_CONFIG], base)}
    resolved = driver.resolve_exec_properties(located, None, None)
    known = {key: value for key, value in resolved.items() if value is not None}
    return Found(
        parameters=known,
        declared={
            key: {"parameterType": "STRING" if key == FINGERPRINT else "NUMBER_INTEGER"}
            for key in (SPAN, VERSION, FINGERPRINT)
            if key in known
        },
        metadata={
            FINGERPRINT: known[FINGERPRINT],
            **{f"{_CUSTOM}{key}": known[key] for key in (SPAN, VERSION) if key in known},
        },
    )


def _located(input_config: str, base: str) -> str:
    config = json.loads(input_config)
    for split in config["splits"]:
        split["pattern"] = posixpath.join(base, split["pattern"])
    return json.dumps(config)
