"""The `gates.model` section of the configuration: each rule with its level and its limit."""

from typing import Any

from pydantic import BaseModel, ConfigDict, Field, model_validator

from components.gate_rules import LimitedRule, completed


class ShareRule(LimitedRule):
    """A rule whose figure lies between 0 and 1."""

    limit: float = Field(ge=0.0, le=1.0, description="Where the rule begins to complain.")


class ModelGateSettings(BaseModel):
    """The rules that a model must pass, on the eval split, before it is pushed.

    A bare number in place of a rule is its limit, as in `accuracy: 0.85`, a bare word its level.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    confidence: float = Field(
        0.95,
        ge=0.5,
        lt=1.0,
        description="Of every interval, two-sided; a rule looks at one of its ends.",
    )
    accuracy: ShareRule = Field(
        ShareRule(limit=0.5),
        description="Least share of right answers, by the interval's lower end; below a half, more "
        "answers are wrong than right.",
    )
    macro_f1: ShareRule = Field(
        ShareRule(limit=0.0),
        description="Least mean of the labels' F1, by the interval's lower end; 0: whoever knows "
        "the labels sets it.",
    )
    accuracy_loss: ShareRule = Field(
        ShareRule(limit=0.005),
        description="Accuracy that may be lost against production, refused where the interval of "
        "the difference lies beyond it; two trainings of one network differ by as much.",
    )
    macro_f1_loss: ShareRule = Field(
        ShareRule(limit=0.01),
        description="Macro F1 that may be lost likewise; rare labels make it move twice as much.",
    )
    label_loss: ShareRule = Field(
        ShareRule(limit=0.05),
        description="Accuracy that the rows of one label may lose, where they are enough to tell; "
        "labels trade rows with each other from one training to the next.",
    )
    length_loss: ShareRule = Field(
        ShareRule(limit=0.03), description="The same for the texts of one length."
    )
    side_loss: ShareRule = Field(
        ShareRule(limit=0.03), description="The same for one value of a side column (str or int)."
    )
    script_loss: ShareRule = Field(
        ShareRule(limit=0.03), description="The same for the texts written mainly in one script."
    )
    calibration: ShareRule = Field(
        ShareRule(level="warn", limit=0.1),
        description="Most expected calibration error that is not chance; beyond, a probability of "
        "0.9 may mean 0.8.",
    )
    size_mb: LimitedRule = Field(
        LimitedRule(limit=500),
        description="Most megabytes of the export: a server holds two versions while it changes "
        "from one to the other, and many have 2 GB.",
    )
    size_ratio: LimitedRule = Field(
        LimitedRule(level="warn", limit=2),
        description="Most times the size of production's export; more was hardly meant.",
    )
    latency_ratio: LimitedRule = Field(
        LimitedRule(limit=1.5),
        description="Most times production's latency at batch 1, by the interval's lower end; the "
        "noise of a shared machine stays below.",
    )
    baseline_gain: ShareRule = Field(
        ShareRule(level="warn", limit=0.005),
        description="Accuracy or macro F1 that must be won over each simple baseline, by the "
        "interval's lower end; for less, a simpler model would do.",
    )

    @model_validator(mode="before")
    @classmethod
    def _complete(cls, given: Any) -> Any:
        """Let a rule be given in part: what is left out keeps its default."""
        return completed(cls, given)
