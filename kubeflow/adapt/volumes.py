"""Volumes, which the format keeps in a second document."""

import posixpath
from collections.abc import Iterator, Sequence

from kubeflow.mounts import TAKEN, hides, is_taken, on_volume
from kubeflow.spec import (
    Spec,
    UnsupportedSpecError,
    all_tasks,
    component,
    constants,
    containers,
    executor,
)
from pipeline.kubeflow_settings import KubeflowSettings, VolumeSettings


def mount(spec: Spec, settings: KubeflowSettings) -> Spec:
    """Return the platform spec: the models' volume for who names a path on it, others as told.

    Empty if no step has a volume.

    Raises:
        UnsupportedSpecError: Kubernetes would refuse the volumes of a step, or they would hide
            what it needs.
    """
    executors = {}
    faults: dict[str, str] = {}
    for name, _ in containers(spec):
        volumes = [*settings.volumes, *settings.of_step(name).volumes]
        if names_models(spec, name, settings):
            volumes.append(settings.models)
        for fault in _faults(volumes):
            faults.setdefault(fault, name)  # once for all steps that have it
        if volumes:
            label = component(spec, name)["executorLabel"]
            executors[label] = {"pvcMount": [_mounted(volume) for volume in volumes]}
    if faults:
        raise UnsupportedSpecError(
            "\n".join(f"volumes of {name}: {fault}" for fault, name in faults.items())
        )
    if not executors:
        return {}
    return {"platforms": {"kubernetes": {"deploymentSpec": {"executors": executors}}}}


def mount_paths(settings: KubeflowSettings) -> list[str]:
    """List where any step sees a volume."""
    steps = [settings.step, *settings.steps.values()]
    some = [volume for step in steps for volume in step.volumes]
    return [volume.mount_path for volume in (settings.models, *settings.volumes, *some)]


def names_models(spec: Spec, name: str, settings: KubeflowSettings) -> bool:
    """Tell whether a step is told a path on the volume of the models."""
    path = on_volume(settings.models.mount_path)
    return any(path.search(text) for text in _texts(spec, name))


def _faults(volumes: Sequence[VolumeSettings]) -> Iterator[str]:
    claims = [volume.claim for volume in volumes]
    for claim in sorted({claim for claim in claims if claims.count(claim) > 1}):
        yield f"two with the claim {claim}; expected a claim once"
    paths = [posixpath.normpath(volume.mount_path) for volume in volumes]
    for path in sorted({path for path in paths if paths.count(path) > 1}):
        yield f"two with the mount path {path}; expected a path once"
    for volume in volumes:
        if is_taken(volume.mount_path):
            yield (
                f"{volume.claim} has the mount path {volume.mount_path}; expected none in "
                f"{', '.join(TAKEN)}, which a step has already"
            )
        if hidden := hides(volume.mount_path):
            yield (
                f"{volume.claim} has the mount path {volume.mount_path}, which would hide "
                f"{', '.join(hidden)} of the image; expected a folder of its own, such as "
                f"/{volume.claim}"
            )


def _mounted(volume: VolumeSettings) -> Spec:
    return {"constant": volume.claim, "mountPath": volume.mount_path}


def _texts(spec: Spec, name: str) -> Iterator[str]:
    yield from executor(spec, name)["container"]["args"]
    yield from map(str, constants(all_tasks(spec)[name]).values())
