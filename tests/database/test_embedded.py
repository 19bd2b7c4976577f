"""The database that comes along, with real processes: starts, kills, two at once, and each complaint by name."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import textwrap
import time
from pathlib import Path

import psycopg
import pytest

from kaibo.database import embedded, programs
from kaibo.database.complaints import (
    DatabaseCrashed,
    DatabaseDiskFull,
    DatabaseFolderForbidden,
    DatabaseMajorVersionDiffers,
    DatabaseProgramMissing,
)

pytestmark = pytest.mark.processes
SOURCE = Path(__file__).resolve().parents[2] / "src"
USER = """
import sys, time
from pathlib import Path
from kaibo.database import embedded
print(embedded.use(Path(sys.argv[1]), throwaway=True), flush=True)
sys.stdin.readline()
"""


@pytest.fixture
def data(tmp_path):
    yield tmp_path / "var"
    embedded.leave(tmp_path / "var")
    embedded.stop(embedded.Place(tmp_path / "var"))


@pytest.fixture(scope="module")
def initialised(tmp_path_factory):
    """A stopped cluster to copy, so that only one test waits for initdb."""
    folder = tmp_path_factory.mktemp("initialised") / "var"
    embedded.use(folder, throwaway=True)
    embedded.leave(folder)
    return folder


@pytest.fixture
def ready(initialised, data):
    subprocess.run(["cp", "-a", str(initialised), str(data)], check=True)
    return data


def start_user(data: Path) -> subprocess.Popen[str]:
    """A separate process of Kaibo that uses the database until it is told to end."""
    return subprocess.Popen(
        [sys.executable, "-c", USER, str(data)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env={**os.environ, "PYTHONPATH": str(SOURCE)},
    )


def address_of(user: subprocess.Popen[str]) -> str:
    return user.stdout.readline().strip()


def end(user: subprocess.Popen[str]) -> None:
    user.communicate("\n", timeout=60)


def write_and_count(url: str) -> int:
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("CREATE TABLE IF NOT EXISTS kept (n int)")
        connection.execute("INSERT INTO kept VALUES (1)")
        return connection.execute("SELECT count(*) FROM kept").fetchone()[0]


def postmasters(place: embedded.Place) -> list[int]:
    """The postmasters on this cluster, found in the process table rather than believed from a file."""
    found = []
    for process in Path("/proc").iterdir():
        if process.name.isdecimal():
            try:
                words = (process / "cmdline").read_bytes().split(b"\0")
            except OSError:
                continue
            if words[0].endswith(b"postgres") and os.fsencode(str(place.cluster)) in words:
                found.append(int(process.name))
    return found


@pytest.fixture
def short():
    """A data folder whose path is short enough for a socket, wherever pytest keeps its own."""
    folder = Path(tempfile.mkdtemp(prefix="kaibo-"))
    yield folder / "var"
    embedded.leave(folder / "var")
    shutil.rmtree(folder)


def test_a_new_data_folder_gets_a_server_that_listens_on_its_socket_only(short):
    url = embedded.use(short, throwaway=True)
    place = embedded.Place(short)
    with psycopg.connect(url) as connection:
        assert connection.execute("SHOW listen_addresses").fetchone() == ("",)
        assert connection.execute("SHOW synchronous_commit").fetchone() == ("on",)
        assert connection.execute("SELECT current_database(), current_user").fetchone() == ("kaibo", "kaibo")
        assert connection.info.server_version // 10_000 == programs.find_programs().major
    assert place.sockets.stat().st_mode & 0o777 == 0o700
    assert place.sockets.parent == place.root


def test_the_data_survive_a_killed_postmaster_and_its_stale_pid_file(ready):
    place = embedded.Place(ready)
    assert write_and_count(embedded.use(ready)) == 1
    [pid] = postmasters(place)
    os.kill(pid, signal.SIGKILL)
    embedded.start(place)
    assert write_and_count(place.url) == 2
    assert len(postmasters(place)) == 1
    assert postmasters(place) != [pid]


def test_a_pid_file_that_names_a_stranger_does_not_keep_the_server_from_starting(ready):
    place = embedded.Place(ready)
    template = f"{os.getppid()}\n{place.cluster}\n1\n5432\n{place.sockets}\n\n  1 1\nready   \n"
    (place.cluster / "postmaster.pid").write_text(template)
    assert write_and_count(embedded.use(ready, throwaway=True)) == 1


def test_five_starts_at_once_end_in_one_server(ready):
    users = [start_user(ready) for _ in range(5)]
    try:
        addresses = {address_of(user) for user in users}
        assert addresses == {embedded.Place(ready).url}
        assert len(postmasters(embedded.Place(ready))) == 1
    finally:
        for user in users:
            end(user)
    assert postmasters(embedded.Place(ready)) == []


def test_the_one_who_started_it_may_leave_first_and_the_last_one_stops_it(ready):
    first = start_user(ready)
    address_of(first)
    second = start_user(ready)
    url = address_of(second)
    end(first)
    assert write_and_count(url) == 1
    end(second)
    assert postmasters(embedded.Place(ready)) == []


def test_a_killed_user_does_not_keep_the_server_running_for_ever(ready):
    killed, other = start_user(ready), start_user(ready)
    address_of(killed), address_of(other)
    killed.kill()
    killed.wait()
    end(other)
    assert postmasters(embedded.Place(ready)) == []


def test_a_starter_killed_in_the_middle_leaves_nothing_that_blocks_the_next(data):
    starter = start_user(data)
    deadline = time.monotonic() + 30
    while not list((data / "database").glob("cluster-new-*/base")) and time.monotonic() < deadline:
        time.sleep(0.01)
    starter.kill()
    starter.wait()
    assert write_and_count(embedded.use(data, throwaway=True)) == 1


def test_a_deep_data_folder_gets_a_short_private_socket_folder(tmp_path):
    place = embedded.Place(tmp_path / "d" / ("深" * 40) / "var")
    assert len(os.fsencode(place.sockets / embedded.SOCKET_FILE)) <= 107
    assert place.sockets != place.root / "socket"
    assert place.sockets == embedded.Place(place.data).sockets
    try:
        assert write_and_count(embedded.use(place.data, throwaway=True)) == 1
        assert place.sockets.stat().st_mode & 0o777 == 0o700
    finally:
        embedded.leave(place.data)
    assert not place.sockets.exists()


def test_another_major_version_is_refused_with_the_way_out(ready):
    version = ready / "database" / "cluster" / "PG_VERSION"
    version.write_text("13\n")
    with pytest.raises(DatabaseMajorVersionDiffers) as refused:
        embedded.use(ready)
    assert "restore" in refused.value.message("en")
    assert refused.value.details["found"] == "13"
    assert postmasters(embedded.Place(ready)) == []


def test_a_server_that_cannot_start_shows_the_end_of_its_log(ready):
    with (ready / "database" / "cluster" / "postgresql.conf").open("a") as settings:
        settings.write("no_such_setting = 7\n")
    with pytest.raises(DatabaseCrashed) as refused:
        embedded.use(ready)
    assert "no_such_setting" in refused.value.message("zh")


def test_a_data_folder_that_is_a_file_is_refused_by_its_name(tmp_path):
    (tmp_path / "var").write_text("not a folder")
    with pytest.raises(DatabaseFolderForbidden) as refused:
        embedded.use(tmp_path / "var")
    assert str(tmp_path / "var") in refused.value.message("zh")


@pytest.mark.parametrize("said", ['FATAL: could not write lock file "postmaster.pid": No space left on device', "could not extend file: Disk quota exceeded"])
def test_what_postgresql_says_of_a_full_disk_becomes_its_own_complaint(tmp_path, said):
    place = embedded.Place(tmp_path)
    complaint = embedded._complaint(place, programs.RunAs("me", 1, 1, switches=False), said)
    assert type(complaint) is DatabaseDiskFull
    assert complaint.details["folder"] == str(place.root)


@pytest.fixture
def small_disk(tmp_path):
    """Gives `mount(megabytes)`: a real, tiny file system; None where the machine lets nobody mount one (not root)."""
    folder = tmp_path / "small"
    folder.mkdir()

    def mount(megabytes: int) -> Path | None:
        done = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={megabytes}m", "tmpfs", str(folder)], capture_output=True, check=False)
        return folder if done.returncode == 0 else None

    yield mount
    subprocess.run(["umount", str(folder)], capture_output=True, check=False)


def test_a_disk_too_small_for_a_cluster_is_named_and_nothing_half_made_stays(small_disk):
    if (disk := small_disk(8)) is None:
        return
    with pytest.raises(DatabaseDiskFull) as refused:
        embedded.use(disk / "var")
    assert refused.value.details["folder"] == str(disk / "var" / "database")
    assert not (disk / "var" / "database" / "cluster").exists()


def test_a_disk_that_fills_up_while_running_loses_nothing_that_was_answered(small_disk, initialised):
    if (disk := small_disk(120)) is None:
        return
    data = disk / "var"
    subprocess.run(["cp", "-a", str(initialised), str(data)], check=True)
    place = embedded.Place(data)
    answered = 0
    with psycopg.connect(embedded.use(data), autocommit=True) as connection:
        connection.execute("CREATE TABLE kept (n int, filler text)")
        with pytest.raises(psycopg.Error):
            while answered < 5000:
                connection.execute("INSERT INTO kept SELECT %s, string_agg(md5(i::text || random()::text), '') FROM generate_series(1, 3000) i", [answered])
                answered += 1
    assert 0 < answered < 5000
    embedded.leave(data)
    embedded.stop(place)
    with (disk / "filler").open("wb", buffering=0) as filler, pytest.raises(OSError):
        while True:
            filler.write(b"x" * 4096)
    with pytest.raises(DatabaseDiskFull):
        embedded.use(data)
    (disk / "filler").unlink()
    subprocess.run(["mount", "-o", "remount,size=300m", str(disk)], check=True)  # the shop's owner makes room
    try:
        with psycopg.connect(embedded.use(data)) as connection:
            assert connection.execute("SELECT count(*) FROM kept WHERE n < %s", [answered]).fetchone() == (answered,)
    finally:
        embedded.leave(data)


def test_a_machine_without_any_postgresql_is_told_three_ways_out(monkeypatch):
    monkeypatch.setattr(programs, "_wheel_folders", list)
    monkeypatch.setattr(programs, "_machine_folders", list)
    with pytest.raises(DatabaseProgramMissing) as refused:
        programs.find_programs()
    assert "KAIBO_DATABASE_URL" in refused.value.message("zh")


def test_a_postgresql_of_the_machine_serves_where_the_wheel_is_missing(monkeypatch, tmp_path):
    folder = tmp_path / "bin"
    folder.mkdir()
    for name, major in (("initdb", 0), ("postgres", 16)):
        (folder / name).write_text(textwrap.dedent(f"""\
            #!/bin/sh
            echo 'postgres (PostgreSQL) {major}.4'
            """))
        (folder / name).chmod(0o755)
    monkeypatch.setattr(programs, "_wheel_folders", list)
    monkeypatch.setattr(programs, "_machine_folders", lambda: [tmp_path / "nothing", folder])
    assert programs.find_programs() == programs.Programs(folder, 16)
