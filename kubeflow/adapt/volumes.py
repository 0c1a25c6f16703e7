"""Volumes, which the format keeps in a second document."""

from collections.abc import Iterator

from kubeflow.mounts import on_volume
from kubeflow.spec import Spec, all_tasks, component, constants, containers, executor
from pipeline.kubeflow_settings import KubeflowSettings, VolumeSettings


def mount(spec: Spec, settings: KubeflowSettings) -> Spec:
    """Return the platform spec: the models' volume for who names a path on it, others as told.

    Empty if no step has a volume.
    """
    executors = {}
    for name, _ in containers(spec):
        volumes = [*settings.volumes, *settings.of_step(name).volumes]
        if names_models(spec, name, settings):
            volumes.append(settings.models)
        if volumes:
            label = component(spec, name)["executorLabel"]
            executors[label] = {"pvcMount": [_mounted(volume) for volume in volumes]}
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


def _mounted(volume: VolumeSettings) -> Spec:
    return {"constant": volume.claim, "mountPath": volume.mount_path}


def _texts(spec: Spec, name: str) -> Iterator[str]:
    yield from executor(spec, name)["container"]["args"]
    yield from map(str, constants(all_tasks(spec)[name]).values())
