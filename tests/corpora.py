"""Where tests find real data that is not part of this repository; what is missing is skipped by its name."""

from __future__ import annotations

import importlib.util
import os
from pathlib import Path

import pytest

BESIDE = Path(__file__).resolve().parent.parent.parent / "shared" / "data"


def shared_data(relative: str) -> Path:
    """This function will give a real data file, or skip the test by the file's name where the folder is missing."""
    path = Path(os.environ.get("KAIBO_SHARED_DATA", BESIDE)) / relative
    if not path.exists():
        pytest.skip(f"real data is not here: {relative}")
    return path


def packaged(package: str, relative: str) -> Path:
    """This function will give a file that an installed package carries, without importing the package."""
    spec = importlib.util.find_spec(package)
    if spec is None or spec.origin is None:
        pytest.skip(f"package with real data is not installed: {package}")
    return Path(spec.origin).parent / relative
