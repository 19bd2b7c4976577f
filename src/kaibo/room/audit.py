"""Proofs from the ledger's own rows: what `kaibo room audit` prints and what `kaibo check` asks of the room."""

from __future__ import annotations

from dataclasses import dataclass

from kaibo.room.backoffice import Cursor
from kaibo.room.complaints import RoomIsNotHere
from kaibo.room.coupon_backoffice import CHECKS as COUPON_CHECKS


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that does not add up."""

    subject: str
    rule: str
    expected: int
    found: int


def audit(cur: Cursor, room: str) -> dict[str, int]:
    """
    This function will count a room's ledger from its rows, not from its running totals.

    `stock` and `left` come from movements, `claimed` (units) and `claims` (rows) from the claims themselves.
    """
    cur.execute("select 1 from room.rooms where room = %s", (room,))
    if cur.fetchone() is None:
        raise RoomIsNotHere(room=room)
    cur.execute(
        """select coalesce(sum(m.units) filter (where m.kind = 'allotted'), 0)
                - coalesce(sum(m.units) filter (where m.kind = 'withdrawn'), 0),
                  coalesce(sum(case when m.kind in ('allotted', 'returned') then m.units else -m.units end), 0)
             from room.movements m join room.items i on i.item = m.item where i.room = %s""",
        (room,),
    )
    stock, left = cur.fetchone()
    cur.execute(
        """select coalesce(sum(quantity - returned_units) filter (where result = 'claimed'), 0),
                  count(*) filter (where result = 'claimed'), coalesce(sum(answered_again), 0)
             from room.answers where room = %s""",
        (room,),
    )
    claimed, claims, duplicates = cur.fetchone()
    return {
        "stock": int(stock),
        "claimed": int(claimed),
        "left": int(left),
        "claims": int(claims),
        "duplicates_answered": int(duplicates),
    }


_CHECKS = (
    (
        "units put in − withdrawn = claimed − returned + left",
        """select item::text, stock_units - withdrawn_units, claimed_units - returned_units + left_units
             from room.items""",
    ),
    (
        "claimed units = sum of claims",
        """select i.item::text, i.claimed_units, coalesce(sum(c.quantity), 0)
             from room.items i left join room.claims c on c.item = i.item and c.room = i.room
            group by i.item, i.claimed_units""",
    ),
    (
        "returned units = sum of what claims returned",
        """select i.item::text, i.returned_units, coalesce(sum(c.returned_units), 0)
             from room.items i left join room.claims c on c.item = i.item group by i.item, i.returned_units""",
    ),
    (
        "units left = sum of movements",
        """select i.item::text, i.left_units,
                  coalesce(sum(case when m.kind in ('allotted', 'returned') then m.units else -m.units end), 0)
             from room.items i left join room.movements m on m.item = i.item group by i.item, i.left_units""",
    ),
    (
        "claimed units = sum of claim movements",
        """select i.item::text, i.claimed_units, coalesce(sum(m.units), 0)
             from room.items i left join room.movements m on m.item = i.item and m.kind = 'claimed'
            group by i.item, i.claimed_units""",
    ),
    (
        "every claim is of an item of its room",
        """select c.claim::text, 1, count(i.item) from room.claims c
             left join room.items i on i.item = c.item and i.room = c.room group by c.claim having count(i.item) <> 1""",
    ),
    (
        "units a visitor holds of a limited item = sum of the visitor's claims",
        """select coalesce(v.item, c.item)::text || ' ' || coalesce(v.visitor, c.visitor),
                  coalesce(v.units, 0), coalesce(c.units, 0)
             from room.visitor_units v
             full join (select c.item, c.visitor, sum(c.quantity - c.returned_units) as units from room.claims c
                          join room.items i on i.item = c.item and i.limit_per_visitor is not null group by 1, 2) c
               on c.item = v.item and c.visitor = v.visitor""",
    ),
    (
        "a paid claim has not ended, or was claimed again",
        """select a.attempt::text, 0, 1 from room.answers a where a.paid_at is not null and a.returned_units > 0""",
    ),
    (
        "an ended claim nobody paid gave its units back, once",
        """select a.attempt::text, a.returned_units, coalesce(sum(case m.kind when 'returned' then m.units else -m.units end), 0)
             from room.answers a left join room.movements m on m.claim = a.attempt
            where a.expired_at is not null group by a.attempt, a.returned_units""",
    ),
    (
        "a claim is paid by exactly one payment",
        """select a.attempt::text, 1, count(p.payment) from room.answers a
             left join room.payments p on p.claim = a.attempt and p.outcome in ('in_time', 'late')
            where a.paid_at is not null and exists (select 1 from room.payments q where q.claim = a.attempt)
            group by a.attempt""",
    ),
    (
        "money booked in time or late paid its claim",
        """select p.payment::text, 1, 0 from room.payments p join room.answers a on a.attempt = p.claim
            where p.outcome in ('in_time', 'late') and a.paid_at is null""",
    ),
    (
        "nobody waits for units that are on sale",
        """select w.place::text, 0, i.left_units from room.waitlist w join room.items i on i.item = w.item
            where w.state = 'waiting' and i.state = 'on_sale' and i.left_units > 0 and i.opens_at is null and i.closes_at is null""",
    ),
    (
        "events of a room are numbered 1, 2, 3 … without gaps",
        """select r.room, r.last_event - r.events_cleared, count(e.seq)
             from room.rooms r left join room.events e on e.room = r.room and e.seq > r.events_cleared
            group by r.room, r.last_event, r.events_cleared""",
    ),
    (
        "running total of claims = claims",
        """select coalesce(t.room, c.room), coalesce(t.times, 0), coalesce(c.times, 0)
             from (select room, sum(times) as times from room.tallies where what = 'claimed' group by 1) t
             full join (select room, count(*) as times from room.claims group by 1) c on c.room = t.room""",
    ),
    (
        "running total of claimed units = sum of claims",
        """select coalesce(t.room, c.room), coalesce(t.units, 0), coalesce(c.units, 0)
             from (select room, sum(units) as units from room.tallies where what = 'claimed' group by 1) t
             full join (select room, sum(quantity) as units from room.claims group by 1) c on c.room = t.room""",
    ),
    (
        "a frozen draw has the entrants it was frozen with",
        """select d.draw::text, d.entrants, count(e.entry)
             from room.draws d left join room.draw_entries e on e.draw = d.draw
            where d.state in ('frozen', 'drawn') group by d.draw, d.entrants""",
    ),
    (
        "a drawn draw has its one file, with the announced digest",
        """select d.draw::text, (d.state = 'drawn')::int, count(f.draw)
             from room.draws d left join room.draw_files f on f.draw = d.draw and f.digest = d.digest
                  and f.digest = f.file::json ->> 'digest' group by d.draw, d.state""",
    ),
)


def differences(cur: Cursor) -> list[Difference]:
    """This function will compare every total of the room's ledger with the rows it stands for; an empty list is the proof."""
    found = []
    for rule, query in (*_CHECKS, *COUPON_CHECKS):
        cur.execute(f"select * from ({query}) as t(subject, expected, found) where expected <> found order by 1")
        found += [Difference(subject, rule, int(expected), int(actual)) for subject, expected, actual in cur.fetchall()]
    return found
