"""Which versions of which models are to be served: the text form of ModelServerConfig."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from google.protobuf import text_format
from tensorflow_serving.config import model_server_config_pb2

from serving.errors import invalid

PLATFORM = "tensorflow"
LARGEST_VERSION = 2**63 - 1  # the API carries a version as int64


@dataclass(frozen=True)
class VersionPolicy:
    """Which of the versions on disk to serve: the `latest` ones, `specific` ones, or all.

    Exactly one of the two fields is set for latest and specific; both unset means all.
    """

    latest: int | None = 1
    specific: frozenset[int] | None = None

    def choose(self, found: Iterable[int]) -> frozenset[int]:
        """The versions to serve among those found on disk."""
        if self.specific is not None:
            return self.specific.intersection(found)
        ordered = sorted(found, reverse=True)
        return frozenset(ordered[: self.latest])


@dataclass(frozen=True)
class ModelPlan:
    """One model to serve: its folder, which versions, and which labels name which version."""

    name: str
    base_path: Path
    policy: VersionPolicy = VersionPolicy()
    labels: Mapping[str, int] = field(default_factory=dict)


def find_versions(base_path: Path) -> dict[int, Path]:
    """The version folders under a base path: folders with a numeric name; all else is ignored.

    Raises:
        OSError: the base path cannot be listed.
    """
    found = {}
    for entry in sorted(base_path.iterdir()):
        if re.fullmatch(r"[0-9]+", entry.name) and entry.is_dir():
            version = int(entry.name)
            if version <= LARGEST_VERSION:
                found[version] = entry
    return found


def read_plans(path: Path) -> tuple[ModelPlan, ...]:
    """Reads a models.config file.

    Raises:
        ServingError: INVALID_ARGUMENT, with the file and, for a syntax fault, line and column.
        OSError: the file cannot be read.
    """
    try:
        config = text_format.Parse(
            path.read_text("utf-8"), model_server_config_pb2.ModelServerConfig()
        )
    except (text_format.ParseError, UnicodeDecodeError) as error:
        raise invalid(f"{path}: not a ModelServerConfig in text form: {error}") from error
    return plans_of(config, source=str(path))


def plans_of(
    config: model_server_config_pb2.ModelServerConfig, *, source: str
) -> tuple[ModelPlan, ...]:
    """The plans that a ModelServerConfig message holds.

    Raises:
        ServingError: INVALID_ARGUMENT, with every fault of the configuration, led by `source`.
    """
    faults = list(_faults(config))
    if faults:
        raise invalid(f"{source}: {'; '.join(faults)}")
    return tuple(
        ModelPlan(
            name=model.name,
            base_path=Path(model.base_path),
            policy=_policy_of(model.model_version_policy),
            labels=dict(model.version_labels),
        )
        for model in config.model_config_list.config
    )


def _policy_of(
    policy: "model_server_config_pb2.FileSystemStoragePathSourceConfig.ServableVersionPolicy",
) -> VersionPolicy:
    choice = policy.WhichOneof("policy_choice")
    if choice == "specific":
        return VersionPolicy(latest=None, specific=frozenset(policy.specific.versions))
    if choice == "all":
        return VersionPolicy(latest=None)
    return VersionPolicy(latest=policy.latest.num_versions or 1)


def _faults(config: model_server_config_pb2.ModelServerConfig) -> Iterator[str]:
    if config.WhichOneof("config") != "model_config_list":
        yield "expected a model_config_list; custom_model_config is not served here"
    names = Counter(model.name for model in config.model_config_list.config)
    yield from (
        f'model "{name}" is listed {count} times' for name, count in names.items() if count > 1
    )
    for model in config.model_config_list.config:
        if not model.name:
            yield f'the model at "{model.base_path}" has no name'
        if not Path(model.base_path).is_absolute():
            yield f'model "{model.name}": base_path must be absolute, not "{model.base_path}"'
        if model.model_platform not in ("", PLATFORM):
            yield (
                f'model "{model.name}": model_platform must be "{PLATFORM}", '
                f'not "{model.model_platform}"'
            )
