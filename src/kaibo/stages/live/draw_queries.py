"""Reads of draws: what was written, and what the room says became of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection

from kaibo.kit.clock import screen_time
from kaibo.plumbing.access import access
from kaibo.plumbing.access.actor import Actor
from kaibo.room import draw_backoffice as room
from kaibo.room.draw_backoffice import Place, WitnessRow
from kaibo.stages.live.draw_terms import DrawUnknown, Terms, first_terms, lacking, terms_from
from kaibo.stages.live.models import DrawPlan
from kaibo.stages.live.permissions import DESK_SEE
from kaibo.stages.showplan.models import Session


@dataclass(frozen=True, slots=True)
class DrawRow:
    """A draw at the desk: the draft with what it lacks, or the published one with its state."""

    plan: DrawPlan
    terms: Terms
    lacks: Sequence[str]
    card: Mapping[str, Any]
    witnesses: Sequence[WitnessRow]
    places: Sequence[Place]

    @property
    def state(self) -> str:
        return str(self.card.get("state", "draft"))

    @property
    def key(self) -> str:
        return self.plan.pk.hex

    def at(self, name: str) -> str:
        found = self.card.get(name)
        return screen_time(datetime.fromisoformat(found)) if found else ""

    @property
    def closes_at(self) -> str:
        return self.at("closes_at")

    @property
    def draws_at(self) -> str:
        return self.at("draws_at")

    def witness_of(self, person_id: UUID | None) -> WitnessRow | None:
        return next((one for one in self.witnesses if one.who == f"staff:{person_id}"), None)


def draws_of(session: Session, *, now: datetime) -> list[DrawRow]:
    """This function will list a session's draws in the order they were written."""
    plans = list(DrawPlan.objects.filter(session=session).order_by("written_at", "pk"))
    if not plans:
        return []
    with connection.cursor() as cursor:
        cards = {one["draw"]: one for one in room.cards_of(cursor, room=session.room)}
        rows = []
        for plan in plans:
            terms, card = terms_from(plan.terms), cards.get(str(plan.pk), {})
            lacks = () if card else lacking(terms, draw_id=plan.pk, room=session.room, now=now)
            witnesses = room.witnesses_of(cursor, plan.pk) if card else []
            places = room.places_of(cursor, plan.pk) if card.get("state") == "drawn" else []
            rows.append(DrawRow(plan, terms, lacks, card, witnesses, places))
    return rows


def plan_in(session: Session, draw_id: UUID) -> DrawPlan:
    """This function will give a draw of this very session.   Raises: DrawUnknown."""
    plan = DrawPlan.objects.filter(pk=draw_id, session=session).first()
    if plan is None:
        raise DrawUnknown
    return plan


def terms_for(session: Session, draw_id: UUID | None) -> Terms:
    """This function will give the draft to go on with: as kept, else with what the shop's last draw said.   Raises: DrawUnknown."""
    if draw_id is not None:
        return terms_from(plan_in(session, draw_id).terms)
    last = DrawPlan.objects.filter(session__shop=session.shop_id).order_by("-written_at").first()
    contact = terms_from(last.terms).contact if last else ""
    return first_terms(organiser=session.shop.company, contact=contact)


def published_file(actor: Actor, draw_id: UUID) -> tuple[DrawPlan, str]:
    """This function will give the file of a draw exactly as it was published.   Raises: Forbidden, DrawUnknown."""
    plan = DrawPlan.objects.select_related("session").filter(pk=draw_id).first()
    if plan is None or not actor.sees(plan.session.shop_id):
        raise DrawUnknown
    access.require(actor, DESK_SEE, shop_id=plan.session.shop_id)
    with connection.cursor() as cursor:
        told = room.file_of(cursor, draw_id)
    if told is None:
        raise DrawUnknown
    return plan, told
