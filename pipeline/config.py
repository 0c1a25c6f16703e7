"""The configuration: one YAML file, read into one typed tree."""

import os
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from components.canary.settings import CanarySettings
from components.data_gate.settings import DataGateSettings
from components.model_gate.settings import ModelGateSettings
from components.text_example_gen.source import TextSource
from pipeline import plain_yaml
from pipeline.config_faults import faults, shown
from pipeline.kubeflow_settings import KubeflowSettings
from serving.releases.settings import ReleaseSettings
from trainer.settings import TextSettings, TrainerSettings, TrainingSettings, TransformSettings

_VARIABLE: Final = re.compile(r"\$\{(\w+)(?::-([^}]*))?\}")
MAX_NAME_CHARS: Final = 63
"""TFX takes no longer names."""

_NAME: Final = rf"^[a-z0-9][a-z0-9_-]{{0,{MAX_NAME_CHARS - 1}}}$"

_IN_NO_PATH: Final = re.compile("[\0\ud800-\udfff]")
"""NUL, where a path ends for the system, and halves of characters, which UTF-8 does not write."""

_YAML_ENDINGS: Final = (".yaml", ".yml")
"""Only of files that are named so something is quoted: any other may be personal data."""


class ConfigError(Exception):
    """A configuration that cannot be used; the message lists every fault with its path."""


class Gates(BaseModel):
    """The gates' thresholds."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    data: DataGateSettings = Field(
        default_factory=DataGateSettings, description="Before any training."
    )
    model: ModelGateSettings = Field(
        default_factory=ModelGateSettings, description="Before any push."
    )
    canary: CanarySettings = Field(
        default_factory=CanarySettings,
        description="Before any push too: the export in a server's process of its own.",
    )


class Serving(BaseModel):
    """Where `malmoi serve` listens."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    host: str = Field("127.0.0.1", description="Address to listen on.")
    rest_port: int = Field(8501, ge=0, le=65_535, description="Port of the REST API; 0: any free.")
    grpc_port: int = Field(8500, ge=0, le=65_535, description="Port of the gRPC API; 0: any free.")


class Config(BaseModel):
    """All that a run is made from. Relative paths start at the folder of the file."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = Field(
        pattern=_NAME,
        description="Name of the pipeline and of the served model: a-z, 0-9, - and _, "
        "63 characters at most.",
    )
    data: TextSource = Field(description="Where the rows lie and how they are written.")
    schema_file: str = Field(
        alias="schema", description="The data's contract: a schema.pbtxt under version control."
    )
    text: TextSettings = Field(default_factory=TextSettings, description="How text becomes tokens.")
    training: TrainingSettings = Field(
        default_factory=TrainingSettings, description="The model and how it is fitted."
    )
    gates: Gates = Field(default_factory=Gates, description="What stops a run or a push.")
    serving: Serving = Field(default_factory=Serving, description="The local server.")
    release: ReleaseSettings = Field(
        default_factory=ReleaseSettings,
        description="Pushed versions: how many stay, how they serve.",
    )
    output: str = Field(
        "output", description="Folder of metadata, artifacts, runs and pushed models."
    )
    beam_args: tuple[str, ...] = Field(
        (), description="Further Beam arguments, such as --runner=FlinkRunner."
    )
    kubeflow: KubeflowSettings | None = Field(
        None, description="For `malmoi kubeflow`: what a cluster must be told."
    )

    @field_validator("schema_file", "output")
    @classmethod
    def _is_local(cls, path: str) -> str:
        if "://" in path:
            raise ValueError(f"must lie on this machine, not at {path}")
        if wrong := _IN_NO_PATH.search(path):
            raise ValueError(f"holds {wrong[0]!r}, which no path can: {path!r}")
        return path

    @property
    def output_dir(self) -> Path:
        """Folder of everything that runs write."""
        return Path(self.output)

    @property
    def models_dir(self) -> Path:
        """Folder of the pushed versions, as TensorFlow Serving's `model_base_path`."""
        return self.output_dir / "models" / self.name

    def transform_settings(self) -> TransformSettings:
        """Give Transform its part of the configuration."""
        columns = self.data.columns
        return TransformSettings(
            text_column=columns.text,
            label_column=columns.label,
            text=self.text,
            embedding_dim=self.training.embedding_dim,
        )

    def trainer_settings(self) -> TrainerSettings:
        """Give the Trainer its part of the configuration."""
        return TrainerSettings(transform=self.transform_settings(), training=self.training)

    def to_yaml(self) -> str:
        """Write the configuration so that `load` reads the same."""
        fields = self.model_dump(mode="json", by_alias=True)
        return yaml.safe_dump(fields, allow_unicode=True, sort_keys=False)


def load(path: Path, overrides: Sequence[str] = ()) -> Config:
    """Read a configuration.

    Args:
        path: the YAML file.
        overrides: `section.key=value` each, the value written as in YAML.

    Raises:
        ConfigError: the file or an override cannot be read, or fields are wrong; lists all faults.
    """
    tree = _read(path)
    for override in overrides:
        _override(tree, override)
    base = path.resolve().parent
    _refuse_unset(tree)
    try:
        config = Config.model_validate(_with_paths(tree, base))
    except ValidationError as error:
        listed = "\n".join(f"  {fault}" for fault in faults(error, Config))
        raise ConfigError(f"{path} is not a valid configuration:\n{listed}") from error
    return config


def _read(path: Path) -> dict[str, Any]:
    try:
        tree = plain_yaml.load(path.read_text("utf-8"))
    except FileNotFoundError:
        raise ConfigError(f"no file {path}; `malmoi init DATA.csv` writes a first one") from None
    except OSError as error:
        raise ConfigError(f"{path} cannot be read: {error}") from error
    except (UnicodeDecodeError, yaml.YAMLError) as error:
        raise ConfigError(_no_yaml(path, error)) from error
    if not isinstance(tree, dict):
        found = f", not {shown(tree)}" if path.suffix in _YAML_ENDINGS else ""
        raise ConfigError(
            f"{path} must hold sections such as `data:`{found}; {_is_it_the_data(path)}"
        )
    return tree


def _no_yaml(path: Path, error: UnicodeDecodeError | yaml.YAMLError) -> str:
    if path.suffix not in _YAML_ENDINGS:
        return f"{path} cannot be read as YAML; {_is_it_the_data(path)}"
    if isinstance(error, UnicodeDecodeError):
        return (
            f"{path} cannot be read: byte {error.start + 1} is not UTF-8; convert the file first, "
            "such as with iconv -f cp949 -t utf-8"
        )
    return f"{path} cannot be read: {error}"


def _is_it_the_data(path: Path) -> str:
    return f"is it the data? `malmoi init {path}` writes a configuration for it"


def _override(tree: dict[str, Any], override: str) -> None:
    key, equals, value = override.partition("=")
    *sections, last = key.split(".")
    if not equals or not all([*sections, last]):
        raise ConfigError(
            f"--set takes section.key=value, such as training.epochs=3, not {override!r}"
        )
    for section in sections:
        if tree.get(section) is None:
            tree[section] = {}
        below = tree[section]
        if not isinstance(below, dict):
            raise ConfigError(f"--set {override}: {section} is {shown(below)}, not a section")
        tree = below
    try:
        tree[last] = plain_yaml.load(value)
    except yaml.YAMLError as error:
        raise ConfigError(
            f"--set {override}: the value is not YAML: {error}\n"
            f"  If it is text, quote it twice: --set '{key}=\"{value}\"'"
        ) from error


def _with_paths(tree: dict[str, Any], base: Path) -> dict[str, Any]:
    """Expand variables and make the paths absolute."""
    tree = _expand(tree)
    if tree.get("output") is None:
        tree["output"] = "output"
    for key in ("schema", "output"):
        tree[key] = _absolute(tree.get(key), base)
    data = tree.get("data")
    if isinstance(data, dict):
        tree["data"] = _data_paths(data, base)
    return {key: value for key, value in tree.items() if value is not None}


def _data_paths(data: dict[str, Any], base: Path) -> dict[str, Any]:
    paths: dict[str, Any] = {
        key: _absolute(data[key], base) for key in ("train", "eval") if key in data
    }
    for name in ("unlabelled", "served"):
        part = data.get(name)
        if isinstance(part, str):
            part = {"path": part}
        if isinstance(part, dict):
            paths[name] = {
                key: _absolute(value, base) if key in ("path", "exclude") else value
                for key, value in part.items()
            }
    return {**data, **paths}


def _absolute(path: Any, base: Path) -> Any:
    if isinstance(path, list):
        return [_absolute(one, base) for one in path]
    if not isinstance(path, str) or "://" in path:
        return path
    # Unlike that of Path, this `expanduser` leaves a file such as `~$reviews.csv` as it stands.
    return os.path.normpath(base / os.path.expanduser(path))


def _expand(value: Any) -> Any:
    """Replace `${NAME}` and `${NAME:-default}` in every string."""
    if isinstance(value, str):
        return _VARIABLE.sub(_variable, value)
    if isinstance(value, Mapping):
        return {key: _expand(below) for key, below in value.items()}
    if isinstance(value, list):
        return [_expand(below) for below in value]
    return value


def _variable(match: re.Match[str]) -> str:
    name, default = match.groups("")
    return os.environ.get(name) or default


def _refuse_unset(tree: dict[str, Any]) -> None:
    """Name every variable that is neither set nor has a default."""
    uses = {match.groups() for text in _strings(tree) for match in _VARIABLE.finditer(text)}
    unset = sorted(n for n, default in uses if default is None and n not in os.environ)
    if unset:
        raise ConfigError(
            "\n".join(
                f"the configuration uses ${{{name}}}, which is not set; type: export {name}=/path"
                for name in unset
            )
        )


def _strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping | list):
        below = value.values() if isinstance(value, Mapping) else value
        yield from (text for part in below for text in _strings(part))
