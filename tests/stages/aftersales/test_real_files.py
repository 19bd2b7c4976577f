"""After-sales files in the layouts platforms really write: understood without a person, and killed at any row they end the same."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path
from urllib.parse import quote

import pytest
from django.conf import settings as django_settings
from django.db import connection

from kaibo.plumbing.access.actor import KAIBO
from kaibo.plumbing.intake import engine, services
from kaibo.plumbing.intake.models import ImportRun, QuarantinedRow
from kaibo.stages.aftersales.models import Case, CaseEntry
from tests.make.people import NOW, make_shop
from tests.make.platform_files import CASES, write_cases

SCRIPT = Path(__file__).resolve().parents[2] / "plumbing" / "intake" / "imported_by_a_process.py"
ROWS = 330


def begin(path, layout, shop):
    return services.start_import(actor=KAIBO, kind_key="aftersales", chunks=[path.read_bytes()], file_name=path.name, platform=layout, shop_id=shop.pk, now=NOW)


def take(path, layout, shop):
    return engine.run_import(begin(path, layout, shop).pk, clock=lambda: NOW)


def stored(shop):
    fields = ("case_no", "order_no", "state", "kind", "nature", "severity", "raw_status", "asked_fen", "refunded_fen", "opened_at", "closed_at", "due_at")
    entries = CaseEntry.objects.filter(case__shop=shop).order_by("case__case_no", "id").values_list("case__case_no", "kind", "text")
    return list(Case.objects.filter(shop=shop).order_by("case_no").values_list(*fields)), list(entries)


@pytest.mark.django_db
@pytest.mark.parametrize("suffix", ["csv", "xlsx"])
@pytest.mark.parametrize("layout", CASES)
def test_each_layout_is_understood_without_a_person_and_the_same_again_changes_nothing(tmp_path, layout, suffix):
    shop = make_shop()
    path = write_cases(tmp_path / f"1760000000_cases.{suffix}", layout, 10)
    first = take(path, layout, shop)
    assert (first.state, first.rows_new, first.rows_quarantined) == ("done", 10, 0)
    cases = list(Case.objects.filter(shop=shop).order_by("case_no"))
    assert [case.asked_fen for case in cases] == [(59 + n) * 100 for n in range(10)]
    assert {len(case.case_no) for case in cases} == {{"douyin": 19, "taobao": 18, "wechat_shop": 17}[layout]}
    assert all(case.case_no.isdigit() and case.order_no.isdigit() for case in cases), "no tab, quote or equals sign is left"
    assert take(path, layout, shop).rows_same == 10


@pytest.mark.django_db
def test_the_words_of_taobao_become_states(tmp_path):
    shop = make_shop()
    take(write_cases(tmp_path / "1760000000_cases.csv", "taobao", 5), "taobao", shop)
    assert list(Case.objects.filter(shop=shop).order_by("case_no").values_list("state", flat=True)) == ["requested", "approved_return", "buyer_shipped", "closed", "closed"]


def start(run):
    told = connection.settings_dict
    url = f"postgresql://{told['USER']}:{told['PASSWORD']}@/{told['NAME']}?host={quote(told['HOST'], safe='')}&port={told['PORT']}"
    environ = {**os.environ, "KAIBO_DATABASE_URL": url, "KAIBO_SECRET_KEY": django_settings.SECRET_KEY}
    process = subprocess.Popen([sys.executable, str(SCRIPT), str(run.pk), str(django_settings.ENV.data), "thread", "house"], env=environ, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    return process


@pytest.mark.processes
@pytest.mark.django_db(transaction=True)
def test_killed_at_any_row_and_gone_on_it_ends_as_if_it_never_was(tmp_path):
    path, chance = write_cases(tmp_path / "1760000000_cases.csv", "douyin", ROWS, wrong_every=50), random.Random(20261122)
    whole, killed = make_shop("whole", "一次"), make_shop("killed", "几次")
    straight = take(path, "douyin", whole)
    run = begin(path, "douyin", killed)
    target = chance.randrange(1, ROWS - 130)
    process = start(run)
    while process.poll() is None and ImportRun.objects.get(pk=run.pk).position < target:
        time.sleep(0.002)
    process.send_signal(signal.SIGKILL)
    process.wait()
    run.refresh_from_db()
    assert run.state == "running" and ROWS > run.rows_read == run.position >= target, "it was killed in the middle"
    assert start(run).wait(timeout=60) == 0
    run.refresh_from_db()
    assert (run.state, run.rows_new, run.rows_quarantined) == ("done", straight.rows_new, straight.rows_quarantined)
    assert (run.rows_new, run.rows_quarantined) == (324, 6)
    assert stored(killed) == stored(whole)
    assert sorted(QuarantinedRow.objects.filter(run=run).values_list("row_number", flat=True)) == [51, 101, 151, 201, 251, 301]
