"""Defaults of the pipeline's parameters, which TFX's compiler drops."""

from collections.abc import Mapping

from kubeflow.spec import Spec, UnsupportedSpecError


def inject_defaults(spec: Spec, defaults: Mapping[str, str | int | float]) -> None:
    """Give every parameter of the pipeline its default, so that none must be passed.

    Raises:
        UnsupportedSpecError: a parameter has none.
    """
    for name, definition in _definitions(spec).items():
        if name not in defaults:
            raise UnsupportedSpecError(
                f"the pipeline's parameter {name} has no default; expected one of "
                f"{sorted(defaults) or 'none at all'}"
            )
        definition |= {"defaultValue": defaults[name], "isOptional": True}


def declare(spec: Spec, name: str, default: str) -> None:
    """Add a text parameter to the pipeline."""
    inputs = spec["root"].setdefault("inputDefinitions", {}).setdefault("parameters", {})
    inputs[name] = {"parameterType": "STRING", "defaultValue": default, "isOptional": True}


def _definitions(spec: Spec) -> dict[str, Spec]:
    return spec["root"].get("inputDefinitions", {}).get("parameters", {})
