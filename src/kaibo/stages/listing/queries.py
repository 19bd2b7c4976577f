"""Reads of listing, scoped by actor."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import F, Q, QuerySet
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from kaibo.kit.errors import NotFound
from kaibo.language.screening import Screening
from kaibo.master.catalog.models import Product
from kaibo.master.catalog.queries import products_for, skus_of
from kaibo.master.shops.models import Channel, Platform, platform_name
from kaibo.plumbing import prepared
from kaibo.plumbing.access import access
from kaibo.plumbing.access.actor import Actor
from kaibo.plumbing.citations import advised
from kaibo.plumbing.thresholds import thresholds
from kaibo.plumbing.wiring import Finding, wiring
from kaibo.stages.compliance import price_book
from kaibo.stages.compliance import queries as compliance
from kaibo.stages.compliance.pricing import PriceGround, PriceLimits
from kaibo.stages.listing import rules
from kaibo.stages.listing.models import HotWord, Listing, ListingPrice, VersionPrice
from kaibo.stages.listing.rules import Complaint, PriceCheck, State, TitleLimit, TitleParts
from kaibo.stages.selection import queries as selection

FLOOR_KEY, DEVIATION_KEY = "listing.price_floor_bp", "listing.price_deviation_bp"


class ListingUnknown(NotFound):
    code = "listing.listing_unknown"
    message_zh = "没有这个上架，或你看不到它"
    message_en = "There is no such listing, or you cannot see it"


@dataclass(frozen=True, slots=True)
class PublishedProduct:
    """A product on sale, as one of its channels shows it (the own room's before others)."""

    product_id: UUID
    listing_id: UUID
    channel_id: UUID
    platform: str
    title: str
    published_at: datetime


@dataclass(frozen=True, slots=True)
class PriceRow:
    """An item of a listing: the price it is to have, what that is measured against, and who confirmed it."""

    sku_id: UUID
    code: str
    specification: str
    check: PriceCheck
    set_by: str
    set_by_id: UUID | None
    confirmed_by: str
    reason: str

    @property
    def is_confirmed(self) -> bool:
        return bool(self.confirmed_by)

    @property
    def state(self) -> str:
        if self.check.state == "run" and self.is_confirmed:
            return "ok"
        return self.check.state


def listings_for(actor: Actor, *, shop_id: UUID | None = None) -> QuerySet[Listing]:
    """This function will give the listings an actor may see, the last changed first."""
    found = access.visible(Listing.objects.select_related("product__category", "channel", "shop"), actor).order_by("-changed_at", "-id")
    return found.filter(shop=shop_id) if shop_id else found


def listing_for(actor: Actor, listing_id: UUID) -> Listing:
    """This function will give a listing.   Raises: ListingUnknown."""
    listing = Listing.objects.select_related("product__category", "channel", "shop").filter(pk=listing_id).first()
    if listing is None or not actor.sees(listing.shop_id):
        raise ListingUnknown
    return listing


def unlisted_pairs(actor: Actor, *, shop_id: UUID | None = None, most: int = 30) -> list[tuple[Product, Channel]]:
    """This function will list products that have no page yet on a channel of their shop, newest products first; three queries."""
    products = products_for(actor)
    if shop_id:
        products = products.filter(shop=shop_id)
    shown = list(products[:200])
    channels: dict[UUID, list[Channel]] = {}
    for channel in Channel.objects.filter(shop__in={one.shop_id for one in shown}, is_active=True).order_by("platform"):
        channels.setdefault(channel.shop_id, []).append(channel)
    have = set(Listing.objects.filter(product__in=[one.pk for one in shown]).values_list("product_id", "channel_id"))
    pairs = [(one, channel) for one in shown for channel in channels.get(one.shop_id, ()) if (one.pk, channel.pk) not in have]
    return pairs[:most]


def title_limit(platform: str) -> TitleLimit:
    """This function will give how wide a title may be on a platform, from the settings page, with its source."""
    key = f"listing.title_width.{platform}"
    declared = wiring().thresholds()[key]
    return TitleLimit(platform_name(platform), thresholds.value(key), declared.source)


def hot_words_for(listing: Listing, *, most: int = 12) -> list[HotWord]:
    """This function will give the hot words for a listing's platform and category, hottest first.   Source: LST-2."""
    words = compliance.category_words(listing.product.category_id).split()
    fitting = Q(category_word__in=["", *words])
    if listing.core_word:
        fitting |= Q(word__contains=listing.core_word)
    found = HotWord.objects.filter(fitting, shop=listing.shop_id, platform__in=["", listing.channel.platform])
    return list(found.order_by("-heat", "word")[:most])


def hot_words_visible(actor: Actor, *, shop_id: UUID | None = None) -> QuerySet[HotWord]:
    """This function will give the hot words an actor may see, hottest first."""
    found = access.visible(HotWord.objects.order_by("-heat", "word"), actor)
    return found.filter(shop=shop_id) if shop_id else found


def parts_of(listing: Listing) -> TitleParts:
    return TitleParts(listing.core_word, tuple(listing.attribute_words), tuple(listing.scene_words), listing.product.brand)


@dataclass(frozen=True, slots=True)
class TitleReview:
    """A title with everything there is to say of it, before it is saved."""

    title: str
    width: int
    limit: TitleLimit
    complaints: tuple[Complaint, ...]
    screening: Screening
    pieces: tuple[compliance.Piece, ...]

    @property
    def is_refused(self) -> bool:
        return self.screening.verdict == "block" or any(one.is_stop for one in self.complaints)


def review_title(listing: Listing, title: str, parts: TitleParts, *, limit: TitleLimit | None = None, hot: Sequence[str] = ()) -> TitleReview:
    """
    This function will review a title without keeping anything: for words that are still being typed. `hot` are the search words this
    product can answer for; without them nothing is said of search words.   Source: LST-2, CMP-2.
    """
    limit = limit or title_limit(listing.channel.platform)
    screening = compliance.screen_now(title, surface="title", category=compliance.category_words(listing.product.category_id))
    return TitleReview(
        title, rules.width_of(title), limit, tuple(rules.title_complaints(title, parts, limit, hot)), screening,
        tuple(compliance.pieces_of(title, screening.hits)),
    )


# Prices


def price_limits(shop_id: UUID | None = None) -> PriceLimits:
    return PriceLimits(thresholds.value(FLOOR_KEY, shop_id=shop_id), thresholds.value(DEVIATION_KEY, shop_id=shop_id))


def price_rows(listing: Listing, *, now: datetime, limits: PriceLimits | None = None) -> list[PriceRow]:
    """This function will give the items of a listing with their prices measured against cost, list price, band, deals and the price in force."""
    limits = limits or price_limits(listing.shop_id)
    span = selection.competitor_spans([listing.product_id]).get(listing.product_id)
    in_force = _prices_in_force(listing)
    kept = {one.sku_id: one for one in ListingPrice.objects.filter(listing=listing)}
    rows = []
    skus = skus_of([listing.product_id]).get(listing.product_id, ())
    levels = price_book.levels_of([sku.id for sku in skus], listing.channel.platform, now)
    for sku in skus:
        one = kept.get(sku.id)
        ground = PriceGround(
            sku.code, sku.cost_fen, sku.price_fen, span.low_fen if span else None, span.high_fen if span else None, in_force.get(sku.id),
            levels[sku.id].most_fen,
        )
        check = rules.check_price(one.price_fen if one else sku.price_fen, ground, limits)
        rows.append(
            PriceRow(
                sku.id, sku.code, sku.specification, check, one.set_by if one else "", one.set_by_id if one else None,
                one.confirmed_by if one else "", one.reason if one else "",
            )
        )
    return rows


def _prices_in_force(listing: Listing) -> dict[UUID, int]:
    if listing.state != State.PUBLISHED:
        return {}
    return dict(
        VersionPrice.objects.filter(version__listing=listing, version__number=listing.published_version).values_list("sku_id", "price_fen")
    )


def published_prices(sku_ids: Iterable[UUID]) -> dict[UUID, int]:
    """
    This function will give item → the price in fen it is on sale for now; items that are not on sale are left out.

    Where channels differ, the own room's price speaks, else the lowest. One query.   Source: CMP-8, ORD-2.
    """
    chosen: dict[UUID, tuple[bool, int]] = {}
    for sku_id, price_fen, platform in prepared.rows(_prices_on_sale, skus=list(set(sku_ids))):
        rank = (platform != Platform.OWN, price_fen)
        if sku_id not in chosen or rank < chosen[sku_id]:
            chosen[sku_id] = rank
    return {sku_id: price_fen for sku_id, (_is_other, price_fen) in chosen.items()}


def _prices_on_sale(*, skus: Any) -> QuerySet[Any]:
    on_sale = VersionPrice.objects.filter(
        sku__among=skus, version__listing__state=State.PUBLISHED, version__number=F("version__listing__published_version")
    )
    return on_sale.values_list("sku_id", "price_fen", "version__listing__channel__platform")


def published_products(product_ids: Iterable[UUID] | None = None) -> dict[UUID, PublishedProduct]:
    """This function will give the products on sale now, by product id; of these only, when ids are given. One query."""
    listings = Listing.objects.filter(state=State.PUBLISHED).select_related("channel")
    if product_ids is not None:
        listings = listings.filter(product__in=list(product_ids))
    titles = dict(
        Listing.objects.filter(state=State.PUBLISHED, versions__number=F("published_version")).values_list("pk", "versions__title")
    )
    found: dict[UUID, PublishedProduct] = {}
    for one in sorted(listings, key=lambda one: (one.channel.platform != Platform.OWN, one.channel.platform)):
        found.setdefault(
            one.product_id,
            PublishedProduct(one.product_id, one.pk, one.channel_id, one.channel.platform, titles.get(one.pk, one.title), one.published_at),
        )
    return found


# What stands in the way


@dataclass(frozen=True, slots=True)
class Readiness:
    """Everything a listing must have before it is published, each with its state and repair."""

    findings: tuple[Finding, ...]

    @property
    def is_ready(self) -> bool:
        return all(one.state == "ok" for one in self.findings)

    @property
    def blockers(self) -> tuple[Finding, ...]:
        return tuple(one for one in self.findings if one.state == "red")


def readiness_of(listing: Listing, now: datetime, *, rows: list[PriceRow] | None = None, review: TitleReview | None = None) -> Readiness:
    """This function will say what stands between a listing and its channel.   Source: CMP-1, CMP-5, CMP-6, LST-2, LST-6."""
    rows = price_rows(listing, now=now) if rows is None else rows
    review = review or review_title(listing, listing.title, parts_of(listing))
    here = reverse("listing:listing", args=[listing.pk])
    words = _words_finding(listing, review, here)
    return Readiness((_title_finding(review, here), words, _price_finding(rows, here), _papers_finding(listing, now), _barriers_finding(listing, now)))


def _title_finding(review: TitleReview, here: str) -> Finding:
    stop = next((one for one in review.complaints if one.is_stop), None)
    if stop:
        return Finding("red", stop.en if (get_language() or "").startswith("en") else stop.zh, stop.source, here, _("改标题"), f"{here}#title")
    return Finding("ok", _("标题 %(width)s / %(most)s，有核心词") % {"width": review.width, "most": review.limit.most}, "LST-2", here)


def _words_finding(listing: Listing, review: TitleReview, here: str) -> Finding:
    if review.screening.verdict == "pass":
        return Finding("ok", _("标题用词没有问题"), "CMP-2", here)
    hit = next(one for one in review.screening.hits if one.severity == review.screening.verdict)
    if review.screening.verdict == "block":
        reason = _("“%(word)s”不能用；%(suggestion)s") % {"word": hit.text, "suggestion": advised(hit.suggestion)}
        return Finding("red", reason, hit.source, here, _("改标题"), f"{here}#title")
    kept = compliance.ScreenedText.objects.filter(subject=subject_of(listing), text=listing.title).exclude(state="replaced").first()
    if kept is not None and kept.state == "released":
        return Finding("ok", _("“%(word)s”由 %(who)s 放行") % {"word": hit.text, "who": kept.released_by}, hit.source, here)
    href = reverse("compliance:screened", args=[kept.pk]) if kept else f"{here}#title"
    return Finding("red", _("“%(word)s”要第二个人判断") % {"word": hit.text}, hit.source, href, _("请人放行") if kept else _("保存标题"), href)


def subject_of(listing: Listing) -> str:
    """This function will name a listing's title for the screener's records."""
    return f"product:{listing.product_id}/listing:{listing.pk.hex[-12:]}"


def _price_finding(rows: list[PriceRow], here: str) -> Finding:
    if not rows:
        return Finding("red", _("商品还没有规格，没有东西可卖"), "LST-6", here, _("去商品"), reverse("catalog:list"))
    for row in rows:
        if row.check.red:
            return Finding("red", f"{row.code} {row.check.red[0][_tongue()]}", "LST-6", here, _("改价格"), f"{here}#prices")
    for row in rows:
        if row.state == "run":
            return Finding("red", _("%(code)s 要第二个人确认：%(why)s") % {"code": row.code, "why": row.check.amber[0][_tongue()]}, "LST-6、CMP-8", here, _("确认价格"), f"{here}#prices")
    return Finding("ok", _("%(n)s 个规格的价格都在底线以上") % {"n": len(rows)}, "LST-6", here)


def _tongue() -> int:
    return 1 if (get_language() or "").startswith("en") else 0


def _papers_finding(listing: Listing, now: datetime) -> Finding:
    cells = compliance.matrix_for([listing.product_id], now).get(listing.product_id, [])
    cell = next((one for one in cells if one.channel_id == listing.channel_id), None)
    href = reverse("compliance:product", args=[listing.product_id])
    if cell is None:
        return Finding("red", _("渠道已停用"), "CMP-1", href)
    red = next((one for one in cell.findings if one.state == "red"), None)
    return red or Finding("ok", _("这个渠道要的资质都有效"), "CMP-1", href)


def _barriers_finding(listing: Listing, now: datetime) -> Finding:
    barred = compliance.barriers_for([listing.product_id], now).get(listing.product_id)
    if barred:
        return barred[0]
    return Finding("ok", _("功效都有备案和报告，没有判定侵权"), "CMP-5、CMP-6", reverse("compliance:product", args=[listing.product_id]))


def listings_by_product(product_ids: Iterable[UUID]) -> dict[UUID, list[Listing]]:
    """This function will give product → its listings; one query."""
    found: dict[UUID, list[Listing]] = {}
    for one in prepared.rows(_of_products, products=list(product_ids)):
        found.setdefault(one.product_id, []).append(one)
    return found


def _of_products(*, products: Any) -> QuerySet[Listing]:
    return Listing.objects.filter(product__among=products).select_related("channel")


def words_of_check(check: PriceCheck) -> Mapping[str, list[str]]:
    """This function will give a price's remarks in the reader's language."""
    tongue = _tongue()
    return {"red": [one[tongue] for one in check.red], "amber": [one[tongue] for one in check.amber], "note": [one[tongue] for one in check.note]}
