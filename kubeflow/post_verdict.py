"""The command of the exit handler's container: `python -m kubeflow.post_verdict`.

Posts what came of a run to the webhook, whether it pushed, was refused or failed. Needs nothing but
Python, so that it runs where a step has died of the rest.
"""

import argparse
import http.client
import json
import re
import shutil
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from kubeflow import flags
from kubeflow.step.judgement import Judgement, kept
from kubeflow.step.places import local_path, made_by

PUSHED: Final = "pushed"
REFUSED: Final = "refused"
FAILED: Final = "failed"

POSTED: Final = ".posted"
"""Ending of the file that stays of a run's notes: a step whose summary could not be uploaded is
tried again, and shall neither post twice nor find no notes."""

ATTEMPTS: Final = 3
WAIT_S: Final = 5.0
"""Between attempts: a receiver that restarts is back by then, or is not back soon."""

TIMEOUT_S: Final = 10.0

ADDRESS: Final = re.compile(r"https?://[!-.0-?A-~]+(/[!-~]*)?")
NO_ADDRESS: Final = (
    "the webhook is no address that can be posted to: expected http:// or https://, a host without "
    "user and password, and a path, in ASCII without blanks"
)
"""Does not quote the address: it may be a secret, and logs are read by many."""

PASSING: Final = (408, 429)
"""Statuses below 500 that pass by themselves: the request took too long, or was one too many."""


class NotPostedError(Exception):
    """A webhook that did not take the verdict."""


class _Unmoved(urllib.request.HTTPRedirectHandler):
    """Follows no redirect: it would be asked by GET, and the verdict would be lost."""

    def redirect_request(self, *_: Any) -> None:
        return None


def main(argv: Sequence[str]) -> None:
    """Post the verdict, and keep it as the step's summary.

    Args:
        argv: the container's arguments, the launcher's placeholder filled in.

    Raises:
        NotPostedError: the webhook did not take it.
    """
    parser = argparse.ArgumentParser(allow_abbrev=False)
    for flag in (flags.STEP, flags.NOTES, flags.INVOCATION):
        parser.add_argument(flag, required=True)
    told = parser.parse_args(argv)
    invocation = json.loads(told.json_serialized_invocation_args)
    (summary,) = invocation["outputs"]["artifacts"][flags.SUMMARY]["artifacts"]
    run = made_by(summary["uri"]).run
    notes = Path(told.notes) / run
    posted = notes.with_name(f"{run}{POSTED}")
    values = invocation.get("inputs", {}).get("parameterValues", {})
    state = _state(values.get(flags.STATUS))
    again = posted.exists()
    message = (
        json.loads(posted.read_text("utf-8"))
        if again
        else verdict(kept(notes), pipeline=told.step, run=run, state=state)
    )
    sys.stdout.write(f"{message['text']}\n")
    target = Path(local_path(summary["uri"]))
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(f"## {message['text']}\n", "utf-8")
    if again:
        sys.stdout.write("posted before: this is the step's next attempt\n")
        return
    if url := values.get(flags.WEBHOOK):
        post(url, message)
    else:
        sys.stdout.write("the parameter webhook is empty: nobody is told\n")
    posted.parent.mkdir(parents=True, exist_ok=True)
    unfinished = posted.with_name(f".{posted.name}")
    unfinished.write_text(json.dumps(message, ensure_ascii=False), "utf-8")
    unfinished.rename(posted)
    shutil.rmtree(notes, ignore_errors=True)


def verdict(
    judgements: Sequence[Judgement], *, pipeline: str, run: str, state: str
) -> dict[str, Any]:
    """Say what came of a run.

    Args:
        judgements: of its steps.
        pipeline: its name.
        run: its id.
        state: of all its steps together, in the backend's words.

    Returns:
        The message; chats show its `text`, programs read the rest.
    """
    reasons = [f"{one.step}: {reason}" for one in judgements for reason in one.reasons]
    version = next((one.version for one in judgements if one.version), "")
    found = PUSHED if version else REFUSED if reasons else FAILED
    words = {
        PUSHED: f"version {version} is pushed",
        REFUSED: "refused, nothing is pushed",
        FAILED: "failed, nothing is pushed; the log of the step that failed says why",
    }
    return {
        "pipeline": pipeline,
        "run": run,
        "verdict": found,
        "version": version,
        "reasons": reasons,
        "state": state,
        "text": "\n".join([f"{pipeline}: {words[found]} (run {run})", *reasons]),
    }


def post(
    url: str, message: dict[str, Any], *, attempts: int = ATTEMPTS, wait_s: float = WAIT_S
) -> None:
    """Post a message as JSON; what may pass by itself is tried again.

    Raises:
        NotPostedError: the address is none, the receiver refused it, or was not there at any
            attempt.
    """
    if not ADDRESS.fullmatch(url):
        raise NotPostedError(NO_ADDRESS)
    request = urllib.request.Request(
        url,
        data=json.dumps(message, ensure_ascii=False).encode(),
        headers={"Content-Type": "application/json; charset=utf-8"},
    )
    opener = urllib.request.build_opener(_Unmoved)
    for attempt in range(1, attempts + 1):
        try:
            with opener.open(request, timeout=TIMEOUT_S):
                return
        # HTTPError and URLError are OSErrors; what is no HTTP at all is an HTTPException.
        except (OSError, http.client.HTTPException) as error:
            if attempt == attempts or _is_final(error):
                raise NotPostedError(
                    f"the webhook did not take the verdict: {error}{_moved(error)}; expected an "
                    "address that takes JSON by POST, in kubeflow.webhook or "
                    "--parameter webhook=..."
                ) from error
        except ValueError:  # of a host that no name can have, such as chat..example
            raise NotPostedError(NO_ADDRESS) from None
        time.sleep(wait_s)


def _is_final(error: Exception) -> bool:
    """Tell whether the receiver has answered, and would answer the same again."""
    if not isinstance(error, urllib.error.HTTPError):
        return False
    return error.code < 500 and error.code not in PASSING


def _moved(error: Exception) -> str:
    """Name the address that the receiver has moved to, if it has."""
    if not isinstance(error, urllib.error.HTTPError) or "Location" not in error.headers:
        return ""
    return f", moved to {error.headers['Location']}"


def _state(status: Any) -> str:
    """Read the status of the steps, which some versions of the backend hand over as text."""
    try:
        found = json.loads(status) if isinstance(status, str) and status else status
    except ValueError:  # the state itself
        found = status
    return str(found.get("state", "") if isinstance(found, dict) else found or "")


if __name__ == "__main__":
    main(sys.argv[1:])
