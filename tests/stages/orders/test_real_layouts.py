"""Order files in the layouts platforms really write: understood without a person, and killed at any row they end the same."""

from __future__ import annotations

import json
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

from kaibo.cli.benches import order_file, order_layouts
from kaibo.plumbing.access.actor import KAIBO
from kaibo.plumbing.intake import engine, reading_ahead, services
from kaibo.plumbing.intake.models import ImportRun, QuarantinedRow
from kaibo.stages.orders.models import Order, OrderLine
from tests.corpora import shared_data
from tests.make.people import NOW, make_shop

LAYOUTS = order_layouts.LAYOUTS[1:]
ROWS = 1_200
SCRIPT = Path(__file__).resolve().parents[2] / "plumbing" / "intake" / "imported_by_a_process.py"


def begin(path, layout, shop):
    return services.start_import(
        actor=KAIBO, kind_key="orders", chunks=[path.read_bytes()], file_name=path.name, platform=order_layouts.platform_of(layout), shop_id=shop.pk, now=NOW
    )


def written(tmp_path, layout, rows, suffix="csv"):
    path = tmp_path / f"1760000000_{layout}.{suffix}"
    order_layouts.write_layout(path, rows, layout)
    return path


def stored(shop):
    orders = Order.objects.filter(shop=shop).order_by("order_no").values_list("order_no", "state", "raw_status", "amount_fen", "units", "goods", "province", "phone_tail", "paid_at")
    lines = OrderLine.objects.filter(order__shop=shop).order_by("order__order_no", "line_no").values_list("order__order_no", "line_no", "quantity", "amount_fen", "platform_code")
    return list(orders), list(lines)


@pytest.mark.parametrize(("name", "layout"), [("douyin_order_csv", "douyin"), ("taobao_order_csv", "taobao"), ("pdd_order_xlsx", "pdd")])
def test_the_columns_are_those_of_the_real_export(name, layout):
    real = json.loads(shared_data("order_export_headers/headers.json").read_text(encoding="utf-8"))[name]["columns"]
    ours = [column.strip() for column in order_layouts.header_of(layout)]
    assert [column for column in real if column not in ours] == []
    assert len(ours) == {"douyin": 73, "taobao": 41, "pdd": 23}[layout]


@pytest.mark.django_db
@pytest.mark.parametrize("suffix", ["csv", "xlsx"])
@pytest.mark.parametrize("layout", LAYOUTS)
def test_each_layout_is_understood_without_a_person(tmp_path, layout, suffix):
    shop = make_shop()
    run = begin(written(tmp_path, layout, 40, suffix), layout, shop)
    done = engine.run_import(run.pk, clock=lambda: NOW)
    assert (done.state, done.rows_new, done.rows_quarantined) == ("done", 40, 0)
    first = next(order_file.rows_of(1))
    order = Order.objects.filter(shop=shop).order_by("paid_at").first()
    amount = round(float(first[7]) * 100)
    assert (order.amount_fen, order.units, order.state) == (amount, 1, "paid")
    assert order.order_no.replace("-", "").isdigit(), "no tab, no quotes, no equals sign is left"
    assert layout == "pdd" or (order.province, order.phone_tail) == ("浙江省", "0000")
    assert engine.run_import(begin(written(tmp_path, layout, 40, suffix), layout, shop).pk, clock=lambda: NOW).rows_same == 40


def start(run, reader):
    told = connection.settings_dict
    url = f"postgresql://{told['USER']}:{told['PASSWORD']}@/{told['NAME']}?host={quote(told['HOST'], safe='')}&port={told['PORT']}"
    environ = {**os.environ, "KAIBO_DATABASE_URL": url, "KAIBO_SECRET_KEY": django_settings.SECRET_KEY}
    process = subprocess.Popen(
        [sys.executable, str(SCRIPT), str(run.pk), str(django_settings.ENV.data), reader, "house"], env=environ, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    return process


@pytest.mark.processes
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("layout", "reader"), [("douyin", "process"), ("taobao", "thread"), ("pdd", "thread")])
def test_killed_at_any_row_and_gone_on_it_ends_as_if_it_never_was(tmp_path, monkeypatch, layout, reader):
    path, chance = written(tmp_path, layout, ROWS), random.Random(f"{layout} 20261122")
    monkeypatch.setattr(reading_ahead, "LARGE_BYTES", 10**9)
    whole, killed = make_shop("whole", "一次"), make_shop("killed", "几次")
    straight = engine.run_import(begin(path, layout, whole).pk, clock=lambda: NOW)
    run = begin(path, layout, killed)
    target = chance.randrange(100, ROWS - 500)
    process = start(run, reader)
    while process.poll() is None and ImportRun.objects.get(pk=run.pk).position < target:
        time.sleep(0.002)
    process.send_signal(signal.SIGKILL)
    process.wait()
    run.refresh_from_db()
    assert run.state == "running" and run.rows_read == run.position >= target, "it was killed in the middle"
    assert start(run, reader).wait(timeout=60) == 0
    run.refresh_from_db()
    assert (run.state, run.rows_new, run.rows_quarantined) == ("done", straight.rows_new, straight.rows_quarantined)
    assert stored(killed) == stored(whole)
    wrong = [sorted(QuarantinedRow.objects.filter(run=one).values_list("row_number", flat=True)) for one in (run, straight)]
    assert wrong[0] == wrong[1] and len(wrong[0]) == straight.rows_quarantined > 0
