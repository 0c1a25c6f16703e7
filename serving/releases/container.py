"""What every container that serves a model is told, wherever it runs."""

from typing import Any, Final

from serving.backends import LABELS_AT_START
from serving.releases.serving_files import CONTAINER_BASE, CONTAINER_CONFIG
from serving.releases.settings import FOLLOW_S
from serving.releases.state import STABLE

BATCHING_FILE: Final = "batching_parameters.txt"
MONITORING_FILE: Final = "monitoring.config"

SETTINGS_FOLDER: Final = "/etc/malmoi"
"""Where containers find the two files that no release changes."""

PROBE_PERIOD_S: Final = 5
START_PROBES: Final = 60
"""Together five minutes to start: pulling the model over a slow network drive, and warming up."""

Tree = dict[str, Any]


def readiness_path(name: str) -> str:
    """Give the URL path that answers 200 from the moment the stable version can be asked.

    The status URL, `/v1/models/<name>`, answers 200 while the version is loading.
    """
    return f"/v1/models/{name}/labels/{STABLE}/metadata"


def flags(*, rest: int, grpc: int) -> list[str]:
    """List `tensorflow_model_server`'s flags: follow the releases, batch, and tell Prometheus."""
    return [
        f"--port={grpc}",
        f"--rest_api_port={rest}",
        f"--model_config_file={CONTAINER_BASE}/{CONTAINER_CONFIG}",
        f"--model_config_file_poll_wait_seconds={FOLLOW_S:.0f}",
        LABELS_AT_START,
        "--enable_batching=true",
        f"--batching_parameters_file={SETTINGS_FOLDER}/{BATCHING_FILE}",
        f"--monitoring_config_file={SETTINGS_FOLDER}/{MONITORING_FILE}",
    ]
