"""罗盘's list of sessions as it is exported, 50 columns wide: understood without a person, and interrupted at any row it ends the same."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from kaibo.plumbing.access.actor import KAIBO
from kaibo.plumbing.intake import engine, services
from kaibo.plumbing.intake.models import ImportRun, QuarantinedRow
from kaibo.stages.analytics import queries
from kaibo.stages.analytics.imports import LIVE_FIGURES
from kaibo.stages.analytics.models import PlatformFigure
from tests.make.analytics import NOW, STARTED, make_ended_session
from tests.make.people import make_shop
from tests.make.platform_files import write_sessions

pytestmark = pytest.mark.django_db
STARTS = [STARTED + timedelta(days=days, minutes=3) for days in (-2, -1, 0, 1, 2, 3)]


class Killed(BaseException):
    """Nothing catches it, as nothing catches the end of a process."""


def begin(path, shop):
    return services.start_import(actor=KAIBO, kind_key="live-figures", chunks=[path.read_bytes()], file_name=path.name, platform="douyin", shop_id=shop.pk, now=NOW)


@pytest.mark.parametrize("suffix", ["csv", "xlsx"])
def test_the_list_is_understood_with_its_title_and_its_words(tmp_path, suffix):
    shop = make_shop()
    session = make_ended_session(shop)
    done = engine.run_import(begin(write_sessions(tmp_path / f"1760000000_list.{suffix}", STARTS[2:3]), shop).pk, clock=lambda: NOW)
    assert (done.state, done.rows_new, done.rows_quarantined) == ("done", 1, 0)
    told = {key: value for key, (value, _platform) in queries.platform_of(session.pk).items()}
    assert told == {"viewers": 40_000, "dwell": 90, "gross": 23_655_200, "conversion": 68, "spend": 1_200_000}


@pytest.mark.parametrize("row", range(6))
def test_interrupted_at_any_row_and_gone_on_it_ends_as_if_it_never_was(tmp_path, monkeypatch, row):
    shop = make_shop()
    session = make_ended_session(shop)
    path = write_sessions(tmp_path / "1760000000_list.csv", STARTS, unread=5)
    monkeypatch.setattr(engine, "BATCH_ROWS", 1)
    seen = []

    def apply(context, rows):
        outcomes = LIVE_FIGURES.apply(context, rows)
        seen.append(len(rows))
        if len(seen) == row + 1:
            raise Killed
        return outcomes

    run = begin(path, shop)
    monkeypatch.setattr(engine, "kind_for", lambda key: replace(LIVE_FIGURES, apply=apply))
    if row < 5:  # the last row is not read, so that nobody takes it
        with pytest.raises(Killed):
            engine.run_import(run.pk, clock=lambda: NOW)
        stopped = ImportRun.objects.get(pk=run.pk)
        assert (stopped.state, stopped.position, stopped.rows_read) == ("running", row, row)
    done = engine.run_import(run.pk, clock=lambda: NOW)
    assert (done.state, done.rows_new, done.rows_quarantined) == ("done", 1, 5)
    assert sorted(QuarantinedRow.objects.filter(run=run).values_list("row_number", flat=True)) == [3, 4, 6, 7, 8]
    assert queries.platform_of(session.pk)["gross"] == (23_655_400, "douyin")
    assert PlatformFigure.objects.filter(session=session).count() == 5
