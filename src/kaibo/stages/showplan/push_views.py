"""The technician's page of a session: the stream keys to type into the encoder, and how the picture comes in right now."""

from __future__ import annotations

from uuid import UUID

from django.conf import settings
from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET

from kaibo.ingest.keys import ingest_secret
from kaibo.plumbing.access import access
from kaibo.plumbing.answers import ConsoleRequest
from kaibo.stages.showplan import push_queries, queries, services
from kaibo.stages.showplan.models import Session
from kaibo.stages.showplan.permissions import STREAM_KEY
from kaibo.stages.showplan.services.pushing import Ingest

SOURCE_TITLES = {"main": _("主路"), "backup": _("备路")}
HEALTH_TITLES = {"on_air": _("正常"), "weak": _("不稳"), "broken": _("断了"), "off": _("没有推流"), "stale": _("推流服务没有回报")}
HEALTH_PILLS = {"on_air": "ok", "weak": "warn", "broken": "bad", "off": "", "stale": "bad"}
WHY_TITLES = {
    "gone": _("编码器断开了"), "silent": _("连着但没有画面进来"), "bitrate": _("码率不到平时一半"),
    "frame_rate": _("帧率低于设定的八成"), "key_frame": _("超过 8 秒没有关键帧，新观众看不到画面"),
    "watcher": _("推流服务没有在运行：./kaibo media"),
}  # fmt: skip


def push(request: ConsoleRequest, session_id: UUID) -> HttpResponse:
    """What do I type into the encoder, and does it arrive?"""
    found = queries.session_for(request.actor, session_id)
    access.require(request.actor, STREAM_KEY, shop_id=found.shop_id)
    issued = []
    if request.method == "POST":
        ingest = Ingest(ingest_secret(settings.SECRET_KEY), settings.ENV.rtmp_url, settings.ENV.media_url)
        issued = services.issue_stream_keys(actor=request.actor, session_id=session_id, ingest=ingest, now=request.now)
    answer = render(
        request, "showplan/push.html",
        {"session": found, "issued": [(SOURCE_TITLES[one.source], one) for one in issued], "sources": _sources(found, request)},
    )  # fmt: skip
    answer["cache-control"] = "no-store"  # the keys are shown once and kept nowhere, the browser's cache included
    return answer


@require_GET
def health(request: ConsoleRequest, session_id: UUID) -> HttpResponse:
    found = queries.session_for(request.actor, session_id)
    access.require(request.actor, STREAM_KEY, shop_id=found.shop_id)
    return render(request, "showplan/_push_health.html", {"session": found, "sources": _sources(found, request)})


def _sources(session: Session, request: ConsoleRequest) -> list[dict[str, object]]:
    return [
        {
            "title": SOURCE_TITLES[one.source], "state": HEALTH_TITLES[one.state], "pill": HEALTH_PILLS[one.state], "why": WHY_TITLES.get(one.why, ""),
            "one": one, "rate": None if one.frame_rate_centi is None else f"{one.frame_rate_centi / 100:.1f}",
            "key_frame_age": None if one.key_frame_at is None else max(0, int((request.now - one.key_frame_at).total_seconds())),
        }
        for one in push_queries.ingests_of(session, request.now)
    ]  # fmt: skip
