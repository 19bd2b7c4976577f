"""
Following sent parcels: asked for or pushed, scans kept verbatim, what stands still found by the patience of its stage.

Trackers are called outside any transaction; a parcel's turn is taken by moving its next question.   Source: ORD-4, ORD-5.
"""

from __future__ import annotations

import hashlib
import logging
import time
from collections.abc import Mapping
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db import connection, transaction
from django.db.models import F, Q
from django.db.models.functions import Coalesce
from django.urls import reverse

from kaibo.kit.couriers import courier_of
from kaibo.kit.errors import Conflict, Invalid, KaiboError, NotFound
from kaibo.kit.shop_channels import required
from kaibo.kit.shop_complaints import ShopCannot, ShopRefused
from kaibo.kit.trackers import Asked, Stage, Track, Tracker
from kaibo.plumbing.access import access
from kaibo.plumbing.access.actor import KAIBO, Actor
from kaibo.plumbing.audit import audit
from kaibo.plumbing.robots import robots
from kaibo.plumbing.thresholds import thresholds
from kaibo.plumbing.tracker_kinds import tracker_kinds
from kaibo.plumbing.vault.deposit import open_deposit, seal_deposit
from kaibo.stages.orders import queries
from kaibo.stages.orders.complaints import ReasonMissing
from kaibo.stages.orders.models import Order, ParcelTrack, Shipment, TrackerAccount, TrackStep
from kaibo.stages.orders.permissions import HOLD, TRACK
from kaibo.stages.orders.rules import State
from kaibo.stages.orders.stalling import OVER, PATIENCE, ask_again, trouble_at_once

log = logging.getLogger("kaibo.orders.tracking")

FOLLOWED_FOR = timedelta(days=15)
MOST_AT_ONCE, BUDGET_SECONDS = 60, 10.0
LEASE = timedelta(minutes=5)
LONGEST_WAIT = timedelta(hours=6)


class TrackerUnknown(NotFound):
    code = "orders.tracker_unknown"
    message_zh = "没有这个物流查询渠道"
    message_en = "There is no such tracker"


class TrackUnknown(NotFound):
    code = "orders.track_unknown"
    message_zh = "没有这个包裹，或你看不到它"
    message_en = "There is no such parcel, or you cannot see it"


class NotInTrouble(Conflict):
    code = "orders.parcel_not_in_trouble"
    message_zh = "这个包裹已经没有异常，请刷新"
    message_en = "This parcel is in no trouble any more; reload"


class NotSettled(Conflict):
    code = "orders.parcel_not_settled"
    message_zh = "这个包裹又动了，或已经放回来了，请刷新"
    message_en = "This parcel has moved since, or is back on the list already; reload"


class HoursWrong(Invalid):
    code = "orders.deadline_hours_wrong"
    message_zh = "期限要在 1 到 240 小时之间"
    message_en = "The deadline must be between 1 and 240 hours"


# ── accounts ──────────────────────────────────────────────────────────────────────────────────────────────────────


@transaction.atomic
def connect(*, actor: Actor, key: str, given: Mapping[str, str], is_on: bool, now: datetime) -> None:
    """
    This function will keep an account at a tracker; a secret left empty stays. Only one is used at a time.

    Raises: Forbidden, TrackerUnknown, ShopSettingWrong.
    """
    access.require(actor, TRACK)
    kind = tracker_kinds().get(key)
    if kind is None:
        raise TrackerUnknown
    stored = TrackerAccount.objects.filter(pk=key).first()
    kept = open_deposit(f"tracker:{key}", stored.sealed_settings) if stored else {}
    said = required({one.key: given.get(one.key) or kept.get(one.key, "") for one in kind.fields}, kind.fields)
    kind.make(said)
    if is_on:
        TrackerAccount.objects.exclude(pk=key).update(is_on=False)
    TrackerAccount.objects.update_or_create(
        pk=key, defaults={"sealed_settings": seal_deposit(f"tracker:{key}", said), "is_on": is_on, "trouble_zh": "", "trouble_en": "", "changed_at": now}
    )
    audit.record(actor, "orders:tracker:connect", subject=f"tracker:{key}", now=now, details={"fields": sorted(k for k, v in given.items() if v), "on": is_on})


def open_tracker(key: str = "") -> Tracker | None:
    """This function will give the tracker in use, or one by key, ready to call; None where there is none."""
    found = TrackerAccount.objects.filter(Q(pk=key) if key else Q(is_on=True)).first()
    if found is None or found.key not in tracker_kinds():
        return None
    return tracker_kinds()[found.key].make(open_deposit(f"tracker:{found.key}", found.sealed_settings))


# ── following ─────────────────────────────────────────────────────────────────────────────────────────────────────


def follow_due(now: datetime) -> int:
    """This function will follow new parcels, ask about those whose turn it is, find those that stand still; a clock."""
    if open_tracker() is None:
        return 0  # nobody looks: that nothing was heard of a parcel says nothing about it
    begin_following(now)
    asked = _ask_due(now)
    return asked + find_stalled(now)


def begin_following(now: datetime) -> int:
    """This function will begin to follow parcels that were sent, with one statement."""
    with connection.cursor() as cursor:
        cursor.execute(
            """INSERT INTO orders_parceltrack (shipment_id, shop_id, courier, stage, raw, last_at, last_words, is_over, is_subscribed, next_ask_at, failures,
                                               problem, trouble, owner_name, note)
               SELECT s.id, o.shop_id, '', 'none', '', s.shipped_at, '', false, false, %(now)s, 0, '', '', '', ''
                 FROM orders_shipment s JOIN orders_order o ON o.id = s.order_id
                WHERE s.shipped_at > %(since)s AND o.state IN ('shipped', 'partially_shipped')
                  AND NOT EXISTS (SELECT 1 FROM orders_parceltrack t WHERE t.shipment_id = s.id)
                LIMIT 5000 ON CONFLICT DO NOTHING""",
            {"now": now, "since": now - FOLLOWED_FOR},
        )
        return cursor.rowcount


def _ask_due(now: datetime) -> int:
    tracker = open_tracker()
    if tracker is None:
        return 0
    begun, heard = time.monotonic(), 0
    due = ParcelTrack.objects.filter(is_over=False, next_ask_at__lte=now).order_by("next_ask_at").values_list("pk", flat=True)
    for pk in list(due[:MOST_AT_ONCE]):
        if ParcelTrack.objects.filter(pk=pk, is_over=False, next_ask_at__lte=now).update(next_ask_at=now + LEASE):
            heard += _ask_one(tracker, ParcelTrack.objects.select_related("shipment__order").get(pk=pk), now)
        if time.monotonic() - begun > BUDGET_SECONDS:
            break
    return heard


def _ask_one(tracker: Tracker, one: ParcelTrack, now: datetime) -> int:
    courier = courier_of(one.courier or one.shipment.carrier)
    if courier is None:
        _wait(one, f"不认识的快递公司：{one.shipment.carrier}", now, LONGEST_WAIT)
        return 0
    asked = Asked(one.shipment.tracking_no, courier.key, one.shipment.order.phone_tail if courier.needs_phone else "")
    try:
        if tracker.pushes and not one.is_subscribed:
            tracker.subscribe(asked, settings.ENV.console_url + reverse("orders:track-push", args=[tracker.key]), now=now)
            ParcelTrack.objects.filter(pk=one.pk).update(is_subscribed=True)
        track = tracker.track(asked, now=now)
    except (ShopRefused, ShopCannot) as no:
        _wait(one, no.message("zh"), now, LONGEST_WAIT)
        return 0
    except KaiboError as complaint:
        TrackerAccount.objects.filter(pk=tracker.key).update(trouble_zh=complaint.message("zh")[:200], trouble_en=complaint.message("en")[:200])
        _wait(one, complaint.message("zh"), now, min(LONGEST_WAIT, timedelta(minutes=2) * 2 ** min(one.failures, 8)))
        return 0
    TrackerAccount.objects.filter(pk=tracker.key).exclude(trouble_zh="").update(trouble_zh="", trouble_en="")
    return int(take_track(one.pk, track, source=tracker.key, now=now))


def _wait(one: ParcelTrack, why: str, now: datetime, wait: timedelta) -> None:
    ParcelTrack.objects.filter(pk=one.pk).update(failures=one.failures + 1, problem=why[:200], next_ask_at=now + wait)


def take_push(key: str, form: Mapping[str, str], now: datetime) -> int:
    """This function will take what a tracker pushes, for every parcel with that number, and give how many it moved.   Raises: PushForged, …"""
    tracker = open_tracker(key)
    if tracker is None:
        raise TrackerUnknown
    track = tracker.read_push(form, now=now)
    found = ParcelTrack.objects.filter(shipment__tracking_no=track.number).values_list("pk", flat=True)
    return sum(take_track(pk, track, source=key, now=now) for pk in list(found))


@transaction.atomic
def take_track(shipment_id: UUID, track: Track, *, source: str, now: datetime) -> bool:
    """
    This function will keep a parcel's scans and where it is, and say whether anything was new. An older answer than what
    stands adds its scans and changes nothing else; a delivered parcel may come back.
    """
    order_id = Shipment.objects.values_list("order_id", flat=True).get(pk=shipment_id)
    Order.objects.select_for_update().get(pk=order_id)  # lock: the order before its parcels
    one = ParcelTrack.objects.select_for_update().get(pk=shipment_id)
    fresh = TrackStep.objects.bulk_create(
        [
            TrackStep(shipment_id=shipment_id, at=step.at, words=step.words, place=step.place, raw=step.raw, source=source, digest=_digest(step.at, step.words))
            for step in track.steps
        ],
        ignore_conflicts=True,
    )
    newest = track.steps[-1] if track.steps else None
    if newest is not None and newest.at < one.last_at and one.stage != Stage.NONE.value:
        ParcelTrack.objects.filter(pk=one.pk).update(next_ask_at=now + ask_again(Stage(one.stage)), failures=0, problem="")
        return False
    moved = track.stage.value != one.stage or (newest is not None and (newest.at != one.last_at or newest.words[:200] != one.last_words))
    trouble = trouble_at_once(track.stage)
    is_over = track.stage in OVER
    values = {
        "stage": track.stage.value, "raw": track.raw[:20], "courier": track.courier[:20], "is_over": is_over, "failures": 0, "problem": "",
        "next_ask_at": None if is_over else now + ask_again(track.stage),
    }  # fmt: skip
    if newest is not None:
        values |= {"last_at": newest.at, "last_words": newest.words[:200]}
    if trouble and one.trouble != trouble.value:
        values |= _in_trouble(trouble.value, now)
    elif moved and not trouble and one.trouble:
        values |= {"trouble": "", "trouble_at": None, "due_at": None, "settled_at": None, "note": ""}
    ParcelTrack.objects.filter(pk=one.pk).update(**values)
    if track.stage is Stage.DELIVERED:
        _note_delivered(order_id)
    return bool(fresh) and moved


def _note_delivered(order_id: UUID) -> None:
    """An order is delivered when all of it left and every parcel arrived; the platform may say more later."""
    still = ParcelTrack.objects.filter(shipment__order=order_id).exclude(stage=Stage.DELIVERED.value).exists()
    if not still:
        Order.objects.filter(pk=order_id, state=State.SHIPPED.value).update(state=State.DELIVERED.value)


def _in_trouble(trouble: str, now: datetime) -> dict[str, object]:
    return {
        "trouble": trouble, "trouble_at": now, "first_trouble_at": Coalesce(F("first_trouble_at"), now), "due_at": now + timedelta(hours=thresholds.value("orders.trouble_hours")), "settled_at": None,
        "owner_id": None, "owner_name": "", "note": "",
    }  # fmt: skip


def find_stalled(now: datetime) -> int:
    """This function will mark parcels whose stage lost its patience: one statement a stage.   Source: ORD-5."""
    found = 0
    for stage, (trouble, key) in PATIENCE.items():
        since = now - timedelta(hours=thresholds.value(key))
        quiet = ParcelTrack.objects.filter(is_over=False, trouble="", stage=stage.value, last_at__lt=since)
        found += quiet.update(**_in_trouble(trouble.value, now))
    return found


def tell_late(now: datetime) -> int:
    """
    This function will tell the groups that follow parcels what is late or stands still, once an hour each while it lasts; a clock.
    """
    clock = queries.ship_clock(KAIBO, now)
    stuck = ParcelTrack.objects.filter(settled_at=None).exclude(trouble="").count()
    hour = f"{now:%Y%m%d%H}"
    told = 0
    if clock.overdue:
        told += robots.note(key=f"parcels:late:{hour}", title=f"发货：已超时 {clock.overdue} 单，4 小时内要发 {clock.within_4} 单", href=reverse("orders:picking"), now=now)
    if stuck:
        told += robots.note(key=f"parcels:stuck:{hour}", title=f"物流：{stuck} 个包裹停在路上或正在退回", href=reverse("orders:parcels"), now=now)
    return told


def _digest(at: datetime, words: str) -> str:
    return hashlib.md5(f"{at.isoformat()}|{words}".encode(), usedforsecurity=False).hexdigest()[:16]


# ── what people do ────────────────────────────────────────────────────────────────────────────────────────────────


def track_for(actor: Actor, shipment_id: UUID) -> ParcelTrack:
    """This function will give a followed parcel of the actor's shops.   Raises: TrackUnknown."""
    one = ParcelTrack.objects.select_related("shipment__order").filter(pk=shipment_id).first()
    if one is None or not actor.sees(one.shop_id):
        raise TrackUnknown
    return one


@transaction.atomic
def take_on(*, actor: Actor, shipment_id: UUID, hours: int, now: datetime) -> None:
    """This function will make a parcel in trouble the actor's, to be settled within so many hours.   Raises: Forbidden, TrackUnknown, HoursWrong, NotInTrouble."""
    one = track_for(actor, shipment_id)
    access.require(actor, HOLD, shop_id=one.shop_id)
    if not 1 <= hours <= 240:
        raise HoursWrong
    changed = ParcelTrack.objects.filter(pk=shipment_id, settled_at=None).exclude(trouble="").update(
        owner_id=actor.person_id, owner_name=actor.name, due_at=now + timedelta(hours=hours)
    )
    if not changed:
        raise NotInTrouble
    audit.record(actor, "orders:parcel:take_on", subject=f"shipment:{shipment_id}", now=now, shop_id=one.shop_id, details={"hours": hours, "trouble": one.trouble})


@transaction.atomic
def settle(*, actor: Actor, shipment_id: UUID, note: str, now: datetime) -> None:
    """This function will note how a parcel's trouble was settled.   Raises: Forbidden, TrackUnknown, ReasonMissing, NotInTrouble."""
    one = track_for(actor, shipment_id)
    access.require(actor, HOLD, shop_id=one.shop_id)
    if not note.strip():
        raise ReasonMissing
    changed = ParcelTrack.objects.filter(pk=shipment_id, settled_at=None).exclude(trouble="").update(settled_at=now, note=note.strip()[:200])
    if not changed:
        raise NotInTrouble
    audit.record(
        actor, "orders:parcel:settle_trouble", subject=f"shipment:{shipment_id}", now=now, shop_id=one.shop_id, details={"trouble": one.trouble},
        reason=note.strip()[:200],
    )


@transaction.atomic
def reopen(*, actor: Actor, shipment_id: UUID, now: datetime) -> None:
    """This function will put a parcel back among those in trouble that was called settled by a slip, with its owner and deadline.   Raises: Forbidden, TrackUnknown, NotSettled."""
    one = track_for(actor, shipment_id)
    access.require(actor, HOLD, shop_id=one.shop_id)
    if not ParcelTrack.objects.filter(pk=shipment_id, settled_at__isnull=False).exclude(trouble="").update(settled_at=None):
        raise NotSettled
    audit.record(actor, "orders:parcel:reopen_trouble", subject=f"shipment:{shipment_id}", now=now, shop_id=one.shop_id, details={"trouble": one.trouble, "note": one.note})
