"""The `gates.canary` section of the configuration."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from serving.settings import LONGEST_WAIT_S, SHORTEST_WAIT_S


class CanarySettings(BaseModel):
    """What an export must do in a server's process before it is pushed."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    server: Literal["auto", "binary", "embedded"] = Field(
        "auto",
        description="`binary`: tensorflow_model_server, which must be on PATH; `embedded`: the "
        "server of this package; `auto`: the binary where there is one.",
    )
    golden_rows: int = Field(
        64,
        ge=1,
        le=512,
        description="Texts of the eval split to ask for, beside a fixed list of hostile ones.",
    )
    tolerance: float = Field(
        1e-5,
        gt=0.0,
        le=0.1,
        description="Most that a probability may differ from training's; float32 summed in another "
        "order differs by some 1e-7.",
    )
    ready_timeout_s: float = Field(
        120.0,
        gt=0.0,
        allow_inf_nan=False,  # the node gets its settings as JSON, which knows no infinity
        description="Seconds from the start of the server to a loaded model; importing TensorFlow "
        "takes most of them.",
    )
    request_timeout_s: float = Field(
        30.0,
        ge=SHORTEST_WAIT_S,
        le=LONGEST_WAIT_S,
        description="Seconds for one request, as TensorFlow Serving's REST allows.",
    )
    latency_requests: int = Field(
        100, ge=1, le=100_000, description="Requests of one text each that are timed, over gRPC."
    )
    max_p50_ms: float | None = Field(
        100.0,
        gt=0.0,
        description="Most that half of these may take, in ms: up to here an answer feels "
        "immediate. None: no limit.",
    )
    max_p99_ms: float | None = Field(
        1_000.0,
        gt=0.0,
        description="Most that 99 of 100 may take, in ms: from here on people lose their thread. "
        "None: no limit.",
    )
