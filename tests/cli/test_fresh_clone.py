"""The two commands of the README in an empty clone: `./kaibo demo` and `./kaibo test`."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from pathlib import Path

import pytest

from tests.make.processes import ROOT, end, health, surroundings

pytestmark = [pytest.mark.processes, pytest.mark.timeout(900)]


@pytest.fixture(scope="module")
def clone(tmp_path_factory) -> Path:
    """What a stranger gets: the last commit and nothing that is not in it."""
    target = tmp_path_factory.mktemp("stranger") / "kaibo"
    subprocess.run(["git", "-c", "safe.directory=*", "clone", "--quiet", "--no-hardlinks", str(ROOT), str(target)], check=True)
    return target


def clean(data: Path) -> dict[str, str]:
    environment = surroundings(data)
    del environment["KAIBO_DATA"], environment["PYTHONPATH"]
    return {key: value for key, value in environment.items() if key != "VIRTUAL_ENV"}


def test_demo_brings_a_fresh_clone_to_a_running_shop(clone):
    environment = clean(clone)
    log = (clone.parent / "demo.log").open("w+")
    started = time.monotonic()
    demo = subprocess.Popen(["./kaibo", "demo", "--quiet"], cwd=clone, env=environment, stdout=log, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL)
    try:
        while time.monotonic() - started < 600 and demo.poll() is None:
            if health(environment, "CONSOLE") == health(environment, "ROOM") == 200:
                break
            time.sleep(0.5)
        said = ""
        while time.monotonic() - started < 600 and demo.poll() is None and f":{environment['KAIBO_ROOM_PORT']}/r/" not in said:
            time.sleep(0.5)  # both doors answer a moment before the greeting is printed
            log.seek(0)
            said = log.read()
        assert demo.poll() is None, said[-4000:]
        assert health(environment, "CONSOLE") == health(environment, "ROOM") == 200, said[-4000:]
        assert f":{environment['KAIBO_CONSOLE_PORT']}" in said
        assert f":{environment['KAIBO_ROOM_PORT']}" in said
        print(f"fresh clone to a running shop in {time.monotonic() - started:.0f} s")
    finally:
        assert end(demo, signal.SIGTERM) == 0
    assert subprocess.run(["git", "status", "--porcelain"], cwd=clone, capture_output=True, text=True, check=True).stdout == ""


def test_test_sets_up_and_runs_tests_in_a_fresh_clone(clone):
    environment = clean(clone)
    done = subprocess.run(
        ["./kaibo", "test", "--all", "tests/kit"], cwd=clone, env=environment, text=True, capture_output=True, check=False, stdin=subprocess.DEVNULL,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert " passed" in done.stdout
    assert os.path.exists(clone / ".cache/test/database")
