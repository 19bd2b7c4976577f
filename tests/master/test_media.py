"""Kept files: whole or not at all."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from kaibo.master.media import services
from kaibo.master.media.models import MediaFile
from kaibo.plumbing.access.actor import KAIBO
from tests.make.full_disk import full_disk

pytestmark = pytest.mark.django_db
PICTURE = b"not quite a picture " * 5_000


@pytest.fixture
def data(tmp_path, settings):
    import dataclasses

    settings.ENV = dataclasses.replace(settings.ENV, data=tmp_path)
    return tmp_path


def keep(now):
    return services.keep(actor=KAIBO, name="coat.jpg", mime="image/jpeg", content=io.BytesIO(PICTURE), now=now)


def files(data: Path) -> list[Path]:
    return [one for one in data.rglob("*") if one.is_file()]


def test_a_full_disk_is_said_and_leaves_no_half_file_and_no_row(data, now):
    with full_disk(), pytest.raises(services.DiskFull):
        keep(now)
    assert files(data) == []
    assert MediaFile.objects.count() == 0
    assert keep(now).size_bytes == len(PICTURE)
    assert [one.read_bytes() for one in files(data)] == [PICTURE]


def test_a_file_too_large_is_refused_and_leaves_nothing(data, now, monkeypatch):
    monkeypatch.setattr(services, "MOST_BYTES", 1_000)
    with pytest.raises(services.FileTooLarge):
        keep(now)
    assert files(data) == []
    assert MediaFile.objects.count() == 0
