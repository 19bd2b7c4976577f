"""Lists: the query string is their state, queries stay constant, exports carry what is shown and are recorded."""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from django.db import connection
from django.db.models import Q
from django.test import RequestFactory
from django.test.utils import CaptureQueriesContext

from kaibo.kit.errors import Forbidden
from kaibo.plumbing.access.actor import Actor
from kaibo.plumbing.audit.models import AuditRow
from kaibo.plumbing.intake.models import ImportRun
from kaibo.plumbing.tables import exporting, services, tables
from kaibo.plumbing.tables.models import SavedView
from kaibo.plumbing.tables.tables import Cell, Choice, Column, DateRange, Flag, Row, Search, Table

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
PERSON = UUID(int=9)
TABLE = Table(
    key="test.runs",
    title="导入",
    columns=(
        Column("file", "文件", sort="file_name", kind="lead"),
        Column("state", "状态", kind="pill"),
        Column("read", "读入", sort="rows_read", kind="count"),
        Column("size", "大小", sort="size_bytes", kind="money"),
        Column("who", "谁", personal=True),
        Column("at", "时间", sort="created_at", kind="when"),
    ),
    filters=(
        Search(("file_name__startswith",)),
        Choice("state", "状态", [("done", "已完成"), ("failed", "失败")], as_chips=True, counted=True),
        Choice("kind", "种类", [("orders", "订单")]),
        DateRange("at", "时间", "created_at"),
        Flag("large", "大文件", Q(size_bytes__gte=100)),
    ),
    default_sort="-at",
    page_size=20,
)


def actor(*abilities: str) -> Actor:
    return Actor(person_id=PERSON, name="小数", abilities={one: frozenset({None}) for one in abilities}, sees_all_shops=True)


def make_runs(count: int) -> None:
    ImportRun.objects.bulk_create(
        ImportRun(
            kind="orders", file_name=f"={number:03d}.csv", sha256="", size_bytes=number, file_exported_at=NOW, actor_name="张三", rows_read=number,
            rows_new=number, state="done" if number % 3 else "failed", created_at=NOW - timedelta(hours=number),
        )
        for number in range(count)
    )


def row(run: ImportRun) -> Row:
    return Row(
        run.pk,
        {"file": run.file_name, "state": Cell(run.get_state_display(), state="ok"), "read": run.rows_read, "size": run.size_bytes, "who": run.actor_name, "at": run.created_at},
        href=f"/imports/{run.pk}",
    )


def page(query: str = "", who: Actor | None = None):
    request = RequestFactory().get(f"/imports/?{query}")
    request.actor, request.now = who or actor("tables:list:export"), NOW
    return tables.page(request, TABLE, ImportRun.objects.all(), row=row)


def names(shown) -> list[str]:
    return [one.cells["file"] for one, _ in shown.rows]


def test_a_list_opens_on_its_default_order_and_first_page():
    make_runs(45)
    shown = page()
    assert names(shown) == [f"={number:03d}.csv" for number in range(20)]
    assert (shown.total, shown.first, shown.last, shown.number, shown.pages) == (45, 1, 20, 1, 3)
    assert [head.aria_sort for head in shown.heads] == ["none", "", "none", "none", "", "descending"]


def test_pages_neither_repeat_nor_skip_a_row_when_many_are_equal():
    make_runs(45)
    ImportRun.objects.update(rows_read=1, rows_new=1)
    seen = [name for number in (1, 2, 3) for name in names(page(f"sort=read&page={number}"))]
    assert (len(seen), len(set(seen))) == (45, 45)


def test_a_page_beyond_the_end_shows_the_last_one():
    make_runs(45)
    assert (page("page=999999").number, names(page("page=999999"))[0]) == (3, "=040.csv")


@pytest.mark.parametrize(
    ("query", "total"),
    [
        ("q==00", 10), ("q=x", 0), ("state=failed", 15), ("state=nonsense", 45), ("kind=orders&state=done", 30), ("at_from=2026-11-22", 21),
        ("at_from=2026-11-21&at_to=2026-11-21", 24), ("at_from=nonsense", 45), ("large=1", 0), ("sort=nonsense", 45), ("q=%00", 45), ("size=7&page=-3", 45),
    ],
)  # fmt: skip
def test_filters_narrow_and_what_makes_no_sense_is_ignored(query, total):
    make_runs(45)
    assert page(query).total == total


def test_chips_count_what_each_choice_would_show_under_the_other_filters():
    make_runs(45)
    ((_, links), _flags) = page("q==00&state=failed").chips
    assert [(link.label, link.count, link.is_active) for link in links] == [("全部", 10, False), ("已完成", 6, False), ("失败", 4, True)]


def test_links_keep_the_rest_of_the_state_and_go_back_to_page_one():
    make_runs(45)
    shown = page("q==0&sort=-read&page=2&size=20&tab=x")
    assert shown.heads[0].href == "?q=%3D0&size=20&tab=x&sort=file"
    assert shown.next_href == "?q=%3D0&sort=-read&size=20&tab=x&page=3"
    assert [link.href for link in shown.active] == ["?sort=-read&size=20&tab=x"]
    assert shown.query == "q=%3D0&sort=-read&size=20&tab=x"


@pytest.mark.parametrize("query", ["", "state=done", "state=failed&large=1", "large=1", "q=%3D00", "state=done&q=%3D1", "kind=orders"])
def test_the_total_of_a_counted_list_is_the_number_of_its_rows(query):
    """The total is taken from the counts of the chips; it must be what counting the rows would give."""
    make_runs(130)
    shown = page(f"{query}&size=200")
    assert shown.total == len(shown.rows) > 0
    everything, *states = (link.count for link in shown.chips[0][1])
    assert everything == sum(states)


def test_the_number_of_queries_does_not_grow_with_the_rows():
    make_runs(3)
    with CaptureQueriesContext(connection, ) as few:
        page()
    make_runs(60)
    with CaptureQueriesContext(connection) as many:
        page("size=100")
    assert (len(few), len(many)) == (3, 3)


def test_a_view_is_saved_once_per_name_and_only_its_owner_sees_or_forgets_it():
    first = services.save_view(actor=actor(), table=TABLE.key, name=" 失败的 ", query="state=failed", now=NOW)
    services.save_view(actor=actor(), table=TABLE.key, name="失败的", query="state=failed&sort=file", now=NOW)
    assert [(view.name, view.href, view.is_active) for view in page("state=failed&sort=file").saved] == [("失败的", "?state=failed&sort=file", True)]
    stranger = Actor(person_id=UUID(int=10), name="路人")
    assert page(who=stranger).saved == ()
    with pytest.raises(services.ViewUnknown):
        services.forget_view(actor=stranger, view_id=first.pk)
    assert SavedView.objects.count() == 1
    services.forget_view(actor=actor(), view_id=first.pk)
    assert SavedView.objects.count() == 0


@pytest.mark.parametrize("name", ["", "  ", "长" * 41])
def test_a_view_without_a_fitting_name_is_refused(name):
    with pytest.raises(services.ViewNameMissing):
        services.save_view(actor=actor(), table=TABLE.key, name=name, query="", now=NOW)
    assert SavedView.objects.count() == 0


def exported(monkeypatch, who: Actor, format_: str = "csv", address: str = "/imports/?state=failed&sort=file"):
    def view(request):
        tables.page(request, TABLE, ImportRun.objects.all(), row=row)

    match = type("Match", (), {"func": staticmethod(view), "args": (), "kwargs": {}})()
    monkeypatch.setattr(exporting, "resolve", lambda path: match)
    request = RequestFactory().get("/tables/export")
    request.actor, request.now = who, NOW
    return exporting.export_list(request, address=address, table_key=TABLE.key, format_=format_)


def test_an_export_holds_every_filtered_row_in_order_without_personal_columns_and_is_recorded(monkeypatch):
    make_runs(60)
    response = exported(monkeypatch, actor("tables:list:export"))
    lines = list(csv.reader(io.StringIO(b"".join(response.streaming_content).decode("utf-8-sig"))))
    assert lines[0] == ["文件", "状态", "读入", "大小", "时间"]
    assert lines[1] == ["'=000.csv", "失败", "0", "0.00", "2026-11-22 20:00:00"]
    assert [line[0] for line in lines[1:]] == [f"'={number:03d}.csv" for number in range(0, 60, 3)]
    recorded = AuditRow.objects.get()
    assert (recorded.deed, recorded.subject, recorded.details) == ("tables:list:export", "table:test.runs", {"rows": 20, "filters": ["sort", "state"]})


def test_who_may_not_export_gets_neither_link_nor_file(monkeypatch):
    make_runs(3)
    assert page(who=actor()).exports == ()
    with pytest.raises(Forbidden):
        exported(monkeypatch, actor())
    assert AuditRow.objects.count() == 0


@pytest.mark.parametrize("address", ["https://elsewhere.example/x", "//elsewhere.example/x", "nonsense", "/no/such/page"])
def test_only_lists_of_this_house_are_exported(address):
    request = RequestFactory().get("/tables/export")
    request.actor, request.now = actor("tables:list:export"), NOW
    with pytest.raises(exporting.ListUnknown):
        exporting.export_list(request, address=address, table_key="x", format_="csv")
