"""Writes of listing: begin, title, prices, publish, withdraw."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction

from kaibo.facts.flow import ListingPublished
from kaibo.kit.errors import Conflict, Invalid
from kaibo.kit.money import yuan_text
from kaibo.master.catalog.queries import product_for, skus_of
from kaibo.master.shops.queries import channels_of
from kaibo.plumbing.access import access
from kaibo.plumbing.access.actor import Actor
from kaibo.plumbing.audit import audit
from kaibo.plumbing.citations import in_both
from kaibo.plumbing.outbox import outbox
from kaibo.stages.compliance import queries as compliance
from kaibo.stages.compliance.services import keep_screening
from kaibo.stages.listing import queries, rules
from kaibo.stages.listing.models import Listing, ListingPrice, ListingVersion, VersionPrice
from kaibo.stages.listing.permissions import EDIT, PRICE_CONFIRM, PUBLISH
from kaibo.stages.listing.rules import STEPS, CoreWordMissing, State, TitleBlocked, TitleParts, TitleTooLong


class ChannelNotOfShop(Invalid):
    code = "listing.channel_not_of_shop"
    message_zh = "这个渠道不属于商品所在的店铺，或已停用"
    message_en = "The channel does not belong to the product's shop, or is switched off"


class SkuNotOfProduct(Invalid):
    code = "listing.sku_not_of_product"
    message_zh = "这个规格不属于这个商品"
    message_en = "The item does not belong to the product"


class ListingChanged(Conflict):
    code = "listing.listing_changed"
    message_zh = "{changed_by} 刚改过这个上架，请刷新后再改"
    message_en = "{changed_by} has just changed this listing; reload and try again"


class ListingNotReady(Conflict):
    code = "listing.not_ready"
    message_zh = "还不能上架：{reason}（依据 {source}）"
    message_en = "It cannot be published yet: {reason} ({source})"


class ListingNotPublished(Conflict):
    code = "listing.not_published"
    message_zh = "这个上架现在不在售"
    message_en = "The listing is not on sale"


class PriceMovedOn(Conflict):
    code = "listing.price_moved_on"
    message_zh = "价格刚被改过或已有人确认，请刷新后再看"
    message_en = "The price was changed or confirmed meanwhile; reload"


@transaction.atomic
def begin_listing(*, actor: Actor, product_id: UUID, channel_id: UUID, now: datetime) -> Listing:
    """
    This function will begin a product's page on a channel, with its list prices; begun twice, it is the same one.

    Raises: Forbidden, ProductUnknown, ChannelNotOfShop.
    """
    product = product_for(actor, product_id)
    access.require(actor, EDIT, shop_id=product.shop_id)
    if channel_id not in {one.pk for one in channels_of(product.shop_id)}:
        raise ChannelNotOfShop
    listing, is_new = Listing.objects.get_or_create(
        product=product, channel_id=channel_id,
        defaults={"shop_id": product.shop_id, "title": product.title, "created_at": now, "changed_by": actor.name, "changed_at": now},
    )
    if is_new:
        ListingPrice.objects.bulk_create(
            [
                ListingPrice(listing=listing, sku_id=sku.id, price_fen=sku.price_fen, set_by=actor.name, set_by_id=actor.person_id, set_at=now)
                for sku in skus_of([product.pk]).get(product.pk, ())
            ]
        )
        audit.record(actor, "listing:listing:begin", subject=f"listing:{listing.pk}", now=now, shop_id=listing.shop_id, details={"product": product.code})
    return listing


@transaction.atomic
def save_title(*, actor: Actor, listing_id: UUID, parts: TitleParts, title: str, revision: int, now: datetime) -> Listing:
    """
    This function will save a title that holds its core word, fits its platform and has no forbidden word.

    What needs judgement is kept and waits for a second person before publishing. An empty title is built from its parts.
    Raises: Forbidden, ListingUnknown, CoreWordMissing, TitleTooLong, TitleBlocked, ListingChanged.   Source: LST-2, CMP-2.
    """
    listing = queries.listing_for(actor, listing_id)
    access.require(actor, EDIT, shop_id=listing.shop_id)
    parts = TitleParts(parts.core, parts.attributes, parts.scenes, listing.product.brand)
    title = title.strip() or rules.build_title(parts)
    _check_title(listing, title, parts)
    _change(
        listing, revision, actor, now, title=title, core_word=parts.core, attribute_words=list(parts.attributes), scene_words=list(parts.scenes)
    )
    keep_screening(
        actor=actor, text=title, surface="title", category=compliance.category_words(listing.product.category_id), subject=queries.subject_of(listing), now=now
    )
    audit.record(
        actor, "listing:title:save", subject=f"listing:{listing.pk}", now=now, shop_id=listing.shop_id, details={"before": listing.title, "after": title}
    )
    listing.refresh_from_db()
    return listing


def _check_title(listing: Listing, title: str, parts: TitleParts) -> None:
    limit = queries.title_limit(listing.channel.platform)
    review = queries.review_title(listing, title, parts, limit=limit)
    if not parts.core or parts.core not in title:
        raise CoreWordMissing
    if review.width > limit.most:
        kept = rules.cut_to_width(title, limit.most)
        raise TitleTooLong(width=review.width, platform=limit.platform, most=limit.most, surplus=title[len(kept) :])
    blocked = next((hit for hit in review.screening.hits if hit.severity == "block"), None)
    if blocked:
        raise TitleBlocked(word=blocked.text, **in_both(blocked.source, blocked.suggestion), start=blocked.start, end=blocked.end)


def _change(listing: Listing, revision: int, actor: Actor, now: datetime, **fields: object) -> None:
    changed = Listing.objects.filter(pk=listing.pk, revision=revision).update(
        revision=revision + 1, changed_by=actor.name, changed_at=now, **fields
    )
    if not changed:
        raise ListingChanged(changed_by=Listing.objects.values_list("changed_by", flat=True).get(pk=listing.pk))


@transaction.atomic
def set_price(*, actor: Actor, listing_id: UUID, sku_id: UUID, price_fen: int, now: datetime, reason: str = "") -> rules.PriceCheck:
    """
    This function will set the price an item is to have; below cost is refused, a thin or far one waits for a second person.

    Raises: Forbidden, ListingUnknown, SkuNotOfProduct, BelowCost.   Source: LST-6, CMP-8.
    """
    listing = queries.listing_for(actor, listing_id)
    access.require(actor, EDIT, shop_id=listing.shop_id)
    row = next((one for one in queries.price_rows(listing, now=now) if one.sku_id == sku_id), None)
    if row is None:
        raise SkuNotOfProduct
    check = rules.check_price(price_fen, row.check.ground, queries.price_limits(listing.shop_id))
    rules.refuse_price(check, is_confirmed=True)
    if price_fen == row.check.price_fen and row.set_by:
        return check
    ListingPrice.objects.update_or_create(
        listing=listing, sku_id=sku_id,
        defaults={
            "price_fen": price_fen, "set_by": actor.name, "set_by_id": actor.person_id, "set_at": now, "confirmed_by": "", "confirmed_by_id": None,
            "confirmed_at": None, "reason": reason.strip()[:300],
        },
    )
    Listing.objects.filter(pk=listing.pk).update(changed_by=actor.name, changed_at=now)
    audit.record(
        actor, "listing:price:set", subject=f"listing:{listing.pk}", now=now, shop_id=listing.shop_id, reason=reason.strip(),
        details={"sku": row.code, "before": row.check.price_fen, "after": price_fen, "waits": bool(check.amber)},
    )
    return check


@transaction.atomic
def confirm_price(*, actor: Actor, listing_id: UUID, sku_id: UUID, price_fen: int, now: datetime) -> None:
    """
    This function will confirm, as the second person, exactly the price that was looked at.

    Raises: Forbidden, ListingUnknown, SamePersonTwice, PriceMovedOn.   Source: LST-6, CMP-8.
    """
    listing = queries.listing_for(actor, listing_id)
    access.require(actor, PRICE_CONFIRM, shop_id=listing.shop_id)
    waiting = ListingPrice.objects.filter(listing=listing, sku=sku_id, price_fen=price_fen, confirmed_by="")
    one = waiting.first()
    if one is None:
        raise PriceMovedOn
    if one.set_by_id is not None and one.set_by_id == actor.person_id:
        raise rules.SamePersonTwice
    if not waiting.update(confirmed_by=actor.name, confirmed_by_id=actor.person_id, confirmed_at=now):
        raise PriceMovedOn
    audit.record(
        actor, PRICE_CONFIRM, subject=f"listing:{listing.pk}", now=now, shop_id=listing.shop_id, reason=one.reason,
        details={"sku": str(sku_id), "price": yuan_text(price_fen)},
    )


@transaction.atomic
def publish_listing(*, actor: Actor, listing_id: UUID, now: datetime) -> Listing:
    """
    This function will put a listing on sale as a new version, when title, words, prices and documents all stand.

    Raises: Forbidden, ListingUnknown, ListingNotReady, ListingChanged.   Source: CMP-1, LST-2, LST-6.
    """
    listing = queries.listing_for(actor, listing_id)
    access.require(actor, PUBLISH, shop_id=listing.shop_id)
    # lock: one publisher at a time on a listing, and no price changes between the check and the version
    list(ListingPrice.objects.select_for_update().filter(listing=listing).order_by("pk"))
    rows = queries.price_rows(listing, now=now)
    blockers = queries.readiness_of(listing, now, rows=rows).blockers
    if blockers:
        first = blockers[0]
        raise ListingNotReady(reason=first.reason, source=first.source, href=first.repair_href or first.href, blockers=[one.reason for one in blockers])
    STEPS.require(State(listing.state), State.PUBLISHED)
    number = listing.versions.count() + 1
    _change(listing, listing.revision, actor, now, state=State.PUBLISHED, published_version=number, published_at=now)
    version = ListingVersion.objects.create(listing=listing, number=number, title=listing.title, published_by=actor.name, published_at=now)
    VersionPrice.objects.bulk_create([VersionPrice(version=version, sku_id=row.sku_id, price_fen=row.check.price_fen) for row in rows])
    audit.record(
        actor, PUBLISH, subject=f"listing:{listing.pk}", now=now, shop_id=listing.shop_id,
        details={"version": number, "title": listing.title, "prices": {row.code: row.check.price_fen for row in rows}},
    )
    outbox.announce(
        ListingPublished(listing_id=listing.pk, product_id=listing.product_id, shop_id=listing.shop_id, published_at=now), now=now
    )
    listing.refresh_from_db()
    return listing


@transaction.atomic
def withdraw_listing(*, actor: Actor, listing_id: UUID, reason: str, now: datetime) -> None:
    """This function will take a listing off sale.   Raises: Forbidden, ListingUnknown, ListingNotPublished."""
    listing = queries.listing_for(actor, listing_id)
    access.require(actor, PUBLISH, shop_id=listing.shop_id)
    changed = Listing.objects.filter(pk=listing.pk, state__in=STEPS.sources_of(State.WITHDRAWN)).update(
        state=State.WITHDRAWN, changed_by=actor.name, changed_at=now, revision=listing.revision + 1
    )
    if not changed:
        raise ListingNotPublished
    audit.record(actor, "listing:listing:withdraw", subject=f"listing:{listing.pk}", now=now, shop_id=listing.shop_id, reason=reason.strip())
