"""The history of imports as a list."""

from __future__ import annotations

from django.urls import reverse
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from kaibo.plumbing.intake.cards import PLATFORM_TITLES, STATES
from kaibo.plumbing.intake.models import ImportRun
from kaibo.plumbing.tables.spec import Cell, Choice, Column, DateRange, Row, Search, Table
from kaibo.plumbing.wiring import wiring


def _kind_options(request: object) -> list[tuple[str, object]]:
    return [
        (kind.key, kind.title(getattr(request, "LANGUAGE_CODE", "zh") or "zh"))
        for kind in wiring().import_kinds().values()
    ]


RUNS = Table(
    key="intake.runs",
    title=_("导入记录"),
    columns=(
        Column("file", _("文件"), sort="file_name", kind="lead"),
        Column("kind", _("种类"), sort="kind"),
        Column("state", _("状态"), sort="state", kind="pill"),
        Column("read", _("读入"), sort="rows_read", kind="count"),
        Column("new", _("新增"), sort="rows_new", kind="count"),
        Column("changed", _("更新"), sort="rows_changed", kind="count"),
        Column("same", _("未变"), sort="rows_same", kind="count"),
        Column("waiting", _("待处理"), sort="rows_waiting", kind="pill"),
        Column("who", _("谁导入的"), sort="actor_name"),
        Column("at", _("时间"), sort="created_at", kind="when"),
    ),
    filters=(
        Search(("file_name__icontains",), _("搜文件名")),
        Choice("state", _("状态"), ImportRun.State.choices, as_chips=True),
        Choice("kind", _("种类"), _kind_options),
        DateRange("at", _("时间"), "created_at"),
    ),
    default_sort="-at",
    unit=_("次"),
    empty_title=_("还没有导入过文件"),
    empty_text=_("把平台导出的订单、商品或评价表拖进来：不用改表头，错的行会单独留下等你改。"),
    empty_action_label=_("导入第一个文件"),
    empty_action_href="/imports/new",
)


def run_row(run: ImportRun, *, language: str) -> Row:
    """This function will give a run as a row of the history."""
    kind = wiring().import_kinds().get(run.kind)
    waiting: int = run.rows_waiting  # type: ignore[attr-defined]
    return Row(
        run.pk,
        {
            "file": Cell(run.file_name, note=PLATFORM_TITLES.get(run.platform, run.platform)),
            "kind": kind.title(language) if kind else run.kind,
            "state": Cell(run.get_state_display(), state=STATES[run.state]),
            "read": run.rows_read,
            "new": run.rows_new,
            "changed": run.rows_changed,
            "same": run.rows_same,
            "waiting": Cell(_now("%(rows)s 行") % {"rows": waiting} if waiting else "", state="bad"),
            "who": run.actor_name,
            "at": run.created_at,
        },
        href=reverse("intake:run", args=[run.pk]),
    )
