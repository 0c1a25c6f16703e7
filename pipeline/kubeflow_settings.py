"""The `kubeflow` section of the configuration: what a cluster must be told and a machine not."""

import re

from pydantic import BaseModel, ConfigDict, Field, field_validator

_ABSOLUTE = r"^/[^/:]([^:]*[^/:])?$"
_BUCKET = r"^(gs|s3|minio)://[^/]+"
_WEBHOOK = r"^(https?://[!-.0-?A-~]+(/[!-~]*)?)?$"
_CLAIM = r"^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$"
"""Stricter than for a claim by itself: the backend gives its volume the same name."""

_PART = "[a-z0-9]+([._-]+[a-z0-9]+)*"
_IMAGE = re.compile(
    rf"(([A-Za-z0-9.-]+|\[[0-9A-Fa-f:]+\])(:[0-9]+)?/)?{_PART}(/{_PART})*"
    r"(:\w[\w.-]{0,127})?(@\w+:[0-9A-Fa-f]{32,})?",
    re.ASCII,
)


class VolumeSettings(BaseModel):
    """A volume claim of the cluster and where a step sees it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    claim: str = Field(description="Name of the PersistentVolumeClaim.", pattern=_CLAIM)
    mount_path: str = Field(description="Folder in the container.", pattern=_ABSOLUTE)


class StepSettings(BaseModel):
    """What one step may use."""

    # Without infinity: Kubernetes reads JSON, which knows none.
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    cpu: float | None = Field(None, gt=0, description="Cores; none: as the cluster likes.")
    memory_gb: float | None = Field(
        None, gt=0, description="Memory in units of 10^9 bytes; none: as the cluster likes."
    )
    retries: int | None = Field(
        None, ge=0, description="Further attempts after a failure; none: 1. DataGateHalt has none."
    )
    volumes: tuple[VolumeSettings, ...] = Field(
        (), description="Volumes beside those that all steps have."
    )


class KubeflowSettings(BaseModel):
    """What Kubeflow Pipelines must be told."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    image: str = Field(description="Image that holds this project.")
    models: VolumeSettings = Field(
        description="Volume of the pushed models; also where a run looks for its baseline."
    )
    data: str | None = Field(
        None,
        pattern=_BUCKET,
        description="Bucket folder that holds what the folder of `data` holds here; none: "
        "the paths of `data` lie in a bucket themselves.",
    )
    pipeline_root: str | None = Field(
        None, pattern=_BUCKET, description="Bucket folder of the artifacts; none: the cluster's."
    )
    step: StepSettings = Field(default_factory=StepSettings, description="What a step may use.")
    steps: dict[str, StepSettings] = Field(
        default_factory=dict, description="By step, such as Trainer, what differs from `step`."
    )
    volumes: tuple[VolumeSettings, ...] = Field((), description="Further volumes, for all steps.")
    webhook: str | None = Field(
        None,
        pattern=_WEBHOOK,
        description="Address that every run's verdict is posted to; empty: given when a run is "
        "submitted, as the parameter `webhook`; none: nobody is told.",
    )

    @field_validator("image")
    @classmethod
    def _is_an_image(cls, name: str) -> str:
        if not _IMAGE.fullmatch(name):
            raise ValueError(f"must be a name such as registry.example/malmoi:0.1.0, not {name!r}")
        return name

    def of_step(self, name: str) -> StepSettings:
        """Return what a step may use: where its own settings are silent, the common ones."""
        own = self.steps.get(name, StepSettings())
        return self.step.model_copy(update={key: v for key, v in own if v not in (None, ())})
