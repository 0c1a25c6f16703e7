"""The step that posts the verdict when all others have ended, however they ended.

As Kubeflow's own compiler writes an exit handler: the tasks move into a pipeline within the
pipeline, for the backend hangs the handler on one task (v2/compiler/argocompiler/dag.go), and the
handler's trigger is that this one has completed.
"""

from typing import Final

from kubeflow import flags
from kubeflow.adapt.parameters import declare
from kubeflow.adapt.plan import Plan
from kubeflow.adapt.summaries import MARKDOWN
from kubeflow.spec import EXECUTOR_INPUT, GUARDED, Spec, UnsupportedSpecError, tasks

POST: Final = "post-verdict"
_EXECUTOR: Final = f"{POST}-executor"


def guard(spec: Spec, plan: Plan) -> None:
    """Add the exit handler, if the settings name a webhook.

    Args:
        spec: changed in place; names are final.
        plan: with the webhook.

    Raises:
        UnsupportedSpecError: a task has a name that is needed here.
    """
    if plan.settings.webhook is None:
        return
    if taken := {GUARDED, POST} & {*tasks(spec), *spec["components"]}:
        raise UnsupportedSpecError(f"{', '.join(taken)}: a name of the exit handler's")
    _enclose(spec)
    declare(spec, flags.WEBHOOK, plan.settings.webhook)
    spec["components"][POST] = {
        "executorLabel": _EXECUTOR,
        "inputDefinitions": {
            "parameters": {
                flags.WEBHOOK: {"parameterType": "STRING"},
                flags.STATUS: {"parameterType": "TASK_FINAL_STATUS", "isOptional": True},
            }
        },
        "outputDefinitions": {"artifacts": {flags.SUMMARY: {"artifactType": dict(MARKDOWN)}}},
    }
    name = spec["pipelineInfo"]["name"]
    spec["deploymentSpec"]["executors"][_EXECUTOR] = {
        "container": {
            "image": plan.settings.image,
            "command": list(flags.POST_COMMAND),
            "args": [
                *(flags.STEP, name, flags.NOTES, plan.notes_dir),
                *(flags.INVOCATION, EXECUTOR_INPUT),
            ],
        }
    }
    spec["root"]["dag"]["tasks"][POST] = _task()


def _enclose(spec: Spec) -> None:
    """Move the tasks into one, and hand the pipeline's parameters on to it."""
    given = spec["root"].get("inputDefinitions", {}).get("parameters", {})
    spec["components"][GUARDED] = {
        "dag": {"tasks": tasks(spec)},
        "inputDefinitions": {
            "parameters": {
                name: {"parameterType": definition["parameterType"]}
                for name, definition in given.items()
            }
        },
    }
    handed = {name: {"componentInputParameter": name} for name in given}
    spec["root"]["dag"]["tasks"] = {
        GUARDED: {
            "taskInfo": {"name": GUARDED},
            "componentRef": {"name": GUARDED},
            "inputs": {"parameters": handed},
        }
    }


def _task() -> Spec:
    return {
        "taskInfo": {"name": POST},
        "componentRef": {"name": POST},
        "dependentTasks": [GUARDED],
        "triggerPolicy": {"strategy": "ALL_UPSTREAM_TASKS_COMPLETED"},
        "inputs": {
            "parameters": {
                flags.WEBHOOK: {"componentInputParameter": flags.WEBHOOK},
                flags.STATUS: {"taskFinalStatus": {"producerTask": GUARDED}},
            }
        },
    }
