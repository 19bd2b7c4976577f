"""What the home board is told: sessions on air, sessions about to start or late, prices waiting for a second person."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db.models import QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _

from kaibo.kit.money import yuan_text
from kaibo.plumbing import prepared
from kaibo.plumbing.access.actor import Actor
from kaibo.plumbing.wiring import TodayItem
from kaibo.stages.live.models import PriceRequest
from kaibo.stages.live.permissions import DESK_SEE, PRICE_CONFIRM
from kaibo.stages.showplan import queries as showplan
from kaibo.stages.showplan.models import Session


def today(actor: Actor, now: datetime) -> Sequence[TodayItem]:
    """This function will list what the desk waits for."""
    if not actor.can(DESK_SEE):
        return []
    items = []
    for session in prepared.rows(_soon, actor, now=now):
        href = reverse("live:desk", args=[session.pk])
        if session.state == Session.State.LIVE:
            items.append(TodayItem(session.ends_at, _("直播中 · %(title)s") % {"title": session.title}, _("场控"), href, "run", "live"))
        elif session.starts_at < now:
            items.append(TodayItem(session.starts_at, _("该开播了 · %(title)s") % {"title": session.title}, _("场控"), href, "red", "live"))
        else:
            items.append(TodayItem(session.starts_at, _("开播 · %(title)s") % {"title": session.title}, _("场控"), href, "run", "live"))
    return [*items, *_prices(actor)]


def _prices(actor: Actor) -> list[TodayItem]:
    if not actor.can(PRICE_CONFIRM):
        return []
    return [
        TodayItem(
            one.asked_at, _("确认异常价格 %(price)s · %(title)s") % {"price": yuan_text(one.price_fen), "title": one.sku.product.title},
            one.asked_by_name, reverse("live:desk", args=[one.session_id]), "red", "live",
        )
        for one in prepared.rows(_waiting, actor) if actor.can(PRICE_CONFIRM, shop_id=one.session.shop_id)
    ]  # fmt: skip


def _soon(actor: Actor, *, now: Any) -> QuerySet:
    return showplan.sessions_for(actor).filter(
        state__in=[Session.State.READY, Session.State.LIVE], starts_at__lt=now + timedelta(hours=24), ends_at__gt=now - timedelta(hours=12)
    )


def _waiting(actor: Actor) -> QuerySet[PriceRequest]:
    return PriceRequest.objects.select_related("session", "sku__product").filter(state=PriceRequest.State.WAITING).exclude(asked_by=actor.person_id)


def badge(actor: Actor, now: datetime) -> Sequence[QuerySet]:
    """This function will give the sessions on air."""
    return (showplan.sessions_for(actor).filter(state=Session.State.LIVE),)
