"""The price guard: what is below cost or far from the published price waits for a second person (CMP-8)."""

from __future__ import annotations

from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from kaibo.kit.coupons import lowest_price
from kaibo.kit.money import yuan_text
from kaibo.master.catalog import queries as catalog
from kaibo.master.shops.models import Platform
from kaibo.plumbing.thresholds import thresholds
from kaibo.room.wire import MOST_UNITS_IN_A_CLAIM
from kaibo.stages.compliance import price_book
from kaibo.stages.compliance.pricing import PriceLimits
from kaibo.stages.listing.queries import price_limits
from kaibo.stages.live import coupon_queries
from kaibo.stages.live.coupon_rules import BELOW_COST_WITH_COUPON
from kaibo.stages.live.models import PriceRequest, SaleItem
from kaibo.stages.live.rules import PriceNotPositive, PriceReasonNeeded, PriceWaits
from kaibo.stages.live.services.turns import Turn
from kaibo.stages.showplan import neighbours
from kaibo.stages.showplan.rules import PriceConcern, deviation_bp, price_concerns


def waits_for_second(
    turn: Turn, *, sku_id: UUID, item: SaleItem | None, price_fen: int, reason: str, flash: dict[str, object] | None
) -> bool:
    """
    This function will hold an unusual price back for a second person; False when nothing speaks against it.

    Raises: PriceNotPositive, PriceReasonNeeded, PriceWaits.   Source: CMP-8.
    """
    if price_fen < 1:
        raise PriceNotPositive
    sku = catalog.sku_rows([sku_id])[sku_id]
    published = neighbours.published_prices([sku_id]).get(sku_id, sku.price_fen)
    shop_id = turn.session.shop_id
    limits = PriceLimits(price_limits(shop_id).floor_bp, thresholds.value("live.price_deviation_bp", shop_id=shop_id))
    concerns = price_concerns(
        price_fen, cost_fen=sku.cost_fen, published_fen=published, most_deviation_bp=limits.deviation_bp, floor_bp=limits.floor_bp
    )
    said = [concern_words(one, price_fen, sku.cost_fen, published) for one in concerns]
    if concerns:
        level = price_book.levels_of([sku_id], Platform.OWN, turn.now)[sku_id]
        said += [words for words in [price_book.slip_words(price_fen, published, level, limits)] if words]
    kinds = [one.value for one in concerns]
    with_coupon = None if price_fen < sku.cost_fen else coupon_price(turn, item.pk if item else None, price_fen)
    if with_coupon is not None and with_coupon < sku.cost_fen:
        kinds.append(BELOW_COST_WITH_COUPON)
        said.append(_("已发的优惠券会把它减到 %(price)s，低于成本 %(cost)s") % {"price": yuan_text(with_coupon), "cost": yuan_text(sku.cost_fen)})
    if not kinds:
        return False
    if not reason.strip() or turn.actor.person_id is None:
        raise PriceReasonNeeded(concern="；".join(said))
    try:
        with transaction.atomic():
            PriceRequest.objects.create(
                session=turn.session, item=item, sku_id=sku_id, price_fen=price_fen, flash=flash, concerns=kinds,
                reason=reason.strip(), asked_by=turn.actor.person_id, asked_by_name=turn.actor.name, asked_at=turn.now,
            )  # fmt: skip
    except IntegrityError as waiting:
        raise PriceWaits from waiting
    return True


def coupon_price(turn: Turn, item_id: UUID | None, price_fen: int) -> int | None:
    """This function will give the lowest price of a unit the coupons that stand can make of a price; None without any."""
    terms = coupon_queries.standing_terms(turn.session, item_id, turn.now)
    found = [lowest_price(one, price_fen, most_units=MOST_UNITS_IN_A_CLAIM) for one in terms]
    return min((one.unit_fen for one in found if one is not None), default=None)


def concern_words(concern: PriceConcern, price_fen: int, cost_fen: int, published_fen: int) -> str:
    """This function will say what speaks against a price, with its figures."""
    if concern is PriceConcern.BELOW_COST:
        return _("%(price)s 低于成本 %(cost)s") % {"price": yuan_text(price_fen), "cost": yuan_text(cost_fen)}
    if concern is PriceConcern.BELOW_FLOOR:
        return _("%(price)s 低于毛利底线（成本 %(cost)s）") % {"price": yuan_text(price_fen), "cost": yuan_text(cost_fen)}
    return _("%(price)s 与挂牌价 %(published)s 相差 %(percent)s%%") % {
        "price": yuan_text(price_fen), "published": yuan_text(published_fen), "percent": deviation_bp(price_fen, published_fen) // 100,
    }  # fmt: skip
