"""What the configuration says about releases."""

from typing import Final

from pydantic import BaseModel, ConfigDict, Field

FOLLOW_S: Final = 1.0
"""How often servers read models.config: the shortest wait that TensorFlow Serving's flag has."""


class ContainerSettings(BaseModel):
    """How TensorFlow Serving runs in containers; for `malmoi releases files`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    claim: str = Field(
        "models",
        min_length=1,
        description="PersistentVolumeClaim that holds a folder of versions for each model.",
    )
    replicas: int = Field(2, ge=1, description="Pods, so that one may leave at any time.")
    cpus: int = Field(2, ge=1, description="Processor cores of a container; also batches at once.")
    memory_mib: int = Field(
        2048, ge=256, description="Memory of a container, MiB; up to four versions are loaded."
    )


class ReleaseSettings(BaseModel):
    """What is pushed, how long it stays, and how it takes over."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    keep: int = Field(
        5,
        ge=1,
        description="Newest versions that stay: a working week of daily releases. What serves, "
        "what served before, the canary and the pinned version stay anyway.",
    )
    warmup_requests: int = Field(
        8,
        ge=0,
        le=100,
        description="Texts of the eval split that each version carries and a server replays before "
        "its first answer. They stand in the model unencrypted; 0: none.",
    )
    handover_s: float = Field(
        3.0,
        ge=0,
        le=600,
        description="Seconds between telling servers to load a version and to answer from it: some "
        "reads of models.config; more where the folder is a slow network drive.",
    )
    container: ContainerSettings = Field(
        default_factory=ContainerSettings, description="TensorFlow Serving in containers."
    )
