"""The configuration file: what is refused, how paths and variables are read, the round trip."""

from pathlib import Path
from typing import Any

import pytest
import yaml
from tfx.orchestration.pipeline import Pipeline

from pipeline.config import Config, ConfigError, load

PRESETS = Path(__file__).resolve().parents[2] / "pipeline" / "presets"
SMALLEST: dict[str, Any] = {
    "name": "reviews",
    "data": {"train": "리뷰.csv", "columns": {"text": "본문", "label": "감성"}},
    "schema": "schema.pbtxt",
}


@pytest.fixture(autouse=True)
def _no_data(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MALMOI_DATA", raising=False)


def write(folder: Path, tree: Any = SMALLEST) -> Path:
    path = folder / "malmoi.yaml"
    path.write_text(yaml.safe_dump(tree, allow_unicode=True), "utf-8")
    return path


def complaint(path: Path, *overrides: str) -> str:
    with pytest.raises(ConfigError) as caught:
        load(path, overrides)
    return str(caught.value)


def test_every_fault_is_listed_with_its_path_at_once(tmp_path: Path) -> None:
    tree = {
        "name": "리뷰",
        "data": {"columns": {"text": "본문", "label": "감성", "txt": 1}, "eval_fraction": 2},
        "schema": "schema.pbtxt",
        "training": {"epochs": 0, "epoch": 3},
        "gates": {"model": {"accuracy": "high"}, "data": {"labels": {"level": "shout"}}},
    }
    lines = complaint(write(tmp_path, tree)).splitlines()
    assert lines[0] == f"{tmp_path / 'malmoi.yaml'} is not a valid configuration:"
    assert [line.split(":")[0].strip() for line in lines[1:]] == [
        "name",
        "data.train",
        "data.columns.txt",
        "data.eval_fraction",
        "training.epochs",
        "training.epoch",
        "gates.data.labels.level",
        "gates.model.accuracy",
    ]
    assert "  training.epochs: input should be greater than or equal to 1, not 0" in lines
    assert "  data.train: is missing" in lines


@pytest.mark.parametrize("key", ["epochs", "data.trian", "training.embeding_dim", "gates.modell.x"])
def test_an_unknown_key_is_refused_by_name(tmp_path: Path, key: str) -> None:
    told = complaint(write(tmp_path), f"{key}=1")
    assert f"{key.removesuffix('.x')}: no such key" in told


@pytest.mark.parametrize(
    ("key", "meant"),
    [
        ("nam", "name"),
        ("shema", "schema"),
        ("training.epoch", "training.epochs"),
        ("data.columns.txt", "data.columns.text"),
        ("gates.data.leakage.limits", "gates.data.leakage.limit"),
        ("kubeflow.steps.Trainer.cpus", "kubeflow.steps.Trainer.cpu"),
    ],
)
def test_for_an_unknown_key_the_nearest_of_its_section_is_named(
    tmp_path: Path, key: str, meant: str
) -> None:
    assert f"  {key}: no such key; did you mean {meant}?" in complaint(
        write(tmp_path), f"{key}=1"
    ).split("\n")


def test_for_a_key_like_no_other_none_is_named(tmp_path: Path) -> None:
    assert complaint(write(tmp_path), "training.zzz=1").endswith("training.zzz: no such key")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "must hold sections such as `data:`, not None"),
        (b"- a\n", "must hold sections such as `data:`, not ['a']"),
        (b"name: [", "cannot be read"),
        (
            "name: 리뷰".encode("cp949"),
            "cannot be read: byte 7 is not UTF-8; convert the file first, such as with "
            "iconv -f cp949 -t utf-8",
        ),
    ],
)
def test_a_file_that_is_no_tree_of_sections_is_refused(
    tmp_path: Path, content: bytes, message: str
) -> None:
    path = tmp_path / "malmoi.yaml"
    path.write_bytes(content)
    assert f"{path} {message}" in complaint(path)


@pytest.mark.parametrize(
    "content",
    [
        "text,label\n홍길동 900101-1234567 환불해 주세요,환불\n",
        '"홍길동 900101-1234567",환불\n',
        '{"text": "홍길동 900101-1234567"}\n{"text": "홍길동"}\n',
        "홍길동\x00900101-1234567\n",
    ],
    ids=["csv", "quoted", "json lines", "binary"],
)
def test_the_data_in_place_of_the_configuration_is_not_shown_but_asked_about(
    tmp_path: Path, content: str
) -> None:
    path = tmp_path / "reviews.csv"
    path.write_text(content, "utf-8")
    told = complaint(path)
    assert told.endswith(f"; is it the data? `malmoi init {path}` writes a configuration for it")
    assert "홍길동" not in told


@pytest.mark.parametrize("name", ["-a", "a b", "A", "", "a" * 64])
def test_a_name_that_tfx_or_a_server_would_not_take_is_refused(tmp_path: Path, name: str) -> None:
    assert "name: string should match" in complaint(write(tmp_path, SMALLEST | {"name": name}))


def test_the_longest_name_is_one_for_tfx(tmp_path: Path) -> None:
    name = load(write(tmp_path, SMALLEST | {"name": "a" * 63}), []).name
    assert Pipeline(pipeline_name=name).pipeline_info.pipeline_name == name


def test_of_a_long_value_the_beginning_is_shown(tmp_path: Path) -> None:
    long = "가" * 10_000
    for told in (
        complaint(write(tmp_path, long)),
        complaint(write(tmp_path, SMALLEST | {"name": long})),
        complaint(write(tmp_path, SMALLEST | {"name": long}), "name.first=x"),
    ):
        assert "가" * 59 + " ..." in told
        assert "가" * 60 not in told


def test_a_file_that_is_not_there_is_told_with_the_command_that_writes_one(tmp_path: Path) -> None:
    assert complaint(tmp_path / "없음.yaml") == (
        f"no file {tmp_path / '없음.yaml'}; `malmoi init DATA.csv` writes a first one"
    )


def test_set_changes_nested_values_and_makes_new_sections(tmp_path: Path) -> None:
    config = load(
        write(tmp_path),
        [
            "training.epochs=3",
            "gates.model={accuracy: 0.7}",
            "data.unlabelled.path=더.csv",
            "data.columns.side={channel: str}",
            "name=other",
        ],
    )
    assert (config.training.epochs, config.gates.model.accuracy.limit) == (3, 0.7)
    assert config.data.unlabelled is not None
    assert config.data.unlabelled.path == str(tmp_path / "더.csv")
    assert config.data.columns.side == {"channel": "str"}
    assert config.name == "other"


def test_a_rule_given_in_part_keeps_the_rest_of_its_default(tmp_path: Path) -> None:
    default = load(write(tmp_path)).gates.data
    changed = load(write(tmp_path), ["gates.data.quarantined.level=off"]).gates.data
    assert (default.quarantined.level, changed.quarantined.level) == ("refuse", "off")
    assert changed.quarantined.limit == default.quarantined.limit
    assert changed.labels == default.labels


@pytest.mark.parametrize("override", ["training.epochs", "=3", ".epochs=3", "training..epochs=3"])
def test_a_set_without_key_or_value_is_refused_with_an_example(
    tmp_path: Path, override: str
) -> None:
    assert complaint(write(tmp_path), override) == (
        f"--set takes section.key=value, such as training.epochs=3, not {override!r}"
    )


def test_a_set_below_a_value_or_with_broken_yaml_is_refused(tmp_path: Path) -> None:
    assert "name is 'reviews', not a section" in complaint(write(tmp_path), "name.first=x")
    assert "the value is not YAML" in complaint(write(tmp_path), "training={")


def test_a_set_of_text_that_is_not_yaml_is_told_how_to_quote_it(tmp_path: Path) -> None:
    told = complaint(write(tmp_path), "data.train=*.csv").splitlines()
    assert told[-1] == """  If it is text, quote it twice: --set 'data.train="*.csv"'"""
    assert load(write(tmp_path), ['data.train="*.csv"']).data.train == str(tmp_path / "*.csv")


def test_set_fills_a_section_that_stands_empty(tmp_path: Path) -> None:
    data = SMALLEST["data"] | {"unlabelled": None}
    path = write(tmp_path, SMALLEST | {"data": data, "training": None})
    config = load(path, ["training.epochs=3", "data.unlabelled.path=/more.csv"])
    assert config.training.epochs == 3
    assert config.data.unlabelled is not None


def test_a_value_in_place_of_a_section_is_refused_in_plain_words(tmp_path: Path) -> None:
    told = complaint(write(tmp_path), "training=3", "gates.data.leakage=high", "serving=null")
    assert told.splitlines()[1:] == [
        "  training: must be a section, not 3",
        "  gates.data.leakage: must be a section, not 'high'",
    ]


def test_a_key_that_stands_twice_is_refused_with_its_line(tmp_path: Path) -> None:
    path = write(tmp_path)
    with path.open("a", encoding="utf-8") as file:
        file.write("training: {epochs: 3}\ntraining: {units: 8}\n")
    assert "the key 'training' stands twice" in complaint(path)


@pytest.mark.parametrize("key", ["output", "schema"])
def test_what_must_lie_on_this_machine_is_refused_elsewhere(tmp_path: Path, key: str) -> None:
    told = complaint(write(tmp_path), f"{key}=gs://bucket/a")
    assert told.endswith(f"  {key}: must lie on this machine, not at gs://bucket/a")


@pytest.mark.parametrize("key", ["output", "schema"])
@pytest.mark.parametrize("sign", [r"\x00", r"\ud800"])
def test_a_path_that_no_system_takes_is_refused(tmp_path: Path, key: str, sign: str) -> None:
    told = complaint(write(tmp_path), f'{key}="리뷰{sign}"')
    assert f"  {key}: holds '{sign}', which no path can: " in told


def test_a_span_is_counted_in_tens_with_leading_zeros_too(tmp_path: Path) -> None:
    path = write(tmp_path)
    assert load(path, ["data.train=리뷰-{SPAN:3}.csv", "data.span=010"]).data.span == 10


def test_a_tilde_that_is_nobodys_home_is_part_of_the_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", "/home/ai")
    config = load(write(tmp_path), ["data.train=~$리뷰.csv", "output=~/output"])
    assert config.data.train == str(tmp_path / "~$리뷰.csv")
    assert config.output == "/home/ai/output"


def test_relative_paths_start_at_the_folder_of_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "설정"
    folder.mkdir()
    unlabelled = {"path": "../more.csv", "id": "id", "exclude": ["test.csv", "gs://b/test.csv"]}
    tree = SMALLEST | {"data": SMALLEST["data"] | {"eval": "/eval.csv", "unlabelled": unlabelled}}
    monkeypatch.chdir("/")
    config = load(write(folder, tree))
    assert config.data.train == str(folder / "리뷰.csv")
    assert config.data.eval == "/eval.csv"
    assert config.data.unlabelled is not None
    assert config.data.unlabelled.path == str(tmp_path / "more.csv")
    assert config.data.unlabelled.exclude == (str(folder / "test.csv"), "gs://b/test.csv")
    assert config.schema_file == str(folder / "schema.pbtxt")
    assert config.models_dir == folder / "output" / "models" / "reviews"


@pytest.mark.parametrize("exclude", [None, 3, "test.csv", [4]])
def test_an_exclude_that_is_no_list_of_paths_is_a_fault_among_others(
    tmp_path: Path, exclude: Any
) -> None:
    data = SMALLEST["data"] | {"unlabelled": {"path": "more.csv", "exclude": exclude}}
    told = complaint(write(tmp_path, SMALLEST | {"data": data, "nmae": "x"}))
    assert "data.unlabelled.exclude" in told
    assert "nmae: no such key" in told


def test_variables_stand_in_paths_with_or_without_a_default(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MALMOI_ROWS", str(tmp_path / "rows"))
    monkeypatch.delenv("MALMOI_OUT", raising=False)
    config = load(
        write(tmp_path),
        ["data.train=${MALMOI_ROWS}/a.csv", "output=${MALMOI_OUT:-/tmp/out}/${MALMOI_OUT:-}x"],
    )
    assert config.data.train == str(tmp_path / "rows" / "a.csv")
    assert config.output == "/tmp/out/x"


def test_an_empty_variable_takes_its_default_as_in_a_shell(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MALMOI_OUT", "")
    assert load(write(tmp_path), ["output=${MALMOI_OUT:-/tmp/out}"]).output == "/tmp/out"


def test_all_unset_variables_are_named_at_once(tmp_path: Path) -> None:
    told = complaint(write(tmp_path), "data.train=${NO_ROWS}/a", "beam_args=['--x=${NO_FLAG}']")
    assert told.splitlines() == [
        "the configuration uses ${NO_FLAG}, which is not set; type: export NO_FLAG=/path",
        "the configuration uses ${NO_ROWS}, which is not set; type: export NO_ROWS=/path",
    ]


def test_a_configuration_written_as_yaml_reads_the_same_elsewhere(tmp_path: Path) -> None:
    overrides = [
        "data.unlabelled={path: more.csv, exclude: [test.csv]}",
        "data.columns.id=id",
        "data.columns.side={채널: str}",
        "beam_args=[--runner=FlinkRunner]",
        "gates.data.quarantined={level: warn, limit: 0.2}",
        "serving.rest_port=0",
    ]
    config = load(write(tmp_path), overrides)
    elsewhere = tmp_path / "runs" / "1" / "config.yaml"
    elsewhere.parent.mkdir(parents=True)
    elsewhere.write_text(config.to_yaml(), "utf-8")
    assert load(elsewhere) == config
    assert "리뷰.csv" in config.to_yaml()


@pytest.mark.parametrize("preset", sorted(PRESETS.glob("*.yaml")), ids=lambda path: path.stem)
def test_every_preset_loads_and_names_a_schema_that_is_there(
    preset: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MALMOI_DATA", "/data")
    config = load(preset)
    assert config.name == preset.stem
    assert Path(config.schema_file).is_file()


def test_every_field_says_what_it_is() -> None:
    def fields(model: Any, where: str) -> list[str]:
        silent = []
        for name, field in model.model_fields.items():
            silent += [] if field.description else [f"{where}.{name}"]
            if hasattr(field.annotation, "model_fields"):
                silent += fields(field.annotation, f"{where}.{name}")
        return silent

    assert fields(Config, "config") == []
