"""A file that arrives on a full disk: told, nothing kept, nothing begun; the same file goes in when there is room."""

from __future__ import annotations

import pytest

from kaibo.plumbing.intake import store
from kaibo.plumbing.intake.models import ImportRun
from tests.make.full_disk import full_disk
from tests.plumbing.intake.conftest import counts, csv_bytes, import_bytes

SHEET = csv_bytes(*(f"69170000000000{n:05},围巾,28.00,2,13812345679,2026-11-22 20:01:00" for n in range(500)))


def files(folder):
    return [one for one in folder.rglob("*") if one.is_file()]


def test_a_full_disk_is_said_and_nothing_is_begun(parcels, tmp_path):
    with full_disk(), pytest.raises(store.DiskFull):
        import_bytes(SHEET)
    assert files(tmp_path) == []
    assert ImportRun.objects.count() == 0
    run = import_bytes(SHEET)
    assert counts(run) == (500, 500, 0, 0, 0)
    assert [one.read_bytes() for one in files(tmp_path)] == [SHEET]
