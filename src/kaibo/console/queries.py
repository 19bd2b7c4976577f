"""What the shell's pages read: today's list, hits of Ctrl-K, verdicts, all through the manifests."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any

from django.utils.translation import gettext as _
from django_otp.plugins.otp_totp.models import TOTPDevice

from kaibo.console.navigation import visible_pages
from kaibo.kit.clock import business_date, day_bounds
from kaibo.master.people.models import Person
from kaibo.master.people.queries import names_of, people_with_role
from kaibo.plumbing.access import access
from kaibo.plumbing.access.actor import Actor
from kaibo.plumbing.once import reading
from kaibo.plumbing.thresholds import thresholds
from kaibo.plumbing.wiring import SearchHit, TodayItem, wiring
from kaibo.stages import FLOW

MOST_HITS_PER_SOURCE = 6
LATE, TODAY, LATER, FINISHED = "late", "today", "later", "finished"


@dataclass(frozen=True, slots=True)
class Due:
    """An item of the home board with its place in time."""

    at: datetime
    title: str
    who: str
    href: str
    state: str
    stage: str
    part: str
    due_at: datetime | None
    """Set while a countdown makes sense: not done, and within a day."""


def due_items(actor: Actor, now: datetime) -> list[Due]:
    """This function will gather what is due for the actor from every stage, in the order of time.   Source: LOOK 4, DESIGN §6."""
    with reading():
        items = [item for stage in wiring().manifests if stage.today for item in stage.today(actor, now)]
    return [_placed(item, now) for item in sorted(items, key=lambda item: (item.at, item.title))]


def _placed(item: TodayItem, now: datetime) -> Due:
    end_of_day = day_bounds(business_date(now))[1]
    if item.state == "ok":
        part = FINISHED
    elif item.at < now:
        part = LATE
    else:
        part = TODAY if item.at < end_of_day else LATER
    is_near = part in {LATE, TODAY} or (part == LATER and item.at - now < timedelta(days=1))
    return Due(item.at, item.title, item.who, item.href, item.state, item.stage, part, item.at if is_near else None)


def search_everything(actor: Actor, term: str) -> list[tuple[str, list[SearchHit]]]:
    """This function will find things and pages for Ctrl-K, grouped by kind; without a term it offers the pages."""
    wanted = term.strip()
    hits: list[SearchHit] = []
    if wanted:
        for stage in wiring().manifests:
            if stage.search:
                hits += list(stage.search(actor, wanted))[:MOST_HITS_PER_SOURCE]
    names = {stage.key: f"{stage.zh} {stage.en}" for stage in FLOW}
    pages = [
        SearchHit(title, "", href, _("页面"))
        for key, title, href in visible_pages(actor)
        if wanted.casefold() in f"{title} {names.get(key, '')} {key}".casefold()
    ]
    return _grouped([*hits, *pages])


def _grouped(hits: Sequence[SearchHit]) -> list[tuple[str, list[SearchHit]]]:
    order = list(dict.fromkeys(hit.kind for hit in hits))
    by_kind = sorted(hits, key=lambda hit: order.index(hit.kind))
    return [(kind, list(group)) for kind, group in groupby(by_kind, key=lambda hit: hit.kind)]


@dataclass(frozen=True, slots=True)
class AbilityRow:
    """An ability, whether the actor has it, and who would."""

    key: str
    zh: str
    en: str
    is_mine: bool
    roles: tuple[str, ...]


def abilities_by_place(actor: Actor) -> list[tuple[str, list[AbilityRow]]]:
    """This function will list every ability of the house by the place it belongs to, with the actor's own marked."""
    places: list[tuple[str, list[AbilityRow]]] = []
    for stage in wiring().manifests:
        rows = [
            AbilityRow(one.key, one.zh, one.en, actor.can(one.key), access.roles_having(one.key))
            for one in stage.abilities
        ]
        if rows:
            places.append((stage.key, rows))
    return places


def people_to_ask(roles: Sequence[str]) -> dict[str, list[str]]:
    """This function will name the people who have each role, so that one knows whom to ask."""
    holders = {role: people_with_role(role) for role in roles}
    names = names_of({one for ids in holders.values() for one in ids})
    return {role: sorted(names[one] for one in ids if one in names) for role, ids in holders.items() if ids}


def thresholds_by_place() -> list[tuple[str, list[thresholds.InForce]]]:
    """This function will list the thresholds in force, by the place whose rule they feed."""
    in_force: dict[str, Any] = {row.threshold.key: row for row in thresholds.all_in_force()}
    return [
        (stage.key, [in_force[one.key] for one in stage.thresholds]) for stage in wiring().manifests if stage.thresholds
    ]


def threshold_unit(key: str) -> str:
    """This function will give the unit a threshold is kept in.   Raises: ThresholdUnknown."""
    known = wiring().thresholds().get(key)
    if known is None:
        raise thresholds.ThresholdUnknown(key=key)
    return known.unit


def person_signing_in(person_id: str) -> Person | None:
    """This function will give the person whose password was right and whose code is still awaited."""
    return Person.objects.filter(pk=person_id, is_active=True).first()


def second_factor_of(person: Person) -> TOTPDevice | None:
    """This function will give the confirmed second factor of a person, if there is one."""
    return TOTPDevice.objects.filter(user=person, confirmed=True).first()


def pending_factor_of(person: Person) -> TOTPDevice | None:
    """This function will give the second factor a person began to set up."""
    return TOTPDevice.objects.filter(user=person, confirmed=False).first()
