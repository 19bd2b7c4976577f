"""
The back of house's side of what the law wants of a room: who stands behind it, and what viewers reported.

Like room/backoffice.py: each function takes a cursor, works inside the caller's transaction and never commits.
Source: facts/law L2 (disclosure by the operator, marking of artificial persons, complaints).
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import date, datetime
from uuid import UUID

from kaibo.room.backoffice import Cursor, announce_state
from kaibo.room.complaints import RoomIsNotHere

LICENCE_FACTS = ("company_type", "legal_person", "registered_capital", "registered_address")
"""What the licence page says of a company beside name and code, in its order.   Source: facts/law L4, 网络交易监督管理办法第十二条."""


@dataclass(frozen=True, slots=True)
class Report:
    """What a viewer reported 举报."""

    report: UUID
    room: str
    room_title: str
    shop: str
    visitor: str
    kind: str
    item: UUID | None
    item_title: str
    text: str
    reported_at: datetime


@dataclass(frozen=True, slots=True)
class Permit:
    """A paper by which an operator may do what it does; `until` is its last day, None without end."""

    title_zh: str
    title_en: str
    number: str
    issuer: str
    until: date | None


@dataclass(frozen=True, slots=True)
class Identity:
    """What a room tells viewers of who stands behind it."""

    room: str
    title: str
    shop: str
    operator: str
    company: str
    host: str
    licence_number: str
    contact: str
    service_url: str
    is_ai_host: bool
    permits: int = 0
    """How many papers its licence page holds."""
    licence: Mapping[str, str] = field(default_factory=dict)
    """What its licence page says of the company beside name and code."""


def identities_of(cur: Cursor, shops: list[str], *, most: int = 200) -> list[Identity]:
    """This function will give what the rooms of shops tell of their operators, the newest first; ended rooms and those of benches are left out."""
    cur.execute(
        """select room, title, shop, operator, company, host, licence_number, contact, service_url, is_ai_host,
                  jsonb_array_length(permits), licence::text from room.rooms
            where shop = any(%s) and not is_bench and state <> 'ended' order by created_at desc, room limit %s""",
        (shops, most),
    )
    return [Identity(*(*row[:-1], json.loads(row[-1]))) for row in cur.fetchall()]


def show_identity(
    cur: Cursor,
    *,
    room: str,
    licence_number: str | None = None,
    contact: str | None = None,
    service_url: str | None = None,
    is_ai_host: bool | None = None,
) -> bool:
    """
    This function will show viewers the licence, the contact and the service page of a room's operator, and whether the
    host is an artificial person, and say whether that was news. What is None stays as it is.

    Raises: RoomIsNotHere.
    """
    cur.execute(
        "select licence_number, contact, service_url, is_ai_host from room.rooms where room = %s for no key update",
        (room,),
    )
    found = cur.fetchone()
    if found is None:
        raise RoomIsNotHere(room=room)
    asked = (licence_number, contact, service_url, is_ai_host)
    wanted = tuple(old if new is None else new for old, new in zip(found, asked, strict=True))
    if tuple(found) == wanted:
        return False
    cur.execute(
        "update room.rooms set licence_number = %s, contact = %s, service_url = %s, is_ai_host = %s where room = %s",
        (*wanted, room),
    )
    announce_state(cur, room)
    return True


def show_permits(cur: Cursor, *, shop: str, permits: Sequence[Permit]) -> int:
    """
    This function will show the papers of a shop on the licence page of all its rooms that have not ended, and say of how many that was
    news. The page leaves out what has ended by itself.   Source: facts/law L4.
    """
    told = json.dumps([asdict(one) | {"until": one.until.isoformat() if one.until else None} for one in permits], ensure_ascii=False)
    cur.execute("update room.rooms set permits = %s::jsonb where shop = %s and state <> 'ended' and permits <> %s::jsonb returning room", (told, shop, told))
    return len(cur.fetchall())


def show_licence(cur: Cursor, *, shop: str, company: str, licence_number: str, facts: Mapping[str, str]) -> int:
    """
    This function will show what a shop's licence says in all its rooms that have not ended, and say of how many that was news.

    facts: company_type, legal_person, registered_capital, registered_address; what is not known is left out.   Source: facts/law L2, L4.
    """
    told = json.dumps({name: value for name, value in facts.items() if value}, ensure_ascii=False)
    cur.execute(
        """update room.rooms set company = %s, licence_number = %s, licence = %s::jsonb
            where shop = %s and state <> 'ended' and (company, licence_number, licence) is distinct from (%s, %s, %s::jsonb) returning room""",
        (company, licence_number, told, shop, company, licence_number, told),
    )
    rooms = sorted(one for (one,) in cur.fetchall())
    for one in rooms:
        announce_state(cur, one)
    return len(rooms)


def show_labels(cur: Cursor, *, room: str, item: UUID, labels: Sequence[str]) -> bool:
    """This function will show these labels on an open item's card and say whether they were news, to viewers as well.   Source: CMP-5, LST-7."""
    cur.execute("select 1 from room.items where item = %s and state <> 'closed' and labels <> %s", (item, list(labels)))
    if cur.fetchone() is None:  # nearly always, and then nothing is locked
        return False
    cur.execute("select 1 from room.rooms where room = %s for no key update", (room,))
    cur.execute("update room.items set labels = %s where item = %s and state <> 'closed' and labels <> %s returning item", (list(labels), item, list(labels)))
    if cur.fetchone() is None:
        return False
    cur.execute("select room.announce(i.room, 'item', room.item_card(i)) from room.items i where i.item = %s", (item,))
    return True


def take_reports(cur: Cursor, *, limit: int = 100, of_shops_only: bool = False) -> list[Report]:
    """
    This function will give reports nobody took before, oldest first, and note that the caller's transaction took them.

    Several takers at once never get the same report. A bench's room belongs to no shop.
    """
    cur.execute(
        """with taken as (
               update room.reports set taken_at = now()
                where report in (select p.report from room.reports p join room.rooms r on r.room = p.room
                                  where p.taken_at is null and (r.shop <> '' or not %s)
                                  order by p.report limit %s for update of p skip locked)
               returning *)
           select t.report, t.room, r.title, r.shop, t.visitor, t.kind, t.item, coalesce(i.title, ''), t.text, t.reported_at
             from taken t join room.rooms r on r.room = t.room left join room.items i on i.item = t.item order by t.report""",
        (of_shops_only, limit),
    )
    return [Report(*row) for row in cur.fetchall()]
