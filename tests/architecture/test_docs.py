"""The pages in docs/ say what the code does: a page a stage, its requirement ids, thresholds, files and state diagrams; error codes."""

from __future__ import annotations

import importlib
import re
from pathlib import Path

import pytest

from kaibo.config.wiring import STAGES
from kaibo.kit.transitions import Transitions
from kaibo.stages import FLOW
from tools import error_codes

ROOT = Path(__file__).resolve().parents[2]
PAGES = ROOT / "docs" / "stages"
ROOM_CODES = ("kaibo.room.",)
"""The room answers viewers with the bare words of its public contract, without an area."""


def page_of(stage: str) -> str:
    return (PAGES / f"{stage}.md").read_text(encoding="utf-8")


def test_every_stage_has_a_page_and_every_page_a_stage():
    assert sorted(path.stem for path in PAGES.glob("*.md")) == sorted(stage.key for stage in FLOW)


def test_the_index_links_every_page():
    index = (ROOT / "docs" / "README.md").read_text(encoding="utf-8")
    wanted = [str(path.relative_to(ROOT / "docs")) for path in (ROOT / "docs").rglob("*.md") if path.name != "README.md"]
    assert [path for path in sorted(wanted) if f"({path})" not in index] == []


@pytest.mark.parametrize("stage", [stage.key for stage in FLOW])
def test_a_stages_requirements_stand_on_its_page(stage):
    cited = set(re.findall(r"\b[A-Z]{3,4}-\d+\b", importlib.import_module(f"kaibo.stages.{stage}").__doc__ or ""))
    page = page_of(stage)
    assert cited, "a stage says which requirements it serves"
    assert sorted(one for one in cited if not re.search(rf"\b{one}\b", page)) == []


@pytest.mark.parametrize("manifest", STAGES, ids=lambda stage: stage.key)
def test_a_stages_thresholds_and_files_stand_on_its_page(manifest):
    page = page_of(manifest.key)
    said = [threshold.key for threshold in manifest.thresholds] + [kind.key for kind in manifest.imports]
    assert [key for key in said if f"`{key}`" not in page] == []


@pytest.mark.parametrize("stage", [stage.key for stage in FLOW])
def test_state_diagrams_are_the_transition_tables(stage):
    rules = importlib.import_module(f"kaibo.stages.{stage}.rules")
    tables = {name: table for name, table in vars(rules).items() if isinstance(table, Transitions)}
    page = page_of(stage)
    assert [name for name, table in tables.items() if f"```mermaid\n{table.as_mermaid()}\n```" not in page] == []
    assert page.count("stateDiagram-v2") == len(tables), "a diagram without its table"


def test_the_architecture_names_every_package():
    text = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8")
    packages = sorted(path.parent.name for path in (ROOT / "src" / "kaibo").glob("*/__init__.py"))
    assert len(packages) >= 11
    assert [name for name in packages if f"`{name}/`" not in text] == []


def test_error_codes_are_unique_and_name_their_area():
    complaints = error_codes.complaints()
    assert len(complaints) > 200
    codes = [one.code for one in complaints]
    assert sorted({code for code in codes if codes.count(code) > 1}) == []
    shaped = re.compile(r"[a-z]+\.[a-z][a-z0-9_]*")
    odd = [f"{one.__module__}.{one.__name__}: {one.code}" for one in complaints if not shaped.fullmatch(one.code)]
    assert [one for one in odd if not one.startswith(ROOM_CODES)] == []


def test_every_complaint_is_said_in_both_languages():
    chinese = re.compile(r"[\u4e00-\u9fff]")
    english = re.compile(r"[A-Za-z]{2}.* ")  # a sentence of words; it may quote a Chinese one
    wrong = [one.code for one in error_codes.complaints() if not chinese.search(one.message_zh) or not english.search(one.message_en)]
    assert wrong == []


def test_the_list_of_error_codes_is_up_to_date():
    assert error_codes.PAGE.read_text(encoding="utf-8") == error_codes.page(), "run: python -m tools.error_codes"
