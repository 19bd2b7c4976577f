"""
What suppliers are scored from, added up in the database: for lists, where nobody looks at the rows behind a figure.

`supplier_figures` reads the same rows one by one for the page of one supplier; a test holds both to the same figures.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from kaibo.kit.clock import business_date
from kaibo.plumbing.bulk_cursor import bulk_cursor
from kaibo.stages.supply import scoring

CAUSED = frozenset({"quality", "safety", "not_as_described"})
"""What comes back for these reasons is the maker's doing; sizes, transport and changed minds are not."""

_BOUGHT = """
select supplier_id,
       count(*) filter (where short_by <> 'supplier' and (completed_at at time zone 'Asia/Shanghai')::date <= promised_on),
       count(*) filter (where short_by = 'supplier' or completed_at is not null or promised_on < %(today)s)
  from supply_purchase where supplier_id = any(%(ids)s) and approved_at >= %(since)s and promised_on is not null group by 1
"""
_ARRIVED = """
select i.supplier_id, count(*) filter (where i.state = 'passed'), count(*), coalesce(sum(d.units), 0)::bigint, sum(i.quantity)::bigint
  from supply_inspection i left join lateral (select sum(units) as units from supply_defect where inspection_id = i.id) d on true
 where i.supplier_id = any(%(ids)s) and i.gate = 'arrival' and i.decided_at >= %(since)s and not i.is_repeat and i.lot_id is not null group by 1
"""
_SENT = """
with lots as materialized (
    select distinct on (lot_id) lot_id, supplier_id from supply_inspection
     where supplier_id = any(%(ids)s) and gate = 'arrival' and decided_at >= %(since)s and not is_repeat and lot_id is not null order by lot_id, decided_at
), back as materialized (
    select distinct f.id, f.units, l.lot_id, l.supplier_id from selection_feedback f cross join lateral unnest(f.lot_ids) as held(lot_id) join lots l using (lot_id)
     where f.closed_at >= %(since)s and f.nature = any(%(caused)s)
), sent as (
    select lot_id, greatest(coalesce(sum(quantity) filter (where bucket = 'customer'), 0), 0) as units from stock_level where lot_id in (select lot_id from lots) group by 1
)
select l.supplier_id, (coalesce(sum(s.units), 0) + coalesce(sum(b.units), 0))::bigint,
       coalesce((select sum(units) from (select distinct id, units from back where supplier_id = l.supplier_id) once), 0)::bigint
  from lots l left join sent s using (lot_id) left join (select lot_id, sum(units) as units from back group by 1) b using (lot_id) group by 1
"""
"""By supplier: units its lots sent to buyers, those that came back for its fault among them, and these alone. A case about two lots of one supplier counts once."""
_QUOTED = """
with offers as materialized (
    select distinct on (q.sku_id, q.supplier_id) q.sku_id, q.supplier_id, q.price_fen from supply_quote q join supply_supplier s on s.id = q.supplier_id
     where s.is_active and q.sku_id in (select sku_id from supply_quote where supplier_id = any(%(ids)s)) order by q.sku_id, q.supplier_id, q.quoted_on desc
), compared as (select supplier_id, price_fen, min(price_fen) over item as lowest, count(*) over item as offers from offers window item as (partition by sku_id))
select supplier_id, array_agg(lowest::bigint * %(bp)s / price_fen) from compared where offers > 1 and supplier_id = any(%(ids)s) group by 1
"""
_ANSWERED = """
select supplier_id, array_agg(floor(extract(epoch from answered_at - asked_at) / 60)::int)
  from supply_negotiation where supplier_id = any(%(ids)s) and asked_at >= %(since)s and answered_at is not null group by 1
"""
_SCREENED = """
select supplier_id, array_agg(points * %(bp)s / 5)
  from (select distinct on (supplier_id, kind) supplier_id, points from supply_screening where supplier_id = any(%(ids)s) order by supplier_id, kind, seen_on desc, id desc) newest
 group by 1
"""


@dataclass(frozen=True, slots=True)
class Tally:
    """What was counted of one supplier; each pair is a part and its whole."""

    on_time: tuple[int, int] = (0, 0)
    passed: tuple[int, int] = (0, 0)
    defects: tuple[int, int] = (0, 0)
    returns: tuple[int, int] = (0, 0)
    prices_bp: Sequence[int] = ()
    answer_minutes: Sequence[int] = ()
    screenings_bp: Sequence[int] = ()


def scored(tally: Tally, weights: Mapping[str, int]) -> scoring.Score:
    """This function will weigh what was counted.   Source: SUP-1, SUP-2."""
    return scoring.score(
        [
            scoring.share("on_time", *tally.on_time, weights["on_time"]),
            scoring.share("passed", *tally.passed, weights["passed"]),
            scoring.share("defects", *tally.defects, weights["defects"]),
            scoring.share("returns", *tally.returns, weights["returns"]),
            scoring.mean("price", tally.prices_bp, weights["price"]),
            scoring.middle("response", tally.answer_minutes, weights["response"]),
            scoring.mean("screening", tally.screenings_bp, weights["screening"]),
        ]
    )


def tallies(ids: Sequence[UUID], *, since: datetime, now: datetime) -> dict[UUID, Tally]:
    """This function will count what happened with these suppliers since then; six queries, however many suppliers and rows."""
    given = {"ids": list(ids), "since": since, "today": business_date(now), "caused": list(CAUSED), "bp": scoring.BP}
    bought = {one: (kept, due) for one, kept, due in _asked(_BOUGHT, given)}
    arrived = {one: ((passed, judged), (defects, units)) for one, passed, judged, defects, units in _asked(_ARRIVED, given)}
    returns = {one: (back, sent) for one, sent, back in _asked(_SENT, given)}
    prices, answers, screenings = (dict(_asked(sql, given)) for sql in (_QUOTED, _ANSWERED, _SCREENED))
    nothing = ((0, 0), (0, 0))
    return {
        one: Tally(
            bought.get(one, (0, 0)), *arrived.get(one, nothing), returns.get(one, (0, 0)), prices.get(one, ()), answers.get(one, ()), screenings.get(one, ())
        )
        for one in ids
    }


def _asked(sql: str, given: Mapping[str, Any]) -> Iterator[tuple[Any, ...]]:
    with bulk_cursor() as cursor:
        cursor.execute(sql, given)
        yield from cursor.fetchall()
