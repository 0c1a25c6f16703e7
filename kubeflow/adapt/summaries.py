"""An output with words for people, for every step that judges; shown on the cluster's pages."""

from typing import Final

from kubeflow import flags
from kubeflow.adapt.plan import Plan
from kubeflow.spec import Spec, component, containers
from kubeflow.step.judgement import JUDGES

MARKDOWN: Final = {"schemaTitle": "system.Markdown", "schemaVersion": "0.0.1"}


def add(spec: Spec, plan: Plan) -> None:
    """Give the steps that judge one more output, and a place for their word on the run.

    TFX's executor is not told of the output: its arguments are written already.
    """
    for name, container in containers(spec):
        if name not in JUDGES:
            continue
        outputs = component(spec, name).setdefault("outputDefinitions", {})
        outputs.setdefault("artifacts", {})[flags.SUMMARY] = {"artifactType": dict(MARKDOWN)}
        if plan.settings.webhook is not None:
            container["args"] += [flags.NOTES, plan.notes_dir]
