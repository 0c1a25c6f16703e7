"""YAML for programs in Go: Kubernetes, Kubeflow Pipelines, the tools of containers."""

import re
from typing import Any, Final

import yaml

_OTHERS_READ: Final = re.compile(
    r"""([yYnN]
    |\d{4}-\d\d?-\d\d?
    |[-+]?0[bBoOxX][\da-fA-F_]+
    |[-+]?(\.\d+|\d[\d_]*(\.\d*)?)([eE][-+]?\d+)?
    )\Z""",
    re.VERBOSE,
)
"""Texts that readers in Go take for a number, a date or a truth value, and Python's for what they
are (gopkg.in/yaml.v3; sigs.k8s.io/yaml)."""


class PlainDumper(yaml.SafeDumper):
    """Writes every value where it stands: not every reader knows YAML's aliases, people least."""

    def ignore_aliases(self, data: Any) -> bool:
        """Write out twice what occurs twice."""
        return True


# Its own tag is never written: a text that would be read as another tag's is quoted.
PlainDumper.add_implicit_resolver("!not-text", _OTHERS_READ, list("yYnN0123456789+-."))
