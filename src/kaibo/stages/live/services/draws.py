"""Draws at the desk: write the rules, publish them once, and let the clock do every step whose time has come."""

from __future__ import annotations

import logging
from datetime import datetime
from uuid import UUID, uuid5

from django.conf import settings
from django.db import connection, transaction

from kaibo.kit.draws import Pulse
from kaibo.kit.ids import new_id
from kaibo.plumbing.access import access
from kaibo.plumbing.access.actor import KAIBO, Actor
from kaibo.plumbing.audit import audit
from kaibo.plumbing.citations import objections
from kaibo.room import draw_backoffice as room
from kaibo.room.draw_complaints import DrawMovedOn, DrawTooEarly, PulseWrong, RevealsMissing
from kaibo.stages.compliance.queries import screen_now
from kaibo.stages.live import beacon
from kaibo.stages.live.draw_terms import (
    BeaconAway,
    BeaconInfo,
    DrawLacks,
    DrawPublished,
    DrawReasonNeeded,
    DrawUnknown,
    Terms,
    lacking,
    rules_of,
    terms_from,
)
from kaibo.stages.live.models import DeskAction, DrawPlan
from kaibo.stages.live.permissions import DRAW_RUN, DRAW_WITNESS
from kaibo.stages.live.rules import Deed, NoticeBlocked
from kaibo.stages.live.services.turns import take_turn
from kaibo.stages.showplan import queries as showplan

log = logging.getLogger("kaibo.live.draws")


@transaction.atomic
def save_draw(*, actor: Actor, session_id: UUID, draw_id: UUID | None, terms: Terms, now: datetime, key: str = "") -> DrawPlan:
    """
    This function will keep a draft of a draw; a new one said again with the same key is the one that was made.

    Raises: Forbidden, SessionUnknown, DrawPublished.
    """
    session = showplan.session_for(actor, session_id)
    access.require(actor, DRAW_RUN, shop_id=session.shop_id)
    written = {"title": terms.title, "terms": terms.as_json(), "written_by_name": actor.name, "written_at": now}
    pk = draw_id or (uuid5(session.pk, f"draw:{actor.person_id}:{key}") if key else new_id())
    if draw_id is None:
        plan, is_new = DrawPlan.objects.get_or_create(pk=pk, defaults={"session": session, **written})
        if not is_new:
            return plan
    elif not DrawPlan.objects.filter(pk=pk, session=session, published_at=None).update(**written):
        raise DrawPublished
    audit.record(actor, "live:draw:save", subject=f"draw:{pk}", now=now, shop_id=session.shop_id, details={"title": terms.title})
    return DrawPlan.objects.get(pk=pk)


@transaction.atomic
def delete_draft(*, actor: Actor, draw_id: UUID, now: datetime) -> None:
    """This function will throw a draft away; a published draw stays for ever.   Raises: Forbidden, DrawUnknown, DrawPublished."""
    plan = _plan(actor, draw_id, DRAW_RUN)
    gone, _each = DrawPlan.objects.filter(pk=draw_id, published_at=None).delete()
    if not gone:
        raise DrawPublished
    audit.record(actor, "live:draw:delete", subject=f"draw:{draw_id}", now=now, shop_id=plan.session.shop_id, details={"title": plan.title})


def start_draw(*, actor: Actor, draw_id: UUID, now: datetime) -> DeskAction:
    """
    This function will publish a draw's rules for good and open its entries; it takes its randomness from the configured beacon, else from witnesses.

    Raises: Forbidden, DrawUnknown, DrawLacks, NoticeBlocked, BeaconAway, NotLive.   Source: LIV-10.
    """
    relay = settings.ENV.beacon_url
    return _publish(actor=actor, draw_id=draw_id, now=now, source=beacon.info_of(relay) if relay else None)


@transaction.atomic
def _publish(*, actor: Actor, draw_id: UUID, now: datetime, source: BeaconInfo | None) -> DeskAction:
    plan = _plan(actor, draw_id, DRAW_RUN)
    session = plan.session
    turn = take_turn(actor=actor, session_id=session.pk, ability=DRAW_RUN, kind=Deed.DRAW, key=f"draw:{draw_id}", now=now)
    if turn.prior:
        return turn.prior
    terms = terms_from(plan.terms)
    if lacks := lacking(terms, draw_id=draw_id, room=session.room, now=now):
        raise DrawLacks(fields=", ".join(lacks))
    words = "\n".join([terms.title, terms.conditions, *(f"{one.name} {one.detail}" for one in terms.prizes)])
    if hits := [hit for hit in screen_now(words, surface="script", category="").hits if hit.severity == "block"]:
        raise NoticeBlocked(**objections(hits))
    if not DrawPlan.objects.filter(pk=draw_id, published_at=None).update(published_at=now, published_by_name=actor.name):
        raise DrawPublished
    with connection.cursor() as cursor:
        rules_hash = room.publish_draw(
            cursor, room=session.room, rules=rules_of(terms, draw_id=draw_id, room=session.room, now=now, beacon=source)
        )
    return turn.record(Deed.DRAW, title=terms.title, draw=str(draw_id), rules_hash=rules_hash, minutes=terms.minutes_open)


@transaction.atomic
def void_draw(*, actor: Actor, draw_id: UUID, reason: str, now: datetime) -> None:
    """This function will void a draw for a reason viewers see.   Raises: Forbidden, DrawUnknown, DrawReasonNeeded, DrawMovedOn, DrawCannotBeVoided."""
    plan = _plan(actor, draw_id, DRAW_RUN)
    if not reason.strip():
        raise DrawReasonNeeded
    with connection.cursor() as cursor:
        room.void_draw(cursor, room=plan.session.room, draw=draw_id, reason=reason.strip()[:200], now=now)
    _note(actor, "void", plan, now, reason=reason.strip()[:200])


@transaction.atomic
def promise_secret(*, actor: Actor, draw_id: UUID, commitment: str, now: datetime) -> None:
    """This function will register a member of staff as a witness under the own name.   Raises: Forbidden, DrawUnknown, DrawMovedOn, WitnessTaken, WitnessesFull."""
    plan = _plan(actor, draw_id, DRAW_WITNESS)
    with connection.cursor() as cursor:
        room.commit_witness(
            cursor, room=plan.session.room, draw=draw_id, who=f"staff:{actor.person_id}", kind="staff", name=actor.name,
            commitment=commitment, now=now,
        )  # fmt: skip
    _note(actor, "promise", plan, now, commitment=commitment)


@transaction.atomic
def show_secret(*, actor: Actor, draw_id: UUID, secret: str, now: datetime) -> None:
    """This function will take the secret a member of staff promised.   Raises: Forbidden, DrawUnknown, DrawMovedOn, SecretNotPromised."""
    plan = _plan(actor, draw_id, DRAW_WITNESS)
    with connection.cursor() as cursor:
        room.reveal_secret(cursor, room=plan.session.room, draw=draw_id, who=f"staff:{actor.person_id}", secret=secret, now=now)
    _note(actor, "show", plan, now)


def advance_draws(now: datetime) -> int:
    """This function will freeze, draw and pass on whatever is due, each step in its own transaction, and give how many steps it took."""
    with connection.cursor() as cursor:
        due = room.draws_to_advance(cursor, now=now)
    taken = 0
    for draw_id, room_name, state in due:
        try:
            pulse = _pulse(draw_id, room_name) if state == "frozen" else None
            taken += _advance(draw_id, room_name, state, pulse, now)
        except (DrawTooEarly, DrawMovedOn, RevealsMissing):
            continue  # a witness has time left, or another process was first
        except (BeaconAway, PulseWrong):
            log.warning("the beacon's round is not there yet", extra={"draw": str(draw_id)})
    return taken


def _pulse(draw_id: UUID, room_name: str) -> Pulse | None:
    with connection.cursor() as cursor:
        found = room.draw_of(cursor, room=room_name, draw=draw_id)
    if not found.is_beacon or found.freeze is None:
        return None
    return beacon.pulse_of(found.rules["entropy"]["relays"][0], found.freeze["round"])


@transaction.atomic
def _advance(draw_id: UUID, room_name: str, state: str, pulse: Pulse | None, now: datetime) -> int:
    plan = DrawPlan.objects.select_related("session").filter(pk=draw_id).first()
    with connection.cursor() as cursor:
        if state == "open":
            _note(KAIBO, "freeze", plan, now, commitment=room.freeze_draw(cursor, room=room_name, draw=draw_id, now=now))
        elif state == "frozen":
            _note(KAIBO, "hold", plan, now, digest=room.hold_draw(cursor, room=room_name, draw=draw_id, now=now, pulse=pulse))
        else:
            for late, following in room.pass_on_unclaimed(cursor, room=room_name, draw=draw_id, now=now):
                _note(KAIBO, "pass_on", plan, now, place=late.place, to_place=following.place if following else None)
    return 1


def _plan(actor: Actor, draw_id: UUID, ability: str) -> DrawPlan:
    plan = DrawPlan.objects.select_related("session").filter(pk=draw_id).first()
    if plan is None or not actor.sees(plan.session.shop_id):
        raise DrawUnknown
    access.require(actor, ability, shop_id=plan.session.shop_id)
    return plan


def _note(actor: Actor, what: str, plan: DrawPlan | None, now: datetime, **details: object) -> None:
    if plan is None:  # a draw published without the desk (tools, tests) has no shop to note it for
        return
    audit.record(
        actor, f"live:draw:{what}", subject=f"draw:{plan.pk}", now=now, shop_id=plan.session.shop_id, details={"title": plan.title, **details}
    )
