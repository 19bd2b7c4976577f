"""`./kaibo up` as a shop runs it: one shop on one data folder, killed in every part, backed up and restored."""

from __future__ import annotations

import json
import os
import signal
import subprocess

import pytest

from kaibo.database import embedded
from tests.make.processes import children_of, copy_of, end, health, is_alive, surroundings, until, verb

pytestmark = [pytest.mark.processes, pytest.mark.timeout(240)]


@pytest.fixture(scope="module")
def shop(tmp_path_factory):
    """(process, environment) of a running `up`; the tests of this file share it, and each leaves it running."""
    data = tmp_path_factory.mktemp("up") / "var"
    environment = surroundings(data)
    process = subprocess.Popen(verb("up", "--quiet"), env=environment, stderr=subprocess.PIPE, text=True)
    try:
        until(lambda: process.poll() is not None or is_open(environment), 120)
        assert process.poll() is None, process.stderr.read()
        yield process, environment
    finally:
        end(process)
        embedded.stop(embedded.Place(data))


def is_open(environment) -> bool:
    return all(health(environment, door) == 200 for door in ("CONSOLE", "ROOM", "WORK"))


def place_of(environment) -> embedded.Place:
    from pathlib import Path

    return embedded.Place(Path(environment["KAIBO_DATA"]))


def call(environment, *arguments) -> subprocess.CompletedProcess[str]:
    return subprocess.run(verb(*arguments), env=environment, text=True, capture_output=True, check=False, timeout=120)


def test_all_three_processes_answer_health_and_metrics(shop):
    assert is_open(shop[1])
    assert sorted(children_of(shop[0].pid)) == ["room", "serve", "work"]


@pytest.mark.parametrize("name", ["serve", "room", "work"])
def test_a_killed_process_comes_back_and_the_others_stay(shop, name):
    process, environment = shop
    before = children_of(process.pid)
    os.kill(before[name], signal.SIGKILL)
    until(lambda: children_of(process.pid).get(name, before[name]) != before[name])
    until(lambda: is_open(environment), 60)
    after = children_of(process.pid)
    assert {key: pid for key, pid in after.items() if key != name} == {key: pid for key, pid in before.items() if key != name}


def test_a_killed_database_comes_back_and_every_process_finds_it_again(shop):
    _, environment = shop
    pid = embedded.status(place_of(environment)).pid
    os.kill(pid, signal.SIGKILL)
    until(lambda: embedded.status(place_of(environment)).pid not in {None, pid})
    until(lambda: is_open(environment), 60)
    assert call(environment, "check").returncode == 0


def test_a_second_up_on_the_same_folder_is_refused_and_names_the_first(shop):
    process, environment = shop
    second = call(environment, "up")
    assert second.returncode == 1
    assert str(process.pid) in second.stderr
    assert "KAIBO_DATA" in second.stderr
    assert is_open(environment)


def test_two_migrations_at_once_are_safe(shop):
    running = [subprocess.Popen(verb("migrate", "--quiet"), env=shop[1]) for _ in range(2)]
    assert [one.wait(120) for one in running] == [0, 0]


def test_check_speaks_json_on_standard_output_and_words_on_standard_error(shop):
    done = call(shop[1], "check", "--json")
    assert done.returncode == 0, done.stdout
    assert [json.loads(line) for line in done.stdout.splitlines()] == []
    assert "没有差异" in done.stderr


def test_a_running_shop_is_backed_up_and_restored_elsewhere_with_proof(shop, tmp_path):
    backup = tmp_path / "shop.tar"
    done = call(shop[1], "backup", str(backup))
    assert done.returncode == 0, done.stderr
    elsewhere = surroundings(tmp_path / "elsewhere")
    done = call(elsewhere, "restore", str(backup))
    assert done.returncode == 0, done.stderr
    assert "没有差异" in done.stderr
    assert (tmp_path / "elsewhere/secret").read_bytes() == (place_of(shop[1]).data / "secret").read_bytes()
    assert not embedded.runs(place_of(elsewhere))


def test_restore_into_the_running_shop_is_refused(shop, tmp_path):
    backup = tmp_path / "shop.tar"
    assert call(shop[1], "backup", str(backup)).returncode == 0
    done = call(shop[1], "restore", str(backup), "--force")
    assert done.returncode == 1
    assert str(shop[0].pid) in done.stderr
    assert is_open(shop[1])


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT, signal.SIGKILL])
def test_it_ends_whole_and_starts_again(migrated, tmp_path, how):
    """A stop is clean and stops the database; a kill leaves no process behind but the database, which the next `up` takes over."""
    environment = surroundings(copy_of(migrated, tmp_path / "var"))
    first = subprocess.Popen(verb("up", "--quiet"), env=environment)
    try:
        until(lambda: first.poll() is not None or is_open(environment), 120)
        children = children_of(first.pid)
        assert len(children) == 3
        assert end(first, how) == (-signal.SIGKILL if how == signal.SIGKILL else 0)
        until(lambda: not any(map(is_alive, children.values())), 20)
        assert embedded.runs(place_of(environment)) is (how == signal.SIGKILL)
        if how == signal.SIGKILL:
            second = subprocess.Popen(verb("up", "--quiet"), env=environment)
            until(lambda: second.poll() is not None or is_open(environment), 120)
            assert end(second) == 0
            assert not embedded.runs(place_of(environment))
    finally:
        end(first, signal.SIGKILL)
        embedded.stop(place_of(environment))
