"""The `kubeflow` section of the configuration: what a cluster must be told and a machine not."""

from pydantic import BaseModel, ConfigDict, Field

_ABSOLUTE = r"^/[^/](.*[^/])?$"
_BUCKET = r"^(gs|s3|minio)://[^/]+"
_WEBHOOK = r"^(https?://[^/]+.*)?$"


class VolumeSettings(BaseModel):
    """A volume claim of the cluster and where a step sees it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    claim: str = Field(description="Name of the PersistentVolumeClaim.", min_length=1)
    mount_path: str = Field(description="Folder in the container.", pattern=_ABSOLUTE)


class StepSettings(BaseModel):
    """What one step may use."""

    model_config = ConfigDict(frozen=True, extra="forbid")

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

    image: str = Field(description="Image that holds this project.", min_length=1)
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

    def of_step(self, name: str) -> StepSettings:
        """Return what a step may use: where its own settings are silent, the common ones."""
        own = self.steps.get(name, StepSettings())
        return self.step.model_copy(update={key: v for key, v in own if v not in (None, ())})
