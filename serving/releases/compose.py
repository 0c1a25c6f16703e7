"""A compose file: TensorFlow Serving in one container on this machine."""

from pathlib import Path

from serving.backends import BINARY
from serving.releases.container import (
    BATCHING_FILE,
    MONITORING_FILE,
    PROBE_PERIOD_S,
    SETTINGS_FOLDER,
    START_PROBES,
    Tree,
    flags,
    readiness_path,
)
from serving.releases.serving_files import CONTAINER_BASE
from serving.releases.settings import ContainerSettings
from serving.settings import GRPC_PORT, IMAGE, REST_PORT


def compose(base: Path, settings: ContainerSettings) -> Tree:
    """Describe one container on this machine, reachable from this machine alone."""
    name = base.name
    service: Tree = {
        "image": IMAGE,
        "entrypoint": [BINARY],
        "command": flags(rest=REST_PORT, grpc=GRPC_PORT),
        "ports": [f"127.0.0.1:{port}:{port}" for port in (GRPC_PORT, REST_PORT)],
        "volumes": [
            _bind(_literal(str(base)), CONTAINER_BASE),
            *(
                _bind(f"./{file}", f"{SETTINGS_FOLDER}/{file}")
                for file in (BATCHING_FILE, MONITORING_FILE)
            ),
        ],
        "healthcheck": {
            "test": ["CMD", "bash", "-c", _literal(health_command(name, REST_PORT))],
            "interval": f"{PROBE_PERIOD_S}s",
            "retries": 3,
            "start_period": f"{START_PROBES * PROBE_PERIOD_S}s",
        },
        "restart": "unless-stopped",
        "read_only": True,
        "cap_drop": ["ALL"],
        "security_opt": ["no-new-privileges:true"],
        "deploy": {
            "resources": {
                "limits": {"cpus": str(settings.cpus), "memory": f"{settings.memory_mib}m"}
            }
        },
    }
    return {"name": f"malmoi-{name}", "services": {name: service}}


def health_command(name: str, port: int) -> str:
    """Write a bash command that ends well when the stable version answers.

    The image has bash, but neither curl nor wget.
    """
    request = f"GET {readiness_path(name)} HTTP/1.1\\r\\nHost: localhost\\r\\nConnection: close"
    return (
        f"exec 3<>/dev/tcp/127.0.0.1/{port} && printf '{request}\\r\\n\\r\\n' >&3 && "
        "read -r -u 3 answer && [[ $answer == *' 200 '* ]]"
    )


def _bind(source: str, target: str) -> Tree:
    return {"type": "bind", "source": source, "target": target, "read_only": True}


def _literal(text: str) -> str:
    """Keep compose from taking a dollar for one of its variables."""
    return text.replace("$", "$$")
