"""Backup and restore on real databases: whole or refused, and nothing changed by a refusal."""

from __future__ import annotations

import io
import json
import tarfile
import threading
from datetime import UTC, datetime
from pathlib import Path

import psycopg
import pytest

from kaibo.config import archive
from kaibo.database.address import create_if_missing
from tests.make.databases import absent_database

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


@pytest.fixture
def shop(tmp_path):
    """A database with two rows and a data folder with everything a real one has."""
    with absent_database("shop") as url:
        create_if_missing(url)
        execute(url, "CREATE TABLE kept (n int); INSERT INTO kept VALUES (1), (2)")
        data = tmp_path / "var"
        for name, content in {
            "secret": b"s3cret", "media/a/photo.jpg": b"\xff\xd8photo", "lake/day=1/events.parquet": b"PAR1",
            "logs/console.log": b"{}", "database/cluster/PG_VERSION": b"18", "up.pid": b"1", "static/x.js": b"x",
        }.items():
            (data / name).parent.mkdir(parents=True, exist_ok=True)
            (data / name).write_bytes(content)
        (data / "secret").chmod(0o600)
        yield url, data


@pytest.fixture
def empty(tmp_path):
    with absent_database("empty") as url:
        yield url, tmp_path / "elsewhere"


def execute(url: str, statement: str) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(statement)


def rows(url: str) -> list[int]:
    with psycopg.connect(url) as connection:
        return [n for (n,) in connection.execute("SELECT n FROM kept ORDER BY n")]


def files(data: Path) -> dict[str, bytes]:
    return {path.relative_to(data).as_posix(): path.read_bytes() for path in data.rglob("*") if path.is_file()}


def back_up(shop, target: Path) -> Path:
    archive.back_up(url=shop[0], data=shop[1], target=target, now=NOW)
    return target


def restore(place, source: Path, *, force: bool = False) -> str:
    return archive.restore(url=place[0], data=place[1], source=source, force=force, now=NOW)


def test_a_restored_shop_has_every_row_and_file_and_nothing_that_is_made_anew(shop, empty, tmp_path):
    assert restore(empty, back_up(shop, tmp_path / "b.tar")) == ""
    assert rows(empty[0]) == [1, 2]
    assert files(empty[1]) == {"secret": b"s3cret", "media/a/photo.jpg": b"\xff\xd8photo", "lake/day=1/events.parquet": b"PAR1"}
    assert (empty[1] / "secret").stat().st_mode & 0o777 == 0o600


def test_a_backup_is_for_its_owner_only_and_leaves_no_draft(shop, tmp_path):
    (tmp_path / "out").mkdir()
    target = back_up(shop, tmp_path / "out" / "b.tar")
    assert target.stat().st_mode & 0o777 == 0o600
    assert [path.name for path in target.parent.iterdir()] == ["b.tar"]


def test_a_backup_taken_while_rows_are_written_is_one_moment(shop, empty, tmp_path):
    """Each transaction writes a pair; a backup that saw half of one would hold an odd number."""
    stop = threading.Event()

    def write() -> None:
        with psycopg.connect(shop[0]) as connection:
            while not stop.is_set():
                with connection.transaction():
                    connection.execute("INSERT INTO kept VALUES (3)")
                    connection.execute("INSERT INTO kept VALUES (4)")

    writer = threading.Thread(target=write)
    writer.start()
    try:
        source = back_up(shop, tmp_path / "b.tar")
    finally:
        stop.set()
        writer.join()
    restore(empty, source)
    kept = rows(empty[0])
    assert kept.count(3) == kept.count(4)
    assert len(rows(shop[0])) > len(kept) or kept.count(3) > 0


def test_a_file_sealed_away_between_listing_and_copying_is_found_under_its_new_name(shop, empty, tmp_path, monkeypatch):
    data = shop[1]
    (data / "lake/open.segment").write_bytes(b"events")
    real = archive._add

    def seal_first(tar, path, name):
        if path.name == "open.segment" and path.exists():
            (data / "lake/sealed.parquet").write_bytes(b"events")
            path.unlink()
        return real(tar, path, name)

    monkeypatch.setattr(archive, "_add", seal_first)
    restore(empty, back_up(shop, tmp_path / "b.tar"))
    assert (empty[1] / "lake/sealed.parquet").read_bytes() == b"events"


@pytest.mark.parametrize("filled", ["database", "files"])
def test_a_place_that_is_not_empty_is_refused_and_unchanged(shop, empty, tmp_path, filled):
    source = back_up(shop, tmp_path / "b.tar")
    url, data = empty
    create_if_missing(url)
    data.mkdir()
    if filled == "database":
        execute(url, "CREATE TABLE kept (n int); INSERT INTO kept VALUES (9)")
    else:
        (data / "secret").write_bytes(b"mine")
    with pytest.raises(archive.NotEmpty):
        restore(empty, source)
    if filled == "database":
        assert rows(url) == [9]
        assert files(data) == {}
    else:
        assert files(data) == {"secret": b"mine"}


def test_force_replaces_and_keeps_the_old_database_under_another_name(shop, empty, tmp_path):
    source = back_up(shop, tmp_path / "b.tar")
    url, data = empty
    create_if_missing(url)
    execute(url, "CREATE TABLE kept (n int); INSERT INTO kept VALUES (9)")
    data.mkdir()
    (data / "secret").write_bytes(b"mine")
    aside = restore(empty, source, force=True)
    assert rows(url) == [1, 2]
    assert (data / "secret").read_bytes() == b"s3cret"
    assert aside.endswith("_before_20261122120000")
    assert rows(url.replace(archive._name(url), aside)) == [9]


@pytest.mark.parametrize("harm", ["cut in the list", "cut in the dump", "a flipped byte", "no list", "not an archive", "missing"])
def test_a_harmed_archive_is_refused_before_anything_changes(shop, empty, tmp_path, harm):
    source = back_up(shop, tmp_path / "b.tar")
    whole = source.read_bytes()
    if harm == "cut in the list":
        source.write_bytes(whole[: whole.index(archive.LIST.encode()) + 600])
    elif harm == "cut in the dump":
        source.write_bytes(whole[:1000])
    elif harm == "a flipped byte":
        at = whole.index(b"\xff\xd8photo")
        source.write_bytes(whole[:at] + b"X" + whole[at + 1 :])
    elif harm == "no list":
        rewrite_without(source, archive.LIST)
    elif harm == "not an archive":
        source.write_bytes(b"PK\x03\x04" * 500)
    else:
        source.unlink()
    url, data = empty
    create_if_missing(url)
    execute(url, "CREATE TABLE kept (n int); INSERT INTO kept VALUES (9)")
    with pytest.raises(archive.NotABackup):
        restore(empty, source, force=True)
    assert rows(url) == [9]
    assert files(data) == {}


def rewrite_without(source: Path, name: str) -> None:
    with tarfile.open(source) as archive_:
        kept = [(member, archive_.extractfile(member).read()) for member in archive_ if member.name != name]
    with tarfile.open(source, "w") as archive_:
        for member, content in kept:
            archive_.addfile(member, io.BytesIO(content))


@pytest.mark.parametrize("name", ["../outside", "/tmp/kaibo-outside", "data/../../outside"])
def test_an_archive_that_would_write_beside_the_folder_is_refused(empty, tmp_path, name):
    source = tmp_path / "evil.tar"
    with tarfile.open(source, "w") as archive_:
        for path, content in ((name, b"evil"), (archive.LIST, json.dumps({"format": 1, "files": {}}).encode())):
            member = tarfile.TarInfo(path)
            member.size = len(content)
            archive_.addfile(member, io.BytesIO(content))
    with pytest.raises(archive.NotABackup):
        restore(empty, source)
    assert not (tmp_path / "outside").exists()


def test_a_dump_that_does_not_fit_gives_the_old_database_back(shop, empty, tmp_path, monkeypatch):
    source = back_up(shop, tmp_path / "b.tar")
    url, _ = empty
    create_if_missing(url)
    execute(url, "CREATE TABLE kept (n int); INSERT INTO kept VALUES (9)")

    def fail(name, *arguments):
        raise archive.BackupFailed(reason="out of space")

    monkeypatch.setattr(archive, "_program", fail)
    with pytest.raises(archive.BackupFailed):
        restore(empty, source, force=True)
    assert rows(url) == [9]
