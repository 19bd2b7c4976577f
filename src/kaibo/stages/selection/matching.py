"""
What is bought together in real baskets, and which 引流款 + 利润款 combinations earn most on baskets they were not chosen by (SEL-16).

Baskets stand in DuckDB as a table `line(basket, item, sold_at, margin_fen)`: one row an item of a basket, `margin_fen` what it left after its cost
and what came back. Rules come from the earlier part of time only; what they earn is counted in the later part, beside a baseline.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from kaibo.kit.money import BP, share_bp
from kaibo.stages.selection import matching_sql as sql
from kaibo.stages.selection.association import Together

if TYPE_CHECKING:
    import duckdb


@dataclass(frozen=True, slots=True)
class Limits:
    """From when on a pair is looked at and named, and how many profit items go with one traffic item."""

    fewest_baskets: int = 20
    fewest_together: int = 5
    false_bp: int = 500
    learn_bp: int = 7_000
    traffic_items: int = 50
    beside: int = 3
    shown: int = 200


@dataclass(frozen=True, slots=True)
class Item:
    """An item in the earlier part: baskets that hold it, and what one of them earned by it on average (fen, rounded down)."""

    item: str
    baskets: int
    each_fen: int


@dataclass(frozen=True, slots=True)
class Mined:
    """What was looked at, how many pairs may be named, and those that stand out most."""

    baskets: int
    items: int
    tests: int
    named: int
    pairs: tuple[Together, ...]
    until: datetime | None
    goods: Mapping[str, Item]


@dataclass(frozen=True, slots=True)
class Combination:
    """A traffic item with the profit items put beside it, and what baskets of the later part with it earned by them."""

    traffic: str
    beside: tuple[str, ...]
    pairs: tuple[Together, ...]
    expected_fen: int
    """Per 10,000 baskets with the traffic item, by the earlier part."""
    held_baskets: int
    held_fen: int
    """What the later part's baskets with the traffic item earned by the items beside it."""
    plain: tuple[str, ...]
    plain_fen: int
    """The same for what the baseline puts beside it."""
    traffic_fen: int

    @property
    def total_fen(self) -> int:
        """The combination's whole margin in the later part: a traffic item may lose money, together they must not."""
        return self.traffic_fen + self.held_fen


@dataclass(frozen=True, slots=True)
class Trial:
    """All combinations with the sums of the later part and the interval of the difference to the baseline (baskets drawn anew)."""

    mined: Mined
    combinations: tuple[Combination, ...]
    held_baskets: int
    held_fen: int
    plain_fen: int
    gain_low_fen: int
    gain_high_fen: int

    @property
    def is_better(self) -> bool:
        """Surely better than the baseline: the whole interval of the difference lies above zero."""
        return self.gain_low_fen > 0


def opened(*, threads: int = 2) -> duckdb.DuckDBPyConnection:
    """This function will open an empty place to mine in."""
    import duckdb  # loaded by who mines, not by every process that starts

    return duckdb.connect(":memory:", config={"threads": threads, "memory_limit": "512MB"})


LINES = "basket VARCHAR, item VARCHAR, sold_at TIMESTAMP, margin_fen BIGINT"


def read_csv(connection: duckdb.DuckDBPyConnection, path: Path) -> None:
    """This function will fill `line` from a file with these four columns and a head."""
    connection.execute(f"CREATE OR REPLACE TABLE line ({LINES})")
    kinds = "{'basket': 'VARCHAR', 'item': 'VARCHAR', 'sold_at': 'TIMESTAMP', 'margin_fen': 'BIGINT'}"
    connection.execute(f"INSERT INTO line SELECT * FROM read_csv($1, header = true, columns = {kinds})", [str(path)])


def mine(connection: duckdb.DuckDBPyConnection, limits: Limits, *, until: datetime | None = None) -> Mined:
    """
    This function will name the pairs of the baskets before `until` (all without it) that are together more than by chance.

    They stay in the table `named` as well, where `pairs_of` looks up those of one item.
    """
    connection.execute(sql.HELD, [until])
    baskets = _one(connection, "SELECT count(DISTINCT basket) FROM held")
    rows = connection.execute(sql.OFTEN, [limits.fewest_baskets]).fetchall()
    goods = {item: Item(item, count, each) for item, count, each in rows}
    tests = len(goods) * (len(goods) - 1) // 2
    connection.execute(sql.NARROW, [limits.fewest_baskets])
    connection.execute(sql.COUNTED, [limits.fewest_together])
    connection.execute(sql.TAIL.format(baskets=baskets))
    connection.execute(sql.NAMED.format(tests=tests, false_bp=limits.false_bp))
    named = _one(connection, "SELECT count(*) FROM named")
    return Mined(baskets, len(goods), tests, named, tuple(_pairs(connection, baskets, limits.shown)), until, goods)


def _pairs(connection: duckdb.DuckDBPyConnection, baskets: int, most: int) -> list[Together]:
    """The pairs that stand out most: those that are together furthest beyond accident, counted in baskets."""
    rows = connection.execute("SELECT a, b, together, with_a, with_b, p FROM named ORDER BY together - with_a * with_b / $1 DESC, a, b LIMIT $2", [baskets, most])
    return [Together(a, b, both, with_a, with_b, baskets, p) for a, b, both, with_a, with_b, p in rows.fetchall()]


def split_at(connection: duckdb.DuckDBPyConnection, limits: Limits) -> datetime | None:
    """This function will give the moment before which `learn_bp` of the baskets lie; a basket counts by its first line."""
    baskets = _one(connection, "SELECT count(DISTINCT basket) FROM line")
    row = connection.execute(
        "SELECT min(sold_at) AS began FROM line GROUP BY basket ORDER BY began OFFSET $1 LIMIT 1", [min(baskets * limits.learn_bp // BP, max(0, baskets - 1))]
    ).fetchone()
    return row[0] if row else None


def _one(connection: duckdb.DuckDBPyConnection, sql: str) -> int:
    row = connection.execute(sql).fetchone()
    return int(row[0]) if row else 0


def try_combinations(connection: duckdb.DuckDBPyConnection, limits: Limits) -> Trial:
    """
    This function will choose combinations by the earlier part and count what they earn in the later part, beside popularity.

    Traffic items 引流款 are the most bought of the cheaper half by margin; profit items 利润款 come from the dearer half. Beside a traffic item
    stand the profit items whose expected margin in its baskets is highest, of those that are surely bought with it. The baseline puts the most
    bought profit items beside everything.   Source: SEL-16.
    """
    until = split_at(connection, limits)
    mined = mine(connection, limits, until=until)
    chosen = _chosen(connection, mined, limits)
    if not chosen:
        return Trial(mined, (), 0, 0, 0, 0, 0)
    plain = _popular(mined, limits)
    baskets = _later(connection, until)
    return _counted(mined, chosen, plain, baskets)


def _halves(mined: Mined) -> tuple[list[Item], list[Item]]:
    ordered = sorted(mined.goods.values(), key=lambda one: (one.each_fen, one.item))
    middle = len(ordered) // 2
    return ordered[:middle], ordered[middle:]


def _chosen(connection: duckdb.DuckDBPyConnection, mined: Mined, limits: Limits) -> dict[str, list[Together]]:
    cheap, dear = _halves(mined)
    traffic = [one.item for one in sorted(cheap, key=lambda one: (-one.baskets, one.item))[: limits.traffic_items]]
    profit = {one.item for one in dear if one.each_fen > 0}
    found: dict[str, list[Together]] = {}
    for a, b, both, with_a, with_b, p in connection.execute(sql.OF_ITEMS, [traffic]).fetchall():
        pair = Together(a, b, both, with_a, with_b, mined.baskets, p)
        for this, other in ((a, b), (b, a)):
            if this in traffic and other in profit:
                found.setdefault(this, []).append(pair)

    def worth(pair: Together, this: str) -> tuple[int, float, str]:
        return -pair.both * mined.goods[_other(pair, this)].each_fen, pair.p, _other(pair, this)

    return {this: sorted(pairs, key=lambda one: worth(one, this))[: limits.beside] for this, pairs in sorted(found.items())}


def _other(pair: Together, this: str) -> str:
    return pair.b if pair.a == this else pair.a


def _popular(mined: Mined, limits: Limits) -> tuple[str, ...]:
    _cheap, dear = _halves(mined)
    often = sorted((one for one in dear if one.each_fen > 0), key=lambda one: (-one.baskets, one.item))
    return tuple(one.item for one in often[: limits.beside])


def _later(connection: duckdb.DuckDBPyConnection, until: datetime | None) -> list[dict[str, int]]:
    """Every basket of the later part that holds more than one item."""
    rows = connection.execute(
        """SELECT basket, item, sum(margin_fen)::BIGINT FROM line WHERE sold_at >= $1
           AND basket NOT IN (SELECT basket FROM held) GROUP BY basket, item ORDER BY basket, item""",
        [until],
    ).fetchall()
    found: dict[str, dict[str, int]] = {}
    for basket, item, margin in rows:
        found.setdefault(basket, {})[item] = margin
    return list(found.values())


def _counted(mined: Mined, chosen: Mapping[str, list[Together]], plain: tuple[str, ...], baskets: list[dict[str, int]]) -> Trial:
    combinations = []
    gains: dict[int, int] = {}
    for traffic, pairs in chosen.items():
        beside = tuple(_other(one, traffic) for one in pairs)
        others = tuple(one for one in plain if one != traffic)
        ours = theirs = own = count = 0
        for place, basket in enumerate(baskets):
            if traffic not in basket:
                continue
            mine_, plain_ = sum(basket.get(one, 0) for one in beside), sum(basket.get(one, 0) for one in others)
            ours, theirs, own, count = ours + mine_, theirs + plain_, own + basket[traffic], count + 1
            gains[place] = gains.get(place, 0) + mine_ - plain_  # a basket with two traffic items is one basket
        expected = sum(one.both * mined.goods[_other(one, traffic)].each_fen for one in pairs) * BP // mined.goods[traffic].baskets
        combinations.append(Combination(traffic, beside, tuple(pairs), expected, count, ours, others, theirs, own))
    low, high = _interval(list(gains.values()))
    combinations.sort(key=lambda one: (-one.total_fen, one.traffic))
    return Trial(
        mined, tuple(combinations), len(gains), sum(one.held_fen for one in combinations), sum(one.plain_fen for one in combinations), low, high
    )


def _interval(gains: list[int]) -> tuple[int, int]:
    """The 95 % interval of the sum of differences, by the spread of one basket's difference."""
    n = len(gains)
    if n < 2:
        return (0, 0) if not gains else (min(0, gains[0]), max(0, gains[0]))
    total, squares = sum(gains), sum(one * one for one in gains)
    spread = 2 * _root(max(0, n * squares - total * total) // (n - 1))
    return total - spread, total + spread


def _root(number: int) -> int:
    """The whole square root, rounded up, so that an interval is never too narrow."""
    low = int(number**0.5)
    while low * low < number:
        low += 1
    return low


def confidence_bp(pair: Together, given: str) -> int:
    """This function will say in which share of the baskets with one item the other lies too."""
    return share_bp(pair.both, pair.with_a if pair.a == given else pair.with_b)
