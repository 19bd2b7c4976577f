"""The pages: upload, run, quarantine, columns; who may see and do what; counts of queries that do not grow."""

from __future__ import annotations

import io
from uuid import UUID

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from python_calamine import CalamineWorkbook

from kaibo.config.setup import after_migrate
from kaibo.master.people.models import RoleAbility
from kaibo.plumbing.intake import engine
from kaibo.plumbing.intake.models import ImportRun, QuarantinedRow
from kaibo.plumbing.wiring import wiring
from tests.make.people import make_person, make_shop
from tests.plumbing.intake.conftest import NOW, csv_bytes, import_bytes, person
from tests.plumbing.intake.kinds import contents
from tests.plumbing.intake.test_imports import BAD, GOOD

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def house(settings, parcels):
    """The whole house with the tests' kind beside the stages' own."""
    settings.KAIBO_WIRING = "tests.plumbing.intake.house.WIRING"
    settings.ENV = type("Env", (), {**_public(settings), "data": settings.ENV.data})()
    wiring.cache_clear()
    after_migrate()


def _public(settings) -> dict:
    from kaibo.config.settings import ENV

    return {name: getattr(ENV, name) for name in ENV.__slots__}


def client_of(account: str, *roles: str, shop=None) -> Client:
    client = Client()
    client.force_login(make_person(account, *roles, shop=shop), backend="django.contrib.auth.backends.ModelBackend")
    return client


def upload(client: Client, content: bytes, **more) -> ImportRun:
    shop = make_shop()
    answer = client.post("/imports/new", {"kind": "parcels", "platform": "douyin", "shop": str(shop.pk), "file": SimpleUploadedFile("包裹.csv", content), **more})
    assert answer.status_code == 302, answer.content.decode()[:2000]
    return ImportRun.objects.get(pk=UUID(answer["Location"].rsplit("/", 1)[1]))


def test_a_file_is_uploaded_queued_and_followed(django_capture_on_commit_callbacks):
    client = client_of("alice", "owner")
    run = upload(client, csv_bytes(GOOD, BAD))
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM procrastinate_jobs WHERE task_name = 'intake.run_import' AND args->>'run_id' = %s", [str(run.pk)])
        assert cursor.fetchone() == (1,)
    assert client.get(f"/imports/{run.pk}/progress").json()["state"] == "run"
    assert "data-progress-url" in client.get(f"/imports/{run.pk}").content.decode()
    engine.run_import(run.pk, clock=lambda: NOW)
    followed = client.get(f"/imports/{run.pk}/progress").json()
    assert (followed["done"], followed["total"], followed["bad"], followed["state"]) == (2, 2, 1, "ok")


def test_a_waiting_row_is_corrected_on_the_page():
    client = client_of("alice", "owner")
    run = upload(client, csv_bytes(BAD))
    engine.run_import(run.pk, clock=lambda: NOW)
    row = QuarantinedRow.objects.get()
    page = client.get(f"/imports/{run.pk}").content.decode()
    assert "二十八元" in page
    assert "13812345679" not in page
    wrong = client.post(f"/imports/rows/{row.pk}", {"cell-2": "很多"}, headers={"HX-Request": "true"})
    assert (wrong.status_code, "很多" in wrong.content.decode(), contents()) == (422, True, [])
    right = client.post(f"/imports/rows/{row.pk}", {"cell-2": "28.90", "cell-4": ""})
    assert (right.status_code, contents()) == (302, [("6917000000000000002", "围巾", 2890, 2, "13812345679")])


def test_the_columns_of_an_unknown_file_are_chosen_on_the_page():
    client = client_of("alice", "owner")
    run = upload(client, "单号,货名,订单应付金客\n1,大衣,5.00\n".encode())
    engine.run_import(run.pk, clock=lambda: NOW)
    page = client.get(f"/imports/{run.pk}").content.decode()
    assert "<option selected>订单应付金客</option>" in page
    client.post(f"/imports/{run.pk}/columns", {"column-order_no": "单号", "column-goods": "货名", "column-paid_fen": "订单应付金客"})
    engine.run_import(run.pk, clock=lambda: NOW)
    assert contents() == [("1", "大衣", 500, None, None)]


@pytest.mark.parametrize(
    ("role", "own_shop", "statuses"),
    [("owner", True, (200, 422, 302)), ("warehouse", True, (200, 422, 302)), ("host", True, (200, 403, 403)), ("warehouse", False, (404, 404, 404)), (None, True, (403, 404, 404))],
)
def test_who_sees_a_run_and_who_mends_it(role, own_shop, statuses):
    shop, other = make_shop(), make_shop("other", "另一家")
    run = import_bytes(csv_bytes(BAD, GOOD.replace("羊毛大衣", "违禁品")), actor=person("parcels:file:import", "intake:run:see", shop=None), shop_id=shop.pk)
    first, second = QuarantinedRow.objects.order_by("row_number")
    if role == "warehouse":
        RoleAbility.objects.get_or_create(role_id="warehouse", ability="parcels:file:import", defaults={"is_granted": True})
    client = client_of("bob", *([role] if role else []), shop=shop if own_shop else other)
    seen = client.get(f"/imports/{run.pk}").status_code
    tried = client.post(f"/imports/rows/{first.pk}", {"cell-2": "很多"}, headers={"HX-Request": "true"}).status_code
    discarded = client.post(f"/imports/{run.pk}/discard", {"ids": [str(second.pk)], "reason": "不要"}).status_code
    if role is None:
        assert seen == 403
        assert {tried, discarded} <= {403, 404}
    else:
        assert (seen, tried, discarded) == statuses
    second.refresh_from_db()
    assert (second.state == "discarded") == (statuses[2] == 302)
    assert contents() == []


def test_a_stranger_is_sent_to_the_door():
    assert Client().get("/imports/")["Location"].startswith("/sign-in")


def test_the_history_and_a_run_ask_the_database_equally_often_whatever_they_hold():
    client = client_of("alice", "owner")
    run = upload(client, csv_bytes(BAD))
    engine.run_import(run.pk, clock=lambda: NOW)
    client.get("/imports/")
    counted = []
    for _ in range(2):
        with CaptureQueriesContext(connection) as history:
            client.get("/imports/")
        with CaptureQueriesContext(connection) as one:
            client.get(f"/imports/{run.pk}")
        counted.append((len(history), len(one)))
        for number in range(12):
            more = upload(client, csv_bytes(*[BAD.replace("围巾", f"围巾{number}-{line}") for line in range(12)]))
            engine.run_import(more.pk, clock=lambda: NOW)
        run = more
    assert counted[0] == counted[1]


def test_files_to_take_away_open_in_a_spreadsheet():
    client = client_of("alice", "owner")
    run = upload(client, csv_bytes(BAD))
    engine.run_import(run.pk, clock=lambda: NOW)
    for address, head in [
        ("/imports/sample/parcels", "主订单编号"),
        (f"/imports/{run.pk}/quarantine.xlsx", "主订单编号"),
        ("/tables/export?list=%2Fimports%2F%3Fsort%3Dfile&table=intake.runs&format=xlsx", "文件"),
    ]:
        content = b"".join(client.get(address).streaming_content)
        assert CalamineWorkbook.from_filelike(io.BytesIO(content)).get_sheet_by_index(0).to_python()[0][0] == head
    taken = client.post("/imports/export/parcels", {"format": "csv"})
    assert b"".join(taken.streaming_content).decode("utf-8-sig").splitlines()[1] == "\t6917000000000000001,'=1+1,1299.00,1"
    assert client.post("/imports/export/nonsense", {"format": "csv"}).status_code == 404


def test_the_pages_speak_english_too():
    client = client_of("alice", "owner")
    from kaibo.config.catalogues import compile_stale

    compile_stale()
    make_person("alice").__class__.objects.filter(account="alice").update(language="en")
    page = client.get("/imports/new").content.decode()
    assert "Import a file" in page
    assert "开始导入" not in page
