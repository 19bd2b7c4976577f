"""The supervisor with real processes: restarts, logs, stops, and leaves no orphan."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from kaibo.cli.supervisor import LONGEST_PAUSE_SECONDS, Child, Program, Supervisor
from tests.make.processes import is_alive, until

pytestmark = pytest.mark.processes
SOURCE = Path(__file__).resolve().parents[2] / "src"
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(SOURCE)}
STEADY = "import time; print('ready', flush=True); time.sleep(600)"
STUBBORN = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('ready', flush=True); time.sleep(600)"
WATCHING = "from kaibo.cli.supervisor import watch_supervisor; watch_supervisor(); " + STEADY
SUPERVISING = f"""
import os, sys
from pathlib import Path
from kaibo.cli.supervisor import Program, Supervisor
sys.exit(Supervisor([Program("child", (sys.executable, "-c", {WATCHING!r}))], logs=Path(sys.argv[1]), environment=os.environ).run())
"""


def program(code: str, name: str = "child") -> Program:
    return Program(name, (sys.executable, "-c", code))


@pytest.fixture
def supervise(tmp_path):
    """Runs a supervisor the way `up` does, beside the test."""
    started = []

    def run(*programs: Program, **options) -> Supervisor:
        supervisor = Supervisor(programs, logs=tmp_path, environment=ENVIRONMENT, **options)
        thread = threading.Thread(target=supervisor.keep, daemon=True)
        thread.start()
        started.append((supervisor, thread))
        return supervisor

    yield run
    for supervisor, thread in started:
        supervisor.request_stop()
        thread.join(30)


def running_pid(supervisor: Supervisor) -> int | None:
    child = supervisor.children[0]
    return child.process.pid if child.is_running else None


def test_a_killed_child_is_started_again(supervise):
    supervisor = supervise(program(STEADY))
    first = until(lambda: running_pid(supervisor))
    os.kill(first, signal.SIGKILL)
    second = until(lambda: (pid := running_pid(supervisor)) and pid != first and pid)
    assert is_alive(second)
    assert supervisor.children[0].starts == 2


def test_one_crash_leaves_the_other_children_alone(supervise):
    supervisor = supervise(program(STEADY, "first"), program(STEADY, "second"))
    until(lambda: all(child.is_running for child in supervisor.children))
    untouched = supervisor.children[1].process.pid
    os.kill(supervisor.children[0].process.pid, signal.SIGKILL)
    until(lambda: supervisor.children[0].starts == 2)
    assert supervisor.children[1].process.pid == untouched
    assert supervisor.children[1].starts == 1


def test_a_child_that_keeps_crashing_is_started_ever_more_slowly(tmp_path):
    child = Child(program("raise SystemExit(1)"), logs=tmp_path, environment=ENVIRONMENT, echo=None)
    child.started_at = time.monotonic()
    pauses = [child.plan_restart() for _ in range(9)]
    assert pauses == [0.5, 1, 2, 4, 8, 16, 30, 30, 30]
    assert pauses[-1] == LONGEST_PAUSE_SECONDS
    child.started_at = time.monotonic() - 31
    assert child.plan_restart() == 0.5


def test_wrong_settings_stop_everything_instead_of_crashing_for_ever(supervise):
    supervisor = supervise(program("raise SystemExit(2)"), program(STEADY, "other"))
    until(lambda: supervisor.exit_code == 2)
    until(lambda: not any(child.is_running for child in supervisor.children))
    assert supervisor.children[0].starts == 1


def test_what_a_child_says_is_kept_in_its_log(supervise, tmp_path):
    supervise(program("import sys; print('{\"event\": \"到了\"}', flush=True); print('on stderr', file=sys.stderr, flush=True); " + STEADY))
    log = tmp_path / "child.log"
    until(lambda: log.exists() and log.read_text().count("\n") >= 3)
    assert sorted(log.read_text().splitlines()) == ["on stderr", "ready", '{"event": "到了"}']


def test_a_child_that_ignores_the_request_is_killed_after_the_grace(supervise, tmp_path, monkeypatch):
    monkeypatch.setattr("kaibo.cli.supervisor.STOP_WAIT_SECONDS", 0.5)
    supervisor = supervise(program(STUBBORN))
    until(lambda: (tmp_path / "child.log").exists() and "ready" in (tmp_path / "child.log").read_text())
    pid = running_pid(supervisor)
    supervisor.request_stop()
    until(lambda: not is_alive(pid))


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_stops_supervisor_and_child_cleanly(tmp_path, how):
    supervisor, child = start_supervising(tmp_path)
    supervisor.send_signal(how)
    assert supervisor.wait(20) == 0
    assert not is_alive(child)


def test_a_killed_supervisor_leaves_no_orphan(tmp_path):
    supervisor, child = start_supervising(tmp_path)
    supervisor.kill()
    supervisor.wait()
    until(lambda: not is_alive(child))


def start_supervising(logs: Path) -> tuple[subprocess.Popen, int]:
    supervisor = subprocess.Popen([sys.executable, "-c", SUPERVISING, str(logs)], env=ENVIRONMENT)
    until(lambda: (logs / "child.log").exists() and "ready" in (logs / "child.log").read_text())
    children = Path(f"/proc/{supervisor.pid}/task/{supervisor.pid}/children").read_text().split()
    return supervisor, int(children[0])
