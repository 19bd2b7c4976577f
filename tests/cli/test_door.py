"""`./kaibo` itself, in a small house of its own: first use, symlinks, two at once, a changed lock, no Python."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.processes
ROOT = Path(__file__).resolve().parents[2]
TOOLS = ("sh", "dirname", "readlink", "cksum", "cat", "mkdir", "rm", "sleep")
FRONT_END = """
import sys, pathlib
done = pathlib.Path(__file__).with_name("done")
if done.exists(): sys.exit(0)
if "--is-ready" in sys.argv: sys.exit(1)
with pathlib.Path(__file__).with_name("calls").open("a") as calls: calls.write("fetched\\n")
done.touch()
"""
CLI = """
import json, os, sys
print(json.dumps({"arguments": sys.argv[1:], "data": os.environ["KAIBO_DATA"], "cwd": os.getcwd(), "prefix": sys.prefix}))
sys.exit(7 if "seven" in sys.argv else 0)
"""


@pytest.fixture
def house(tmp_path):
    """The door with an empty lock and a verb that tells how it was called."""
    root = tmp_path / "a house"
    for folder in ("requirements", "tools", "src/kaibo/cli"):
        (root / folder).mkdir(parents=True)
    shutil.copy(ROOT / "kaibo", root / "kaibo")
    for lock in ("run.lock", "test.lock", "corpora.lock", "installer.lock"):
        (root / "requirements" / lock).write_text("# nothing\n")
    (root / "tools/front_end.py").write_text(FRONT_END)
    (root / "src/kaibo/__init__.py").touch()
    (root / "src/kaibo/cli/__init__.py").touch()
    (root / "src/kaibo/cli/__main__.py").write_text(CLI)
    return root


def call(door: Path, *arguments: str, cwd: Path | None = None, **environment: str) -> subprocess.CompletedProcess[str]:
    clean = {key: value for key, value in os.environ.items() if key not in {"KAIBO_DATA", "PYTHONPATH"}}
    return subprocess.run(
        [str(door), *arguments], cwd=cwd or door.parent, text=True, capture_output=True, check=False, timeout=200,
        env={**clean, "KAIBO_PYTHON": sys.executable, **environment},
    )


def test_the_first_use_makes_the_venv_and_runs_the_verb_with_its_arguments(house):
    done = call(house / "kaibo", "export", "orders", "--to", "a b")
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert told["arguments"] == ["export", "orders", "--to", "a b"]
    assert told["data"] == str(house / "var")
    assert told["prefix"] == str(house / ".venv")
    assert not (house / ".venv.lock").exists()


def test_it_works_from_anywhere_through_a_symlink_to_a_symlink(house, tmp_path):
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (tmp_path / "link").symlink_to(house / "kaibo")
    (elsewhere / "kaibo").symlink_to("../link")
    told = json.loads(call(elsewhere / "kaibo", "check", cwd=elsewhere).stdout)
    assert told["cwd"] == str(elsewhere)
    assert told["data"] == str(house / "var")


def test_the_exit_code_of_the_verb_is_the_exit_code_of_the_door(house):
    assert call(house / "kaibo", "seven").returncode == 7


def test_a_configured_data_folder_is_kept(house):
    assert json.loads(call(house / "kaibo", "up", KAIBO_DATA="/srv/shop").stdout)["data"] == "/srv/shop"


def test_compiled_code_is_kept_wherever_the_door_is_opened(house):
    """Images of containers often forbid it for what is installed while they are built; a start then costs twice the processor time."""
    assert call(house / "kaibo", "up", PYTHONDONTWRITEBYTECODE="1").returncode == 0
    assert list((house / "src/kaibo/cli/__pycache__").iterdir())


def test_two_first_uses_at_once_install_once(house):
    environment = {**os.environ, "KAIBO_PYTHON": sys.executable}
    doors = [subprocess.Popen([house / "kaibo", "up"], env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) for _ in range(3)]
    told = [door.communicate(timeout=200) for door in doors]
    assert [door.returncode for door in doors] == [0, 0, 0], told
    assert (house / "tools/calls").read_text() == "fetched\n"
    assert sum(stderr.count("run.lock") for _, stderr in told) == 1


def test_a_changed_lock_is_installed_again_and_an_unchanged_one_is_not(house):
    assert "run.lock" in call(house / "kaibo", "up").stderr
    assert call(house / "kaibo", "up").stderr == ""
    (house / "requirements/run.lock").write_text("# something else\n")
    assert "run.lock" in call(house / "kaibo", "up").stderr


def test_only_the_test_verb_installs_what_tests_need(house):
    assert "test.lock" not in call(house / "kaibo", "up").stderr
    stderr = call(house / "kaibo", "test").stderr
    assert "test.lock" in stderr
    assert "corpora.lock" in stderr


def test_the_lock_of_a_dead_installer_is_broken(house):
    dead = subprocess.Popen(["true"])
    dead.wait()
    (house / ".venv.lock").mkdir()
    (house / ".venv.lock/pid").write_text(str(dead.pid))
    assert call(house / "kaibo", "up").returncode == 0


@pytest.mark.parametrize("version", [None, "3.9"])
def test_a_machine_with_no_python_or_an_old_one_is_told_what_to_install(house, tmp_path, version):
    path = tmp_path / "bin"
    path.mkdir()
    for tool in TOOLS:
        (path / tool).symlink_to(shutil.which(tool))
    if version:
        (path / "python3").write_text("#!/bin/sh\nexit 1\n")  # what `sys.exit(sys.version_info < (3, 11))` answers there
        (path / "python3").chmod(0o755)
    done = call(house / "kaibo", "up", PATH=str(path), KAIBO_PYTHON="")
    assert done.returncode == 3
    assert "Python 3.11" in done.stderr
    assert "apt-get install python3" in done.stderr
    assert not (house / ".venv").exists()
    assert not (house / ".venv.lock").exists()


def test_without_uv_pip_installs(house, tmp_path):
    path = tmp_path / "bin"
    path.mkdir()
    for tool in TOOLS:
        (path / tool).symlink_to(shutil.which(tool))
    done = call(house / "kaibo", "up", PATH=str(path))
    assert done.returncode == 0, done.stderr
    assert (house / ".venv/bin/pip").exists()
