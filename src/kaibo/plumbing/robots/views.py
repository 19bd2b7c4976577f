"""Robots: which group hears what, did it go out, and try it now."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from kaibo.kit.errors import Conflict
from kaibo.plumbing.access import access
from kaibo.plumbing.answers import ConsoleRequest, done
from kaibo.plumbing.robots import robots
from kaibo.plumbing.robots.models import Robot, RobotMessage

SHOWN = 50


class TestNotSent(Conflict):
    code = "robots.test_not_sent"
    message_zh = "测试通知没有发出去：{why}"
    message_en = "The test notice did not go out: {why}"


def topic_words(topic: str) -> str:
    return {
        "risk": _("舆情时限"), "parcels": _("包裹迟发与异常"), "stock": _("库存预警"), "desk": _("中控台告警"), "service": _("售后"), "quality": _("质检与召回"),
    }[topic]  # fmt: skip


def state_words(state: str) -> tuple[str, str]:
    return {"waiting": (_("等着发"), "note"), "sent": (_("已发"), "ok"), "merged": (_("并入汇总"), "ok"), "dead": (_("没发出去"), "bad")}[state]


@require_GET
def robot_list(request: ConsoleRequest) -> HttpResponse:
    access.require(request.actor, robots.MANAGE)
    is_english = (get_language() or "").startswith("en")
    kinds = [
        {"key": one.key, "title": one.title_en if is_english else one.title_zh, "fields": [(field, field.en if is_english else field.zh) for field in one.fields], "limit": one.per_minute}
        for one in robots.robot_kinds().values()
    ]
    by_key = {one["key"]: one for one in kinds}
    rows = [_row(one, by_key[one.kind], is_english) for one in robots.robots_known()]
    return render(
        request, "robots/list.html",
        {
            "rows": rows, "kinds": kinds, "topics": [(topic, topic_words(topic)) for topic in robots.TOPICS],
            "messages_said": [(one, *state_words(one.state)) for one in robots.newest_messages(SHOWN)],
        },
    )  # fmt: skip


def _row(one: Robot, kind: dict[str, Any], is_english: bool) -> dict[str, Any]:
    return {
        "one": one, "kind": kind, "trouble": one.trouble_en if is_english else one.trouble_zh,
        "topics": [(topic, topic_words(topic), topic in one.topics) for topic in robots.TOPICS],
    }


@require_POST
def connect(request: ConsoleRequest, kind: str) -> HttpResponse:
    robots.connect(actor=request.actor, kind=kind, now=request.now, **_given(request))
    return done(request, _("已添加；请发一条测试通知"), "robots:list")


@require_POST
def change(request: ConsoleRequest, robot_id: UUID) -> HttpResponse:
    found = robots.robot_for(robot_id)
    robots.connect(actor=request.actor, kind=found.kind, robot_id=robot_id, now=request.now, is_on=request.POST.get("on") == "1", **_given(request))
    return done(request, _("已保存"), "robots:list")


def _given(request: ConsoleRequest) -> dict[str, Any]:
    quiet = request.POST.get("quiet", "30")
    return {
        "name": request.POST.get("name", ""), "topics": request.POST.getlist("topics"), "quiet_minutes": min(int(quiet), 1_440) if quiet.isdecimal() else 30,
        "given": {name: request.POST.get(name, "").strip() for name in ("webhook", "secret")},
    }


@require_POST
def test(request: ConsoleRequest, robot_id: UUID) -> HttpResponse:
    message = robots.send_test(actor=request.actor, robot_id=robot_id, now=request.now)
    if message.state != RobotMessage.State.SENT:
        raise TestNotSent(why=message.problem or _("这一分钟已经发满，稍后自动发出"))
    return done(request, _("测试通知已发到群里"), "robots:list")
