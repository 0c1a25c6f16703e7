"""The section `gates.model`: rules in full, in part or by their limit alone."""

import math

import pytest
from pydantic import ValidationError

from components.model_gate.settings import ModelGateSettings


def test_a_bare_number_is_the_rules_limit() -> None:
    settings = ModelGateSettings.model_validate({"accuracy": 0.85, "size_mb": 40})
    assert (settings.accuracy.level, settings.accuracy.limit) == ("refuse", 0.85)
    assert settings.size_mb.limit == 40
    assert settings.macro_f1 == ModelGateSettings().macro_f1


def test_a_bare_word_is_the_rules_level() -> None:
    settings = ModelGateSettings.model_validate({"label_loss": "warn", "size_mb": "off"})
    defaults = ModelGateSettings()
    assert settings.label_loss == defaults.label_loss.model_copy(update={"level": "warn"})
    assert settings.size_mb == defaults.size_mb.model_copy(update={"level": "off"})


def test_a_rule_given_in_part_keeps_the_rest() -> None:
    settings = ModelGateSettings.model_validate({"baseline_gain": {"level": "refuse"}})
    assert settings.baseline_gain.level == "refuse"
    assert settings.baseline_gain.limit == ModelGateSettings().baseline_gain.limit


def test_settings_survive_the_way_through_json() -> None:
    settings = ModelGateSettings.model_validate({"label_loss": 0.2, "confidence": 0.9})
    assert ModelGateSettings.model_validate_json(settings.model_dump_json()) == settings


@pytest.mark.parametrize(
    "given",
    [
        {"accuracy": 1.2},
        {"accuracy": -0.1},
        {"accuracy": True},
        {"accuracy": "high"},
        {"accuracy": {"level": "shout"}},
        {"accuracy": {"limits": 1}},
        {"acuracy": 0.8},
        {"confidence": 1.0},
        {"size_mb": -1},
        {"size_mb": math.inf},
        {"latency_ratio": {"limit": math.inf}},
    ],
)
def test_what_is_no_setting_is_refused(given: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        ModelGateSettings.model_validate(given)
