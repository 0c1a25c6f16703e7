"""What a change of schema means: each edit of a small contract has its class."""

import re
from collections.abc import Callable

import pytest
from google.protobuf import text_format
from hypothesis import given
from hypothesis import strategies as st
from tensorflow_metadata.proto.v0 import schema_pb2

from pipeline.schema_contract.changes import Change
from pipeline.schema_contract.compare import Written, compare, compare_files, parse
from pipeline.schema_contract.edits import SetBound
from pipeline.schema_contract.parts import Parts

CONTRACT = """
# 고객 문의의 계약
feature {
  name: "본문" type: BYTES
  presence { min_fraction: 1.0 min_count: 1 }
  value_count { min: 1 max: 1 }
}
feature {
  name: "라벨" type: BYTES domain: "labels"
  presence { min_fraction: 1.0 min_count: 1 }
  distribution_constraints { min_domain_mass: 0.9 }
  drift_comparator { infinity_norm { threshold: 0.05 } }
  not_in_environment: "SERVING"
}
feature {
  name: "channel" type: BYTES domain: "channels"
  presence { min_fraction: 0.5 }
  not_in_environment: "SERVING"
}
feature { name: "stars" type: INT int_domain { min: 1 max: 5 } not_in_environment: "SERVING" }
feature {
  name: "본문/characters" type: FLOAT float_domain { min: 0 max: 1000 }
  drift_comparator { jensen_shannon_divergence { threshold: 0.01 } }
  not_in_environment: "SERVING"
}
string_domain { name: "labels" value: "환불 요청" value: "배송 지연" }
string_domain { name: "channels" value: "app" value: "web" }
default_environment: "TRAINING"
default_environment: "SERVING"
"""
PARTS = Parts(text="본문", label="라벨")

REQUIRED = 'feature { name: "region" type: BYTES presence { min_fraction: 1 } }'
OPTIONAL = 'feature { name: "region" type: BYTES }'
TRAINING_ONLY = (
    'feature { name: "region" type: BYTES presence { min_fraction: 1 } '
    'not_in_environment: "SERVING" }'
)

# (what is replaced, by what, class, what it is called), and the class of the way back
EDITS = [
    ('value: "배송 지연" }', "}", "breaking", "label-removed", "retraining"),
    ('value: "web" }', "}", "tightens", "values-removed", "retraining"),
    ('"본문" type: BYTES', '"본문" type: INT', "breaking", "type-changed", "breaking"),
    ("type: INT int_domain", "type: FLOAT int_domain", "breaking", "type-changed", "breaking"),
    ("string_domain", REQUIRED + "string_domain", "breaking", "feature-added", "retraining"),
    ("string_domain", OPTIONAL + "string_domain", "retraining", "feature-added", "retraining"),
    ("string_domain", TRAINING_ONLY + "string_domain", "retraining", "feature-added", "retraining"),
    (
        'max: 5 } not_in_environment: "SERVING"',
        "max: 5 } presence { min_fraction: 1 }",
        "breaking",
        "environment-added",
        "loosens",
    ),
    ("max: 5", "max: 10", "retraining", "domain-max-widened", "tightens"),
    ("min: 1 max: 5", "min: 2 max: 5", "tightens", "domain-min-narrowed", "retraining"),
    ("int_domain { min: 1 max: 5 }", "", "loosens", "domain-removed", "tightens"),
    (
        "int_domain { min: 1 max: 5 }",
        "int_domain { min: 1 max: 5 is_categorical: true }",
        "retraining",
        "domain-meaning-changed",
        "retraining",
    ),
    ("max: 1000", "max: 2000", "loosens", "domain-max-widened", "tightens"),
    (
        "threshold: 0.05",
        "threshold: 0.06",
        "loosens",
        "drift-comparator-infinity-norm-threshold-raised",
        "tightens",
    ),
    (
        "drift_comparator { infinity_norm { threshold: 0.05 } }",
        "",
        "loosens",
        "drift-comparator-infinity-norm-threshold-removed",
        "tightens",
    ),
    (
        "presence { min_fraction: 0.5 }",
        "presence { min_fraction: 0.4 }",
        "loosens",
        "presence-min-fraction-lowered",
        "tightens",
    ),
    ("presence { min_fraction: 0.5 }", "", "loosens", "presence-min-fraction-removed", "tightens"),
    (
        "distribution_constraints { min_domain_mass: 0.9 }",
        "distribution_constraints { min_domain_mass: 0.8 }",
        "loosens",
        "distribution-constraints-min-domain-mass-lowered",
        "tightens",
    ),
    (
        "distribution_constraints { min_domain_mass: 0.9 }",
        "",  # TFDV takes 1 where it is not set
        "tightens",
        "distribution-constraints-min-domain-mass-raised",
        "loosens",
    ),
    ("value_count { min: 1 max: 1 }", "", "loosens", "value-count-min-removed", "tightens"),
    (
        "value_count { min: 1 max: 1 }",
        "shape { dim { size: 1 } } # fixed",
        "breaking",
        "shape-changed",
        "breaking",
    ),
    (
        "type: INT int",
        "type: INT lifecycle_stage: ALPHA int",
        "loosens",
        "lifecycle-changed",
        "tightens",
    ),
    (
        "type: INT int",
        "type: INT lifecycle_stage: BETA int",
        "cosmetic",
        "lifecycle-changed",
        "cosmetic",
    ),
    (
        '"본문" type: BYTES',
        '"본문" type: BYTES lifecycle_stage: DEPRECATED',
        "breaking",  # TFX keeps it from the model
        "lifecycle-changed",
        "tightens",  # every client sends it already
    ),
    (
        '"라벨" type: BYTES',
        '"라벨" type: BYTES deprecated: true',
        "breaking",
        "lifecycle-changed",
        "tightens",
    ),
    (
        "string_domain",
        REQUIRED.replace("type", "lifecycle_stage: PLANNED type") + "string_domain",
        "retraining",  # no client need send it yet
        "feature-added",
        "retraining",
    ),
    (
        "type: FLOAT float_domain { min: 0 max: 1000 }",
        "type: FLOAT int_domain { min: 0 max: 1000 }",
        "loosens",  # no model reads a figure of the text
        "domain-replaced",
        "loosens",
    ),
    ('characters" type: FLOAT', 'characters" type: INT', "tightens", "type-changed", "tightens"),
    (
        'threshold: 0.01 } }\n  not_in_environment: "SERVING"',
        "threshold: 0.01 } }\n  presence { min_fraction: 1 }",
        "tightens",
        "environment-added",
        "loosens",
    ),
    (
        '{ name: "stars"',
        '{ name: "stars" unique_constraints { min: 1 max: 10 }',
        "tightens",
        "unique-constraints-max-set",
        "loosens",
    ),
    (
        '{ name: "stars"',
        '{ name: "stars" unique_constraints { }',  # TFDV takes 0 as the most
        "tightens",
        "unique-constraints-max-set",
        "loosens",
    ),
    (
        "type: INT int",
        'type: INT annotation { comment: "별점" } int',
        "cosmetic",
        "annotation-changed",
        "cosmetic",
    ),
    (
        "type: INT int",
        "type: INT sequence_metadata { joint_group: 'a' } int",
        "retraining",
        "other-changed",
        "retraining",
    ),
    ("# 고객 문의의 계약", "# 고객 문의의 계약, 새 설명", "cosmetic", "layout-changed", "cosmetic"),
    (
        'value: "환불 요청" value: "배송 지연"',
        'value: "배송 지연" value: "환불 요청"',
        "cosmetic",
        "layout-changed",
        "cosmetic",
    ),
    (
        'default_environment: "TRAINING"',
        'default_environment: "TRAINING" dataset_constraints { min_examples_count: 100 }',
        "tightens",
        "min-examples-count-set",
        "loosens",
    ),
    (
        'default_environment: "TRAINING"',
        'default_environment: "TRAINING" represent_variable_length_as_ragged: true',
        "retraining",
        "tensors-changed",
        "retraining",
    ),
]


def compared(old: str, new: str, *, parts: Parts = PARTS) -> list[Change]:
    was, now = (Written(text, parse(text, path="schema.pbtxt")) for text in (old, new))
    return compare_files(was, now, parts=(PARTS, parts))


def changes(old: str, new: str) -> list[tuple[str, str]]:
    return [(change.kind, change.what) for change in compared(old, new)]


@pytest.mark.parametrize(("was", "now", "kind", "what", "back"), EDITS)
def test_every_edit_has_its_class_there_and_back(
    was: str, now: str, kind: str, what: str, back: str
) -> None:
    assert was in CONTRACT
    edited = CONTRACT.replace(was, now, 1)
    assert (kind, what) in changes(CONTRACT, edited)
    assert kind == changes(CONTRACT, edited)[0][0]
    assert back == changes(edited, CONTRACT)[0][0]


def told(old: str, new: str) -> str:
    (change,) = compared(old, new)
    return change.in_words()


@pytest.mark.parametrize(
    ("limit", "kind", "event"), [(0.02, "loosens", "raised"), (0.005, "tightens", "lowered")]
)
def test_a_figure_of_the_text_that_is_new_in_the_schema_had_the_limit_of_the_gate(
    limit: float, kind: str, event: str
) -> None:
    path = "skew_comparator.jensen_shannon_divergence.threshold"
    edited = SetBound(feature="본문/tokens", path=path, value=limit).apply(CONTRACT)
    what = f"skew-comparator-jensen-shannon-divergence-threshold-{event}"
    assert changes(CONTRACT, edited) == [(kind, what)]


def test_messages_are_told_on_one_line_and_in_korean() -> None:
    edited = CONTRACT.replace("type: INT int", 'type: INT annotation { comment: "별점  둘" } int')
    assert '(before: none; after: comment: "별점  둘")' in told(CONTRACT, edited)
    shaped = CONTRACT.replace("type: INT int", "type: INT shape { dim { size: 1 } } int")
    assert "(before: none; after: shape { dim { size: 1 } })" in told(CONTRACT, shaped)


@pytest.mark.parametrize(
    ("was", "before", "after"),
    [
        ("threshold: 0.05", "0.1234567", "0.1234568"),
        ("threshold: 0.05", "0.05", "1"),
        ("max: 5", "9,223,372,036,854,775,807", "9,223,372,036,854,775,806"),
        ("max: 1000", "1,000.5", "1,000"),
        ("max: 1000", "0.1", "0.2"),
    ],
)
def test_numbers_that_differ_look_different(was: str, before: str, after: str) -> None:
    name = was.partition(":")[0]
    old, new = (
        CONTRACT.replace(was, f"{name}: {number.replace(',', '')}") for number in (before, after)
    )
    assert f"(before: {before}; after: {after})" in told(old, new)


def test_less_than_a_limit_that_is_implied_is_tighter() -> None:
    free = '{ name: "stars"'
    was = CONTRACT.replace(free, free + " unique_constraints { min: 1 max: 10 }")
    assert changes(was, was.replace("max: 10 }", "}")) == [
        ("tightens", "unique-constraints-max-lowered")
    ]


def test_a_planned_column_that_clients_must_send_from_now_on_is_breaking() -> None:
    planned = REQUIRED.replace("type", "lifecycle_stage: PLANNED type")
    found = changes(CONTRACT + planned, CONTRACT + REQUIRED)
    assert found == [("breaking", "lifecycle-changed")]
    asked_less = REQUIRED.replace("min_fraction: 1", "min_fraction: 0.5")
    assert sorted(changes(CONTRACT + planned, CONTRACT + asked_less)) == [
        ("breaking", "lifecycle-changed"),
        ("loosens", "presence-min-fraction-lowered"),
    ]


def test_a_text_that_is_deprecated_no_more_asks_nothing_new_of_clients() -> None:
    deprecated = CONTRACT.replace('"본문" type', '"본문" deprecated: true type')
    assert changes(deprecated, CONTRACT) == [("tightens", "lifecycle-changed")]


def test_a_figure_of_the_text_may_be_declared_with_its_limit_alone() -> None:
    figure = (
        'feature { name: "본문/tokens" type: INT '
        "drift_comparator { jensen_shannon_divergence { threshold: 0.5 } } }"
    )
    ((kind, _),) = changes(CONTRACT, CONTRACT + figure)
    assert kind == "loosens"


def test_a_schema_that_learns_of_serving_asks_no_more_of_clients_than_the_text() -> None:
    before = CONTRACT.replace('default_environment: "SERVING"', "")
    assert changes(before, CONTRACT) == [("tightens", "environment-added")]


def test_of_two_features_with_one_name_the_first_counts_as_for_tfdv() -> None:
    twin = 'feature { name: "stars" type: BYTES }'
    assert changes(CONTRACT, CONTRACT + twin) == [("cosmetic", "layout-changed")]
    assert changes(CONTRACT, twin + CONTRACT)[0] == ("breaking", "type-changed")


def test_text_and_label_are_not_both_renamed_to_one_column() -> None:
    old = 'feature { name: "본문" type: BYTES } feature { name: "라벨" type: BYTES }'
    found = changes(old, 'feature { name: "문의" type: BYTES }')
    assert found == [("breaking", "text-renamed"), ("breaking", "feature-removed")]


def test_an_unchanged_schema_has_no_change() -> None:
    assert changes(CONTRACT, CONTRACT) == []


def test_a_renamed_text_column_is_one_breaking_change_and_takes_its_figures_along() -> None:
    edited = CONTRACT.replace("본문", "문의 내용")
    now = Parts(text="문의 내용", label="라벨")
    (change,) = compared(CONTRACT, edited, parts=now)
    assert (change.kind, change.what) == ("breaking", "text-renamed")
    assert change.in_words() == (
        "'본문': the text column is renamed (before: 본문; after: 문의 내용): clients and files "
        "must name it so, and no run passes until the configuration does."
    )


def test_a_renamed_label_column_is_found_though_the_configuration_still_has_the_old_name() -> None:
    edited = CONTRACT.replace('"라벨"', '"유형"')
    assert changes(CONTRACT, edited) == [("retraining", "label-renamed")]


def test_what_changed_beside_a_rename_is_told_too() -> None:
    edited = CONTRACT.replace('"라벨"', '"유형"').replace("0.05", "0.2")
    found = [what for _, what in changes(CONTRACT, edited)]
    # A comparator is no part of what makes two columns alike.
    assert found == ["label-renamed", "drift-comparator-infinity-norm-threshold-raised"]


def test_a_text_column_that_went_for_another_kind_of_column_is_no_rename() -> None:
    edited = CONTRACT.replace('"본문" type: BYTES', '"문의" type: INT')
    assert ("breaking", "feature-removed") in changes(CONTRACT, edited)
    assert "text-renamed" not in [what for _, what in changes(CONTRACT, edited)]


def test_a_removed_label_is_told_with_its_consequence() -> None:
    edited = CONTRACT.replace('value: "배송 지연" }', "}")
    (change,) = compared(CONTRACT, edited)
    assert change.in_words() == (
        "'라벨': label '배송 지연' is removed (before: 2 labels; after: 1 label): the served "
        "model still answers with it, the next one never will, and the data gate refuses rows "
        "that have it."
    )


def test_an_id_depends_on_the_change_alone() -> None:
    edited = CONTRACT.replace('value: "배송 지연" }', "}")
    (change,) = compared(CONTRACT, edited)
    (again,) = compared("\n" + CONTRACT, edited)
    assert change.id == again.id
    assert re.fullmatch("label-removed-[0-9a-f]{8}", change.id)
    other = CONTRACT.replace('value: "환불 요청"', "")
    (different,) = compared(CONTRACT, other)
    assert different.id != change.id


def test_the_id_of_a_removed_label_stays_when_another_label_comes() -> None:
    """An acknowledgement must not fall because of a change that it is not about."""
    (alone,) = compared(CONTRACT, CONTRACT.replace('value: "배송 지연" }', "}"))
    both = compared(CONTRACT, CONTRACT.replace('value: "배송 지연" }', 'value: "교환" }'))
    assert [change.what for change in both] == ["label-removed", "label-added"]
    assert both[0].id == alone.id


def test_a_feature_without_its_domain_is_named() -> None:
    edited = CONTRACT.replace('domain: "labels"', 'domain: "라벨들"')
    with pytest.raises(
        ValueError, match=r"schema\.pbtxt: feature '라벨': the schema has no domain"
    ):
        changes(CONTRACT, edited)


def test_a_file_that_is_no_schema_is_told_with_its_line() -> None:
    with pytest.raises(ValueError, match=r"schema/a/schema\.pbtxt:2:1 .*feture"):
        parse('feature { name: "x" }\nfeture { }', path="schema/a/schema.pbtxt")


SCALARS: list[Callable[[schema_pb2.Feature], object]] = [
    lambda f: setattr(
        f, "type", schema_pb2.FLOAT if f.type != schema_pb2.FLOAT else schema_pb2.INT
    ),
    lambda f: setattr(f.presence, "min_fraction", 0.123),
    lambda f: setattr(f.presence, "min_count", 77),
    lambda f: setattr(f.value_count, "max", 9),
    lambda f: setattr(f.unique_constraints, "min", 3),
    lambda f: setattr(f.skew_comparator.normalized_abs_difference, "threshold", 0.3),
    lambda f: setattr(f.drift_comparator.jensen_shannon_divergence.source, "type", 1),
    lambda f: f.not_in_environment.append("TRAINING"),
    lambda f: f.url_domain.SetInParent(),
    lambda f: setattr(f.natural_language_domain, "vocabulary", "words"),
    lambda f: setattr(f.bool_domain, "true_value", "네"),
    lambda f: setattr(f, "deprecated", True),
    lambda f: f.annotation.tag.append("PII"),
    lambda f: setattr(f, "name", f.name + "2"),
    lambda f: f.value_counts.value_count.add(min=1),
]


@given(edit=st.sampled_from(SCALARS), number=st.integers(0, 4))
def test_no_edit_of_a_feature_passes_unseen(
    edit: Callable[[schema_pb2.Feature], object], number: int
) -> None:
    old = text_format.Parse(CONTRACT, schema_pb2.Schema())
    new = schema_pb2.Schema()
    new.CopyFrom(old)
    edit(new.feature[number])
    assert compare(old, new, parts=(PARTS, PARTS)) != []
    assert compare(new, old, parts=(PARTS, PARTS)) != []
