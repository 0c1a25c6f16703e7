"""Talks to Kubeflow Pipelines; a program of the environment that requirements/kubeflow.txt locks.

That environment has Kubeflow's SDK and no TFX, so nothing of this project is imported here. One
JSON object comes in on standard input, and one goes out on standard output: what the server has
made, or `fault`. What the SDK prints goes to standard error.
"""

import contextlib
import json
import os
import sys
import warnings
from collections.abc import Callable, Mapping
from typing import Any, Final

import kfp
import kfp_server_api
import urllib3

_TOKEN: Final = "MALMOI_KUBEFLOW_TOKEN"
_AUTHORITY: Final = "MALMOI_KUBEFLOW_CA"
_PAGE: Final = 100
_ENABLED: Final = "ENABLE"

Request = Mapping[str, Any]
Answer = dict[str, Any]


class Client(kfp.Client):
    """The SDK's client, but for its first question."""

    def get_kfp_healthz(self, sleep_duration: int = 0) -> Any:
        """Ask once. The SDK asks five times in 25 seconds and then drops what the server said."""
        return self.healthzs.healthz_service_get_healthz()


def run(client: Client, request: Request) -> Answer:
    """Start one run."""
    # `enable_caching` is passed nowhere: True would let the cache answer for steps that look at the
    # volume or push, False would empty what the compiled pipeline rightly allows.
    started = client.run_pipeline(
        _experiment(client, request),
        job_name=request["name"],
        pipeline_package_path=request["pipeline"],
        params=request["parameters"],
        pipeline_root=request["pipeline_root"],
    )
    found = _named(started.run_id)
    return {"id": found, "page": f"runs/details/{found}"}


def version(client: Client, request: Request) -> Answer:
    """Upload a version, and make the pipeline if it is the first."""
    pipeline = _pipeline(client, request)
    uploaded = client.upload_pipeline_version(
        request["pipeline"], request["version"], pipeline_id=pipeline
    )
    found = _named(uploaded.pipeline_version_id)
    return {"id": found, "page": f"pipelines/details/{pipeline}/version/{found}"}


def recurring(client: Client, request: Request) -> Answer:
    """Start a recurring run; it takes the place of those with the same name."""
    experiment = _experiment(client, request)
    earlier = _enabled(client, experiment, request["name"])
    made = client.create_recurring_run(
        experiment,
        request["name"],
        cron_expression=request["cron"],
        max_concurrency=1,
        no_catchup=True,  # a run takes the newest span: one for every missed hour would repeat it
        params=request["parameters"],
        pipeline_root=request["pipeline_root"],
        pipeline_package_path=request["pipeline"],
    )
    found = _named(made.recurring_run_id)
    for old in earlier:
        client.disable_recurring_run(old)
    return {"id": found, "page": f"recurringrun/details/{found}", "disabled": earlier}


def _experiment(client: Client, request: Request) -> str:
    made = client.create_experiment(request["experiment"], namespace=request["namespace"])
    return _named(made.experiment_id)


def _pipeline(client: Client, request: Request) -> str:
    """Return the id of the pipeline; the SDK's own search knows no namespace."""
    name, namespace = request["experiment"], request["namespace"]
    wanted = {"operation": "EQUALS", "key": "display_name", "stringValue": name}
    api = client.pipelines
    where = {"namespace": namespace} if namespace else {}
    listed = api.pipeline_service_list_pipelines(
        filter=json.dumps({"predicates": [wanted]}), **where
    )
    for pipeline in listed.pipelines or []:
        return pipeline.pipeline_id
    body = client.api_models.V2beta1Pipeline(name=name, display_name=name, namespace=namespace)
    return _named(api.pipeline_service_create_pipeline(pipeline=body).pipeline_id)


def _named(identity: str | None) -> str:
    """Return the id of what the server has made; what is no API, such as a login page, has none.

    Raises:
        ValueError: there is no id. The SDK reads any page as an answer with nothing in it.
    """
    if not identity:
        raise ValueError(
            "something else than Kubeflow Pipelines answers here, such as the page of a login: "
            f"expected its API at --host, and a token in {_TOKEN} where it wants one"
        )
    return identity


def _enabled(client: Client, experiment: str, name: str) -> list[str]:
    """List the ids of the recurring runs with a name that are not disabled."""
    found: list[str] = []
    page = ""
    while True:
        listed = client.list_recurring_runs(
            page_token=page, page_size=_PAGE, experiment_id=experiment
        )
        runs = listed.recurring_runs or []
        found += [
            one.recurring_run_id
            for one in runs
            if one.display_name == name and one.mode == _ENABLED
        ]
        page = listed.next_page_token or ""
        if not page:
            return found


_ACTIONS: Final[Mapping[str, Callable[[Client, Request], Answer]]] = {
    "run": run,
    "version": version,
    "recurring": recurring,
}


def main() -> None:
    """Answer the request."""
    request = json.load(sys.stdin)
    with contextlib.redirect_stdout(sys.stderr), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the SDK warns of servers before 2.0
        answer = _answer(request)
    json.dump(answer, sys.stdout)


def _answer(request: Request) -> Answer:
    authority = os.environ.get(_AUTHORITY)
    if authority and not os.path.isfile(authority):
        return {"fault": f"{_AUTHORITY} names {authority}, which is no file"}
    try:
        client = Client(
            host=request["host"],
            # Without the line's end that a file of a secret has: what HTTP refuses, it quotes.
            existing_token=os.environ.get(_TOKEN, "").strip() or None,
            ssl_ca_cert=authority,
        )
        return _ACTIONS[request["action"]](client, request)
    except kfp_server_api.ApiException as error:
        return {"fault": f"the server answered {error.status} {error.reason}: {_said(error.body)}"}
    except (urllib3.exceptions.HTTPError, OSError) as error:
        return {"fault": f"the server cannot be reached: {error}"}
    except ValueError as error:
        return {"fault": str(error)}


def _said(body: str | None) -> str:
    try:
        return str(json.loads(body or "")["message"])
    except (ValueError, KeyError, TypeError):
        return (body or "nothing").strip()


if __name__ == "__main__":
    main()
