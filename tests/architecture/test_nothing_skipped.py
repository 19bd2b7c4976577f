"""`./kaibo test --all`: a skipped test fails, whichever way it was skipped."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from tools import nothing_skipped

ROOT = Path(__file__).resolve().parents[2]


SKIPPING = """
import pytest

@pytest.fixture
def browser(): pytest.skip('no Chromium: by a fixture')

def test_in_itself(): pytest.skip('no Chromium: in itself')

@pytest.mark.skip(reason='no Chromium: by a mark')
def test_marked(): pass

def test_with(browser): pass

@pytest.mark.xfail
def test_expected_failure(): assert False

def test_fine(): pass
"""
WHOLE_MODULE = "import pytest\npytest.skip('no Chromium: the whole module', allow_module_level=True)\n"


def run(folder: Path, *arguments: str) -> str:
    (folder / "test_skipping.py").write_text(SKIPPING)
    (folder / "test_module.py").write_text(WHOLE_MODULE)
    command = [sys.executable, "-m", "pytest", "-p", "no:django", "-p", "no:playwright", "-p", "no:cacheprovider", "-q", "-rf", *arguments, str(folder)]
    environment = {**os.environ, "PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'src'}", "PYTEST_ADDOPTS": ""}
    return subprocess.run(command, cwd=folder, text=True, capture_output=True, check=False, env=environment).stdout


def test_without_all_a_skip_is_a_skip(tmp_path):
    assert "1 passed, 4 skipped, 1 xfailed" in run(tmp_path)


def test_under_all_every_way_of_skipping_fails_with_its_reason(tmp_path):
    said = run(tmp_path, "-p", "tools.nothing_skipped", "--continue-on-collection-errors")
    assert "1 failed, 1 passed, 1 xfailed, 3 errors" in said
    for way in ("in itself", "by a mark", "by a fixture", "the whole module"):
        assert f"no Chromium: {way}" in said


def test_only_outside_data_nobody_can_install_may_be_missing(monkeypatch, tmp_path):
    monkeypatch.setattr(nothing_skipped, "SHARED", tmp_path / "missing")
    assert nothing_skipped.is_allowed("Skipped: real data is not here: uci/online_retail.parquet")
    assert not nothing_skipped.is_allowed("Skipped: no Chromium")
    monkeypatch.setattr(nothing_skipped, "SHARED", tmp_path)
    assert not nothing_skipped.is_allowed("Skipped: real data is not here: uci/online_retail.parquet")
