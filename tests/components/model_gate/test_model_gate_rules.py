"""Every rule of the model gate from both sides, on predictions whose answer is known."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from components.model_gate.evidence import Evidence, Export, Latency, numbered
from components.model_gate.rules import judge
from components.model_gate.settings import ModelGateSettings
from components.model_gate.slices import Slice, by_label
from components.model_gate.verdict import Check, Verdict

LABELS = ["교환", "배송", "취소", "환불"]
ROWS = 2_000
MB = 1_000_000


def truth() -> np.ndarray:
    """Ten rows of each label in turn, so that every tenth row takes all labels in turn."""
    return np.arange(ROWS) // 10 % len(LABELS)


def wrong(actual: np.ndarray, rows: Sequence[int] | np.ndarray) -> np.ndarray:
    """Answers that are right but for these rows, which get the next label."""
    answers = actual.copy()
    answers[rows] = (actual[rows] + 1) % len(LABELS)
    return answers


def every(step: int, start: int = 0) -> np.ndarray:
    return np.arange(start, ROWS, step)


def export(predicted: np.ndarray, *, size_mb: float = 10) -> Export:
    return Export(predicted=predicted, size_bytes=int(size_mb * MB), name="model 7")


def seconds(times: float) -> Latency:
    spread = np.random.default_rng(3).gamma(20, 0.0002, (2, 200))
    return Latency(candidate=spread[0] * times, production=spread[1])


def evidence(candidate: np.ndarray, production: np.ndarray | None = None, **other: Any) -> Evidence:
    """All that is known, harmless where the test does not say otherwise."""
    actual = truth()
    share = float((candidate == actual).mean())
    both: dict[str, Any] = {
        "actual": actual,
        "candidate": export(candidate),
        "probabilities": np.full(ROWS, share),
        "production": None if production is None else export(production),
        "latency": None if production is None else seconds(1.0),
        "baselines": {},
        "slices": list(by_label([LABELS[label] for label in actual])),
    }
    return Evidence(**(both | other))


def verdict(found: Evidence, **settings: Any) -> Verdict:
    return judge(found, ModelGateSettings.model_validate(settings))


def check(found: Evidence, rule: str, subject: str = "", **settings: Any) -> Check:
    (only,) = (
        c for c in verdict(found, **settings).checks if c.rule == rule and subject in c.subject
    )
    return only


def refusing(found: Evidence, **settings: Any) -> set[str]:
    return {c.rule for c in verdict(found, **settings).refusals}


GOOD = wrong(truth(), every(10))


def test_a_good_model_against_one_as_good_passes_every_rule() -> None:
    found = verdict(evidence(GOOD, wrong(truth(), every(10, 5))))
    assert found.passed
    assert found.broken == ()
    assert {c.state for c in found.checks} == {"kept"}


@pytest.mark.parametrize(("limit", "state"), [(0.885, "kept"), (0.89, "broken"), (0.9, "broken")])
def test_accuracy_passes_by_the_lower_end_and_not_by_the_point(limit: float, state: str) -> None:
    found = check(evidence(GOOD), "accuracy", accuracy=limit)
    assert (found.state, found.figure) == (state, "0.9000 [0.8861, 0.9124]")
    assert f"{limit:g}" in found.sentence


@pytest.mark.parametrize(
    ("sure", "told"), [(0.95, "95%"), (0.99, "99%"), (0.995, "99.5%"), (0.999, "99.9%")]
)
def test_the_confidence_is_told_as_it_was_set(sure: float, told: str) -> None:
    for rule in ("accuracy", "macro_f1"):
        assert f"with {told} confidence" in check(evidence(GOOD), rule, confidence=sure).sentence


@pytest.mark.parametrize(("limit", "state"), [(0.88, "kept"), (0.9, "broken")])
def test_macro_f1_passes_by_the_lower_end_and_not_by_the_point(limit: float, state: str) -> None:
    found = check(evidence(GOOD), "macro_f1", macro_f1=limit)
    assert found.state == state
    assert found.figure.startswith("0.9000 [0.8")


def test_a_deliberately_worse_model_is_refused_by_the_paired_test_in_words() -> None:
    found = evidence(wrong(truth(), every(5)), GOOD)
    assert refusing(found) == {"accuracy_loss", "macro_f1_loss", "label_loss"}
    told = check(found, "accuracy_loss")
    assert told.figure.startswith("-0.1000 [-0.1")
    assert "worse than production beyond the margin of 0.005" in told.sentence
    assert "0 rows won, 200 lost" in told.sentence
    assert "keep production" in told.in_words()


def test_a_loss_within_the_margin_passes_as_not_worse() -> None:
    found = check(evidence(wrong(truth(), [*every(10), 1, 2]), GOOD), "accuracy_loss")
    assert found.state == "kept"
    assert "shown to be no worse than production by more than 0.005" in found.sentence


def test_a_loss_that_chance_explains_passes_as_not_shown_to_be_worse() -> None:
    swapped = wrong(truth(), [*every(10, 1)[:170], *every(10)[:45]])
    found = check(evidence(swapped, GOOD), "accuracy_loss")
    assert found.state == "kept"
    assert found.figure.startswith("-0.0075 [")
    assert "not shown to be worse than production by more than 0.005" in found.sentence


def test_a_better_model_is_said_to_be_better() -> None:
    found = evidence(wrong(truth(), every(20)), GOOD)
    assert verdict(found).passed
    assert "shown to be better than production" in check(found, "accuracy_loss").sentence
    assert "shown to be better than production" in check(found, "macro_f1_loss").sentence


@pytest.mark.parametrize(("margin", "refused"), [(0.005, True), (0.12, False)])
def test_the_tolerated_loss_is_the_settings(margin: float, refused: bool) -> None:
    found = evidence(wrong(truth(), every(5)), GOOD)
    kept = refusing(found, accuracy_loss=margin, macro_f1_loss=margin, label_loss=0.5)
    assert kept == ({"accuracy_loss", "macro_f1_loss"} if refused else set())


def test_permuted_labels_are_refused() -> None:
    permuted = np.random.default_rng(5).permutation(GOOD)
    found = evidence(permuted, GOOD)
    assert refusing(found) >= {"accuracy", "accuracy_loss", "macro_f1_loss", "label_loss"}
    assert "accuracy" in refusing(evidence(permuted))


def falling_on_one_label() -> Evidence:
    """Right on all rows but a quarter of one label's, where production errs in a tenth of all."""
    one = np.flatnonzero(truth() == LABELS.index("환불"))
    return evidence(wrong(truth(), one[::4]), GOOD)


def test_a_model_better_on_average_and_worse_on_one_label_is_refused_by_that_label() -> None:
    found = falling_on_one_label()
    assert "shown to be better" in check(found, "accuracy_loss").sentence
    (refusal,) = verdict(found).refusals
    assert (refusal.rule, refusal.subject) == ("label_loss", "label '환불'")
    assert "label '환불' went from " in refusal.sentence
    assert "fallen beyond the margin of 0.05" in refusal.sentence


def test_a_margin_of_the_slices_own_lets_it_pass() -> None:
    assert verdict(falling_on_one_label(), label_loss=0.5).passed
    assert verdict(falling_on_one_label(), label_loss={"level": "off"}).passed


@pytest.mark.parametrize("part", ["label", "length", "side", "script"])
@pytest.mark.parametrize(("rows", "state"), [(4, "not judged"), (400, "broken")])
def test_a_slice_is_judged_where_it_is_large_enough_to_tell(
    part: Any, rows: int, state: str
) -> None:
    one = Slice(part=part, name=f"{part} X", rows=np.arange(rows))
    found = evidence(wrong(truth(), one.rows), truth(), slices=[one])
    (told,) = (c for c in verdict(found).checks if c.rule == f"{part}_loss")
    assert told.state == state
    assert f"{part} X" in told.sentence


@pytest.mark.parametrize(("margin", "loss"), [(0.05, 0.5), (0.25, 1.0), (0.5, 1.0)])
def test_a_small_slice_names_the_loss_that_it_could_not_tell(margin: float, loss: float) -> None:
    one = Slice(part="label", name="label X", rows=np.arange(2))
    told = check(evidence(GOOD, GOOD, slices=[one]), "label_loss", label_loss=margin)
    assert told.sentence.startswith(f"too few rows to tell a loss of {loss:g} from the margin, ")


def test_many_slices_raise_no_alarm_where_two_models_are_alike() -> None:
    random = np.random.default_rng(1)
    slices = [Slice(part="side", name=f"channel {n}", rows=every(40, n)) for n in range(40)]
    for _ in range(5):
        ours, theirs = (wrong(truth(), random.choice(ROWS, 200, replace=False)) for _ in "ab")
        assert "side_loss" not in refusing(evidence(ours, theirs, slices=slices))


def test_overconfident_probabilities_are_warned_of() -> None:
    sure = evidence(GOOD, probabilities=np.full(ROWS, 0.999))
    assert check(sure, "calibration", calibration=0.05).state == "broken"
    assert verdict(sure, calibration=0.05).passed
    assert check(sure, "calibration", calibration=0.1).state == "kept"
    assert refusing(sure, calibration={"level": "refuse", "limit": 0.05}) == {"calibration"}


def test_a_row_without_a_probability_does_not_pass_as_calibrated() -> None:
    probabilities = np.full(ROWS, 0.9)
    probabilities[7] = np.nan
    assert check(evidence(GOOD, probabilities=probabilities), "calibration").state == "broken"


def test_one_row_shows_neither_a_gain_nor_a_loss() -> None:
    one, other = np.array([0]), np.array([1])
    right = replace(
        evidence(GOOD, GOOD),
        actual=one,
        candidate=export(one),
        production=export(other),
        probabilities=np.ones(1),
        baselines={"majority": other},
        slices=[],
    )
    assert check(right, "macro_f1", macro_f1=0.5).state == "broken"
    assert check(right, "baseline_gain").state == "broken"
    wrong_one = replace(right, candidate=export(other), production=export(one))
    assert check(wrong_one, "macro_f1_loss").state == "kept"


def test_a_calibration_error_that_chance_explains_is_no_fault() -> None:
    few = np.arange(40)
    whole = evidence(GOOD)
    small = replace(
        whole,
        actual=whole.actual[few],
        candidate=export(GOOD[few]),
        probabilities=np.full(40, 0.8),
        slices=[],
    )
    found = check(small, "calibration", calibration=0.01)
    assert found.state == "kept"
    assert "may show as much on so few rows" in found.sentence


@pytest.mark.parametrize(("size_mb", "state"), [(499.0, "kept"), (501.0, "broken")])
def test_an_export_beyond_the_limit_is_refused(size_mb: float, state: str) -> None:
    found = check(replace(evidence(GOOD), candidate=export(GOOD, size_mb=size_mb)), "size_mb")
    assert (found.state, found.level) == (state, "refuse")
    assert found.figure == f"{size_mb:.1f} MB"


@pytest.mark.parametrize(("size_mb", "state"), [(19.0, "kept"), (21.0, "broken")])
def test_an_export_twice_productions_is_warned_of(size_mb: float, state: str) -> None:
    found = check(
        replace(evidence(GOOD, GOOD), candidate=export(GOOD, size_mb=size_mb)), "size_ratio"
    )
    assert (found.state, found.level) == (state, "warn")
    assert found.figure == f"{size_mb / 10:.2f} times"


@pytest.mark.parametrize(("times", "refused"), [(0.5, set()), (1.4, set()), (2, {"latency_ratio"})])
def test_a_slow_model_is_refused_by_its_latency(times: float, refused: set[str]) -> None:
    assert refusing(evidence(GOOD, GOOD, latency=seconds(times))) == refused


def test_a_latency_that_wavers_about_the_limit_is_not_refused() -> None:
    found = check(evidence(GOOD, GOOD, latency=seconds(1.52)), "latency_ratio")
    assert found.state == "kept"


def test_a_model_that_beats_the_baselines_is_worth_it() -> None:
    simple = {"majority": np.zeros(ROWS, np.int64), "linear_svm": wrong(truth(), every(7))}
    found = evidence(GOOD, baselines=simple)
    assert [check(found, "baseline_gain", name).state for name in simple] == ["kept", "kept"]
    assert check(found, "baseline_gain", "linear_svm").sentence.endswith("worth it")


def test_where_a_baseline_is_as_good_a_simpler_model_would_do() -> None:
    found = evidence(GOOD, baselines={"linear_svm": wrong(truth(), every(10, 3))})
    told = check(found, "baseline_gain")
    assert (told.state, told.level) == ("broken", "warn")
    assert "a simpler model would do" in told.sentence
    assert verdict(found).passed
    assert refusing(found, baseline_gain={"level": "refuse"}) == {"baseline_gain"}


def test_a_gain_smaller_than_the_margin_is_not_enough() -> None:
    found = evidence(GOOD, baselines={"linear_svm": wrong(truth(), [*every(10), *range(1, 36, 2)])})
    assert check(found, "baseline_gain", baseline_gain=0.0).state == "kept"
    assert check(found, "baseline_gain", baseline_gain=0.02).state == "broken"


def test_a_gain_in_macro_f1_alone_is_one() -> None:
    rare = np.where(np.arange(ROWS) % 20 == 0, 1, 0)
    ours = rare.copy()
    ours[every(20, 1)[:100]] = 1
    found = replace(
        evidence(GOOD, baselines={"majority": np.zeros(ROWS, np.int64)}),
        actual=rare,
        candidate=export(ours),
        slices=[],
    )
    assert check(found, "baseline_gain").figure.startswith("+0.0000")
    assert check(found, "baseline_gain").state == "kept"


def test_without_production_nothing_is_compared_and_that_is_said() -> None:
    found = verdict(evidence(GOOD))
    assert found.production == (
        "no baseline yet: no other model is known to have served before this one"
    )
    silent = {c.rule for c in found.checks if c.state == "not judged"}
    assert silent == {
        *("accuracy_loss", "macro_f1_loss", "size_ratio", "latency_ratio"),
        *("label_loss", "length_loss", "side_loss", "script_loss"),
    }
    assert all("no baseline yet" in c.sentence for c in found.checks if c.rule in silent)
    assert found.passed


def test_a_rule_that_is_off_is_not_in_the_verdict() -> None:
    rules = set(ModelGateSettings.model_fields) - {"confidence"}
    off = {name: {"level": "off"} for name in rules}
    assert verdict(evidence(wrong(truth(), every(2)), GOOD), **off).checks == ()


def test_a_rule_that_warns_lets_the_model_pass() -> None:
    found = verdict(evidence(GOOD), accuracy={"level": "warn", "limit": 0.99})
    assert found.passed
    assert [c.rule for c in found.broken] == ["accuracy"]


def test_a_label_that_one_model_alone_knows_is_matched_by_name() -> None:
    actual, ours, theirs = numbered(["환불", "칭찬"], ["환불", "칭찬"], ["환불", "기타"])
    assert (actual == ours).tolist() == [True, True]
    assert (actual == theirs).tolist() == [True, False]
