"""Who would take a shop's coming parcels: the rules in force over where its last orders went (SUP-12, SUP-13)."""

from __future__ import annotations

from collections import Counter
from uuid import UUID

from kaibo.kit.couriers import COURIERS
from kaibo.kit.money import share_bp
from kaibo.plumbing.wiring import Carried
from kaibo.stages.orders import route_book, routing
from kaibo.stages.orders.models import Order

LOOKED_AT = 2_000
PLACES_NAMED = 3
NAMES = {one.key: one.zh for one in COURIERS}


def carriers(shop_id: UUID, grams: int, value_fen: int) -> list[Carried]:
    """
    This function will share a shop's parcels among couriers: each province of its last orders goes to whom the rules choose now, and
    counts as often as it was sent to. What nobody takes stands under an empty name.   Source: SUP-12.
    """
    version = route_book.in_force()
    if not version.number:
        return []
    newest = Order.objects.filter(shop=shop_id).exclude(province="").order_by("-ordered_at").values_list("province", flat=True)[:LOOKED_AT]
    sent: dict[str, Counter[str]] = {}
    cost: Counter[str] = Counter()
    for province, orders in Counter(newest).items():
        chosen = routing.choose(version.book, routing.Parcel((province, "", ""), grams, value_fen))
        sent.setdefault(chosen.courier or "", Counter())[province] += orders
        cost[chosen.courier or ""] += orders * (chosen.cost_fen or 0)
    total = sum(sum(one.values()) for one in sent.values())
    return [
        Carried(
            NAMES.get(key, ""), share_bp(sum(places.values()), total), cost[key] // sum(places.values()) if key else None,
            tuple(place for place, _ in places.most_common(PLACES_NAMED)),
        )
        for key, places in sent.items()
    ]  # fmt: skip
