"""Makers of listings."""

from __future__ import annotations

from datetime import UTC, datetime

from kaibo.master.catalog.models import Product
from kaibo.master.shops.models import Channel
from kaibo.plumbing.access.actor import KAIBO, Actor
from kaibo.stages.listing import services
from kaibo.stages.listing.models import Listing
from kaibo.stages.listing.rules import TitleParts
from tests.make.compliance import make_channel, make_papers
from tests.make.goods import make_product, make_sku
from tests.make.people import make_shop

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
PARTS = TitleParts("双面呢外套", ("羊毛", "短款"), ("秋冬", "通勤"))


def make_listing(product: Product | None = None, channel: Channel | None = None, *, actor: Actor = KAIBO, titled: bool = True) -> Listing:
    """A page with one item, and a title that stands unless told otherwise."""
    product = product or make_product(make_shop())
    make_sku(product, f"{product.code}-B-M")
    channel = channel or make_channel(product.shop)
    listing = services.begin_listing(actor=actor, product_id=product.pk, channel_id=channel.pk, now=NOW)
    if titled:
        listing = services.save_title(actor=actor, listing_id=listing.pk, parts=PARTS, title="", revision=listing.revision, now=NOW)
    return listing


def make_published(product: Product | None = None, channel: Channel | None = None) -> Listing:
    """A page that is on sale; the shop has its papers."""
    listing = make_listing(product, channel)
    if not listing.shop.document_set.exists():
        make_papers(listing.shop)
    return services.publish_listing(actor=KAIBO, listing_id=listing.pk, now=NOW)
