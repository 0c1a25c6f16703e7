"""What a step that judges has to say, for people: on the cluster's pages and in the webhook."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

from kubeflow.spec import Spec

SUFFIX: Final = ".json"


@dataclass(frozen=True, kw_only=True)
class Judgement:
    """What one step says of the run.

    Attributes:
        step: its name.
        headline: what came of it, in a few words.
        reasons: why the run is refused; none if it is not.
        remarks: what else is worth a look.
        version: the pushed version; empty if nothing was pushed, or not by this step.
    """

    step: str
    headline: str
    reasons: Sequence[str] = ()
    remarks: Sequence[str] = ()
    version: str = ""

    def to_markdown(self) -> str:
        """Write it for a page."""
        sections = (("Refused because", self.reasons), ("Warnings", self.remarks))
        lists = (
            "\n".join([f"**{title}**", "", *(f"- {line}" for line in lines)])
            for title, lines in sections
            if lines
        )
        return "\n\n".join([f"## {self.step}: {self.headline}", *lists]) + "\n"

    def keep(self, folder: Path) -> None:
        """Leave it for the step that posts the verdict."""
        folder.mkdir(parents=True, exist_ok=True)
        text = json.dumps(asdict(self), ensure_ascii=False)
        unfinished = folder / f"{self.step}.unfinished"  # of a volume that is full, say
        unfinished.write_text(text, "utf-8")
        unfinished.rename(folder / f"{self.step}{SUFFIX}")


def kept(folder: Path) -> list[Judgement]:
    """Read what the steps of a run have left, in the order of their names."""
    files = sorted(folder.glob(f"*{SUFFIX}"))
    return [Judgement(**json.loads(path.read_text("utf-8"))) for path in files]


def of_step(step: str, outputs: Mapping[str, Spec]) -> Judgement:
    """Say what came of a step that judges.

    Args:
        step: one of `JUDGES`.
        outputs: its artifacts with `uri`, a folder here, and `metadata`.
    """
    return JUDGES[step](step, outputs)


def _data_gate(step: str, outputs: Mapping[str, Spec]) -> Judgement:
    from components.data_gate.executor import VERDICT_FILE
    from components.data_gate.verdict import Verdict

    found = Verdict.from_json(_text(outputs["verdict"], VERDICT_FILE))
    compared = [f"{what}: {how}" for what, how in found.comparisons.items()]
    return Judgement(
        step=step,
        headline="; ".join(["passed" if found.passed else "refused", *compared]),
        reasons=[finding.in_words() for finding in found.refusals],
        remarks=[f.in_words() for f in found.findings if f.level != "refuse"],
    )


def _model_gate(step: str, outputs: Mapping[str, Spec]) -> Judgement:
    from components.model_gate.verdict import VERDICT_FILE, Verdict

    found = Verdict.from_json(_text(outputs["blessing"], VERDICT_FILE))
    judged = "blessed" if found.passed else "refused"
    return Judgement(
        step=step,
        headline=f"{judged}, on {found.rows:,} eval rows; production: {found.production}",
        reasons=[check.in_words() for check in found.refusals],
        remarks=[check.in_words() for check in found.broken if check.level != "refuse"],
    )


def _canary(step: str, outputs: Mapping[str, Spec]) -> Judgement:
    from components.canary.record import RECORD_FILE, Record

    found = Record.from_json(_text(outputs["blessing"], RECORD_FILE))
    said = found.in_words()
    told = [finding.in_words() for finding in found.findings]
    return Judgement(step=step, headline=said, reasons=told or [said] * (not found.blessed))


def _pusher(step: str, outputs: Mapping[str, Spec]) -> Judgement:
    version = str(outputs["pushed_model"].get("metadata", {}).get("pushed_version", ""))
    headline = f"version {version} is pushed" if version else "nothing is pushed"
    return Judgement(step=step, headline=headline, version=version)


JUDGES: Final[Mapping[str, Callable[[str, Mapping[str, Spec]], Judgement]]] = {
    "AtomicPusher": _pusher,
    "Canary": _canary,
    "DataGate": _data_gate,
    "ModelGate": _model_gate,
}


def _text(artifact: Spec, name: str) -> str:
    return (Path(artifact["uri"]) / name).read_text("utf-8")
