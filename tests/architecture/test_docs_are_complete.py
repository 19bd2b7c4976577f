"""What people rely on is written down: every setting, verb and process; and no lock file names a host."""

from __future__ import annotations

import ast
import json
import re
from pathlib import Path

import pytest

from kaibo.cli.verbs import VERBS

ROOT = Path(__file__).resolve().parents[2]
OPERATIONS = ROOT / "docs" / "operations.md"
INTERNAL = {"KAIBO_SUPERVISOR_PIPE"}  # passed between our own processes; nobody sets it


def settings_in_code() -> set[str]:
    """Every KAIBO_… that the code, the door or a tool reads, found as a whole string or shell variable."""
    found = set()
    for path in (ROOT / "src").rglob("*.py"):
        text = path.read_text(encoding="utf-8")
        for node in ast.walk(ast.parse(text)) if "KAIBO_" in text else ():
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and re.fullmatch(r"KAIBO_[A-Z_]+", node.value):
                found.add(node.value)
    found |= set(re.findall(r"\bKAIBO_[A-Z_]+", (ROOT / "kaibo").read_text(encoding="utf-8")))
    return found - INTERNAL


def test_settings_are_documented():
    text = OPERATIONS.read_text(encoding="utf-8")
    assert sorted(name for name in settings_in_code() if f"`{name}`" not in text) == []


def test_no_documented_setting_is_gone():
    documented = set(re.findall(r"^\| `(KAIBO_[A-Z_]+)`", OPERATIONS.read_text(encoding="utf-8"), flags=re.MULTILINE))
    assert sorted(documented - settings_in_code()) == []
    assert len(documented) >= 10


def test_every_verb_is_documented():
    text = OPERATIONS.read_text(encoding="utf-8")
    assert [verb.name for verb in VERBS if f"`./kaibo {verb.name}" not in text] == []


def test_every_complaint_of_the_database_is_explained():
    text = OPERATIONS.read_text(encoding="utf-8")
    codes = re.findall(r'code = "(database\.\w+)"', (ROOT / "src/kaibo/database/complaints.py").read_text(encoding="utf-8"))
    assert len(codes) == 9
    assert [code for code in codes if f"`{code}`" not in text] == []


@pytest.mark.parametrize("name", ["requirements/run.lock", "requirements/test.lock", "requirements/corpora.lock", "requirements/installer.lock", "package-lock.json", "package.json", ".npmrc"])
def test_lock_files_name_no_host(name):
    text = (ROOT / name).read_text(encoding="utf-8")
    assert not re.search(r"://|--index-url|--extra-index|--find-links|--trusted-host|\"resolved\"|registry\s*=", text)


@pytest.mark.parametrize("name", ["run.lock", "test.lock", "corpora.lock", "installer.lock"])
def test_every_locked_package_has_an_exact_version_and_a_hash(name):
    entries = re.split(r"\n(?=\S)", (ROOT / "requirements" / name).read_text(encoding="utf-8").strip())
    entries = [entry for entry in entries if not entry.startswith("#")]
    assert entries
    assert [entry.split()[0] for entry in entries if not re.match(r"[\w.\-\[\]]+==[\w.!+]+[^\n]*\\\n\s+--hash=sha256:[0-9a-f]{64}", entry)] == []


def test_front_end_files_are_pinned_exactly():
    wanted = json.loads((ROOT / "package.json").read_text())["dependencies"]
    locked = json.loads((ROOT / "package-lock.json").read_text())["packages"]
    assert all(re.fullmatch(r"\d+\.\d+\.\d+", version) for version in wanted.values())
    assert {name: locked[f"node_modules/{name}"]["version"] for name in wanted} == wanted
    assert all(entry["integrity"].startswith("sha512-") for name, entry in locked.items() if name)


def test_the_installer_is_the_one_the_tests_lock():
    """Two files, one truth: the entry is copied so that a machine without uv need not read the whole test lock."""
    entry = (ROOT / "requirements/installer.lock").read_text(encoding="utf-8").split("\n", 1)[1]
    assert entry.startswith("uv==")
    assert entry in (ROOT / "requirements/test.lock").read_text(encoding="utf-8")
