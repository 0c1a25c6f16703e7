"""The documents say what the code does."""

import re
import subprocess
from pathlib import Path

import pytest
from pydantic import BaseModel

from components.data_gate.settings import DataGateSettings
from components.gate_rules import Rule
from components.model_gate.settings import ModelGateSettings
from pipeline import config, reference

ROOT = Path(__file__).resolve().parent.parent
PRESETS = sorted((ROOT / "pipeline" / "presets").glob("*.yaml"))


def test_the_configuration_page_is_the_rendered_one() -> None:
    page = (ROOT / "docs" / "configuration.md").read_text("utf-8")

    assert page == reference.render(), "python -m pipeline.reference > docs/configuration.md"


def test_what_a_rule_takes_is_said_once_and_before_the_first_rule() -> None:
    page = reference.render()
    said = "What is left out of a rule keeps its\ndefault"

    assert page.count(said) == 1
    assert page.index(said) < page.index("| rule |")
    assert "| `leakage` | rule | `level: refuse, limit: 0.01` |" in page


def test_rules_have_no_table_of_their_own_and_all_other_sections_have_one() -> None:
    headings = re.findall(r"^## `(.+)`$", reference.render(), re.MULTILINE)

    assert [heading for heading in headings if re.match(r"gates\.(data|model)\.", heading)] == []
    assert {"gates.data", "gates.model", "gates.canary", "kubeflow.steps.volumes"} <= {*headings}


@pytest.mark.parametrize("gate", [DataGateSettings, ModelGateSettings])
def test_every_key_of_every_rule_is_explained(gate: type[BaseModel]) -> None:
    told = reference.render().partition("## `gates.data`")[2].partition("| key |")[0]
    rules = [rule for _, rule in gate() if isinstance(rule, Rule)]
    keys = {key for rule in rules for key in rule.model_dump()}

    assert {"level", "limit"} <= keys
    assert [key for key in keys if f"`{key}`" not in told] == []


def test_every_relative_link_leads_somewhere() -> None:
    for page in [
        *ROOT.glob("*.md"),
        *(ROOT / "docs").rglob("*.md"),
        *(ROOT / "schema").rglob("*.md"),
    ]:
        for link in re.findall(r"\]\((?!https?:)([^)#]+)", page.read_text("utf-8")):
            assert (page.parent / link).exists(), f"{page}: {link}"


def test_every_benchmark_that_a_page_names_exists() -> None:
    for page in [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]:
        for script in re.findall(r"benchmarks/\w+\.py", page.read_text("utf-8")):
            assert (ROOT / script).exists(), f"{page}: {script}"


def test_every_program_that_a_page_names_starts() -> None:
    pages = "".join(page.read_text("utf-8") for page in (ROOT / "docs").glob("*.md"))
    named = {ROOT / name for name in re.findall(r"\.venv/bin/[\w-]+", pages)}

    assert named
    for program in named:
        subprocess.run([program, "--help"], check=True, capture_output=True)


@pytest.mark.parametrize("preset", PRESETS, ids=lambda path: path.stem)
def test_a_preset_opens_with_command_time_and_score(preset: Path) -> None:
    opening = preset.read_text("utf-8").split("\n\n")[0].splitlines()

    assert all(line.startswith("#") for line in opening)
    text = " ".join(opening)
    assert "malmoi " in text
    assert re.search(r"\d+ (s|min)\b", text)
    assert re.search(r"0\.\d{3}", text)


@pytest.mark.parametrize("preset", PRESETS, ids=lambda path: path.stem)
def test_a_preset_is_a_valid_configuration(preset: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MALMOI_DATA", "/data")

    loaded = config.load(preset)

    assert loaded.name == preset.stem
    assert Path(loaded.schema_file).exists()
