"""Who may know whom: the import contracts of pyproject.toml hold, and would not hold for a forbidden import."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def test_the_import_contracts_hold():
    done = subprocess.run(
        [str(Path(sys.executable).with_name("lint-imports")), "--no-cache"], cwd=ROOT, text=True, capture_output=True, check=False,
        env={"PYTHONPATH": str(ROOT / "src"), "PATH": "/usr/bin:/bin"},
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert " 0 broken" in done.stdout


def test_the_room_starts_without_django():
    code = "import sys, kaibo.room, pkgutil, importlib\n"
    code += "for m in pkgutil.walk_packages(kaibo.room.__path__, 'kaibo.room.'): importlib.import_module(m.name)\n"
    code += "assert 'django' not in sys.modules"
    done = subprocess.run([sys.executable, "-c", code], text=True, capture_output=True, check=False, env={"PYTHONPATH": str(ROOT / "src")})
    assert done.returncode == 0, done.stderr
