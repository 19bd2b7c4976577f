"""What was said of products, read from cases, bad reviews, imported reviews and the room's chat (INS-9)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from uuid import UUID

from django.db import connection
from django.db.models import Count, F, Q, Sum
from django.urls import reverse

from kaibo.master.catalog.models import Product
from kaibo.plumbing.access.actor import Actor
from kaibo.stages.aftersales.models import Case, ReviewCall
from kaibo.stages.analytics.opinions import OF_NATURE, Said, Source, makes_a_point
from kaibo.stages.analytics.queries import record
from kaibo.stages.orders.models import OrderLine
from kaibo.stages.selection.models import Review
from kaibo.stages.showplan import queries as showplan

WINDOW = timedelta(days=90)
MOST_TEXTS = 3_000
"""Of one product and source: the newest count."""
MOST_SESSIONS = 8
CHAT = """
SELECT visitor, text, sent_at FROM room.messages
 WHERE room = %s AND sent_at >= %s AND sent_at < %s AND verdict <> 'block' AND speaker = 'visitor' AND visitor <> '' ORDER BY sent_at DESC LIMIT %s
"""


def said_of(product: Product, *, since: datetime, until: datetime) -> list[Said]:
    """This function will give what buyers and viewers said of a product in a half-open window.   Source: INS-9."""
    return [*_cases(product, since, until), *_calls(product, since, until), *_reviews(product, since, until), *_chat(product, since, until)]


def _about(product: Product, since: datetime, until: datetime) -> Q:
    return Q(line__sku__product=product.pk, order__is_test=False, opened_at__gte=since, opened_at__lt=until)


def _cases(product: Product, since: datetime, until: datetime) -> Iterator[Said]:
    found = Case.objects.filter(_about(product, since, until)).order_by("-opened_at").values_list("pk", "order", "reason", "opened_at", "nature")[:MOST_TEXTS]
    for case, order, reason, at, nature in found:
        yield Said(Source.CASE, f"order:{order}", reason, at, reverse("aftersales:case", args=[case]), nature)


def _calls(product: Product, since: datetime, until: datetime) -> Iterator[Said]:
    about = Q(case__line__sku__product=product.pk, case__order__is_test=False, reviewed_at__gte=since, reviewed_at__lt=until)
    for case, order, review, at in ReviewCall.objects.filter(about).order_by("-reviewed_at").values_list("case", "case__order", "review", "reviewed_at")[:MOST_TEXTS]:
        yield Said(Source.REVIEW, f"order:{order}", review, at, reverse("aftersales:case", args=[case]))


def _reviews(product: Product, since: datetime, until: datetime) -> Iterator[Said]:
    """Reviews brought by file count as ours where they name this very product; what is said of competitors is the market's."""
    mine = Q(product_title=product.title) | Q(product_external_id=product.code)
    found = Review.objects.filter(mine, market__shop=product.shop_id, reviewed_at__gte=since, reviewed_at__lt=until)
    for review, market, body, at in found.order_by("-reviewed_at").values_list("pk", "market", "body", "reviewed_at")[:MOST_TEXTS]:
        yield Said(Source.REVIEW, f"review:{review}", body, at, reverse("selection:market", args=[market]))


def _chat(product: Product, since: datetime, until: datetime) -> Iterator[Said]:
    """What viewers (not the team, not automatic answers) of the last sessions said while the product was in front of the camera."""
    held = [one for one in showplan.sessions_of_products([product.pk]).get(product.pk, []) if one.state in {"live", "ended"} and since <= one.starts_at < until]
    for session in held[-MOST_SESSIONS:]:
        href = reverse("analytics:session", args=[session.pk])
        for band in record.bands_of(session, until):
            if band.item != str(product.pk):
                continue
            with connection.cursor() as cursor:
                cursor.execute(CHAT, [session.room, band.starts_at, min(band.ends_at, until), MOST_TEXTS])
                lines = cursor.fetchall()
            yield from (Said(Source.CHAT, f"{session.room}:{visitor}", text, at, href) for visitor, text, at in lines if makes_a_point(text))


def units_sold(product_id: UUID, *, since: datetime, until: datetime) -> int:
    """This function will count the units of a product that were paid in a half-open window, by the day of the order."""
    paid = OrderLine.objects.filter(sku__product=product_id, order__is_test=False, order__paid_fen__gt=0, order__ordered_at__gte=since, order__ordered_at__lt=until)
    return int(paid.aggregate(units=Sum(F("quantity") - F("cancelled")))["units"] or 0)


def case_counts(actor: Actor, *, since: datetime, shop_id: UUID | None = None) -> dict[UUID, int]:
    """This function will count the cases of each product an actor may see, those with a reason somebody can change; one query."""
    found = Case.objects.filter(order__is_test=False, opened_at__gte=since, nature__in=list(OF_NATURE), line__sku__isnull=False)
    if shop_id is not None:
        found = found.filter(shop=shop_id)
    rows = found.order_by().values_list("line__sku__product", "shop").annotate(n=Count("order", distinct=True))
    counted: dict[UUID, int] = {}
    for product, shop, number in rows:
        if actor.sees(shop):
            counted[product] = counted.get(product, 0) + number
    return counted
