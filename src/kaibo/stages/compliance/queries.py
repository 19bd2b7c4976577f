"""Reads of compliance, scoped by actor."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import date, datetime
from functools import cache
from typing import Any
from uuid import UUID
from weakref import WeakKeyDictionary

from django.db.models import Q, QuerySet, TextField
from django.db.models.functions import Cast
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from kaibo.kit.clock import business_date
from kaibo.kit.errors import NotFound
from kaibo.language.lexicon import CategoryRule
from kaibo.language.screening import Hit, Screener, Screening
from kaibo.master.catalog.models import Product
from kaibo.master.catalog.queries import categories
from kaibo.master.shops.models import Channel
from kaibo.plumbing import prepared
from kaibo.plumbing.access.actor import Actor
from kaibo.plumbing.citations import advised
from kaibo.plumbing.listed import clauses, named
from kaibo.plumbing.once import asked_once, each_asked_once, is_reading, reading
from kaibo.plumbing.thresholds import thresholds
from kaibo.plumbing.wiring import Finding
from kaibo.stages.compliance import efficacy, evidence
from kaibo.stages.compliance.house_words import WordUnknown, current_screener
from kaibo.stages.compliance.matrix_rows import matrix_on
from kaibo.stages.compliance.models import Document, HouseWord, ScreenedText
from kaibo.stages.compliance.rules import Held, Need, Papers, Place, ScreeningState, Standing, packaged_matrix
from kaibo.stages.compliance.unnamed_texts import texts_naming

WARN_KEY = "compliance.expiry_warn_days"


class DocumentUnknown(NotFound):
    code = "compliance.document_unknown"
    message_zh = "没有这份资质，或你看不到它"
    message_en = "There is no such document, or you cannot see it"


class ScreeningUnknown(NotFound):
    code = "compliance.screening_unknown"
    message_zh = "没有这次筛查，或你看不到它"
    message_en = "There is no such screening, or you cannot see it"


@dataclass(frozen=True, slots=True)
class ChannelCell:
    """What one product needs on one channel, and how each document stands."""

    product_id: UUID
    channel_id: UUID
    platform: str
    channel_name: str
    needs: tuple[Need, ...]
    barriers: tuple[Finding, ...] = ()
    """What forbids the product on every channel, where somebody asked for it too."""

    @property
    def state(self) -> str:
        """red, run (amber) or ok, as gates say it."""
        if self.barriers or any(need.is_red for need in self.needs):
            return "red"
        return "run" if any(need.is_amber for need in self.needs) else "ok"

    @property
    def worst_words(self) -> str:
        """How the gravest need stands, or what forbids the product; the cell's place says which channel."""
        red = next((need for need in self.needs if need.is_red), None)
        if red is None and self.barriers:
            return self.barriers[0].reason
        return standing_words(red or next(need for need in self.needs if need.is_amber))

    @property
    def findings(self) -> list[Finding]:
        return [*self.barriers, *(finding_of(self, need) for need in self.needs if need.is_red or need.is_amber)]


def _visible(queryset: QuerySet, actor: Actor, *, may_lack_shop: bool = False) -> QuerySet:
    if actor.is_kaibo or actor.sees_all_shops:
        return queryset
    mine = Q(shop__in=actor.shop_ids)
    if may_lack_shop:
        mine |= Q(shop=None, screened_by_id=actor.person_id)
    return queryset.filter(mine)


def documents_for(actor: Actor, *, shop_id: UUID | None = None) -> QuerySet[Document]:
    """This function will give the documents an actor may see, those that end first on top."""
    found = _visible(Document.objects.select_related("shop", "product", "media"), actor).order_by("valid_until", "kind")
    return found.filter(shop=shop_id) if shop_id else found


def document_for(actor: Actor, document_id: UUID) -> Document:
    """This function will give a document.   Raises: DocumentUnknown."""
    document = Document.objects.select_related("shop", "product").filter(pk=document_id).first()
    if document is None or not actor.sees(document.shop_id):
        raise DocumentUnknown
    return document


@asked_once
def category_paths() -> dict[str, tuple[tuple[str, ...], str]]:
    """This function will give category → (itself and those above it, their words for the screener); one query."""
    known = {one.code: one for one in categories()}
    paths = {}
    for code in known:
        path: list[str] = []
        at: str | None = code
        while at and at in known and at not in path:
            path.append(at)
            at = known[at].parent_id
        paths[code] = (tuple(path), " ".join(known[one].title for one in path))
    return paths


@asked_once
def held_documents(shop_ids: Iterable[UUID]) -> dict[UUID, list[Held]]:
    """This function will give the documents of shops as the rules need them; one query."""
    found: dict[UUID, list[Held]] = {}
    for shop_id, *held, claims in prepared.rows(_held, shops=list(set(shop_ids))):
        found.setdefault(shop_id, []).append(Held(*held, () if claims == "[]" else tuple(json.loads(claims))))  # nearly all have none
    return found


def _held(*, shops: Any) -> QuerySet[Any]:
    kept = Document.objects.filter(shop__among=shops).exclude(state="withdrawn")
    return kept.values_list("shop_id", "pk", "kind", "number", "state", "valid_from", "valid_until", "product_id", Cast("claims", TextField()))


@asked_once
def papers_by_product(shop_ids: Iterable[UUID]) -> dict[tuple[UUID, UUID | None], list[Held]]:
    """
    This function will give the documents of shops by shop and the product they speak for, None where they speak for the whole
    shop: a cell of the matrix looks at its own few, not at thousands.
    """
    found: dict[tuple[UUID, UUID | None], list[Held]] = {}
    for shop_id, held in held_documents(shop_ids).items():
        for one in held:
            found.setdefault((shop_id, one.product_id), []).append(one)
    return found


@each_asked_once
def matrix_for(product_ids: Iterable[UUID], now: datetime) -> dict[UUID, list[ChannelCell]]:
    """
    This function will give product → what it needs on each active channel of its shop; a constant number of queries.

    Source: CMP-1.
    """
    ids = list(product_ids)
    # in a reading others need the products whole; alone, where they stand is enough
    products = [(one.pk, one.shop_id, one.category_id) for one in _products(ids)] if is_reading() else prepared.rows(_where_products_stand, ids=ids)
    paths, shops = category_paths(), {shop_id for _product, shop_id, _category in products}
    channels: dict[UUID, list[Channel]] = {}
    for channel in prepared.rows(_active_channels, shops=list(shops)):
        channels.setdefault(channel.shop_id, []).append(channel)
    papers = papers_by_product(shops)
    warn_days = thresholds.value(WARN_KEY)
    today = business_date(now)
    matrix = matrix_on(today)
    needed_at = cache(matrix.needed_at)  # hundreds of products stand at few places
    shops_own = {shop: Papers(papers.get((shop, None), ()), None, today, warn_days=warn_days) for shop in shops}
    cells: dict[UUID, list[ChannelCell]] = {}
    for product_id, shop_id, category in products:
        path = paths.get(category, ((category,), ""))[0]
        mine = Papers(papers.get((shop_id, product_id), ()), product_id, today, warn_days=warn_days, shop=shops_own[shop_id])
        cells[product_id] = [
            ChannelCell(product_id, channel.pk, channel.platform, channel.name, mine.needs(Place(channel.platform, channel.shop_type, path), needed_at))
            for channel in channels.get(shop_id, ())
        ]
    return cells


def _where_products_stand(*, ids: Any) -> QuerySet[Any]:
    return Product.objects.filter(pk__among=ids).values_list("pk", "shop_id", "category_id")


@asked_once
def _products(product_ids: Iterable[UUID]) -> list[Product]:
    return prepared.rows(_products_by_id, ids=list(product_ids))


def _products_by_id(*, ids: Any) -> QuerySet[Product]:
    return Product.objects.filter(pk__among=ids)


def _active_channels(*, shops: Any) -> QuerySet[Channel]:
    return Channel.objects.filter(shop__among=shops, is_active=True).order_by("platform", "name")


def standing_words(need: Need, today: date | None = None) -> str:
    """This function will say how a needed document stands, in the reader's language."""
    title = packaged_matrix().title(need.kind, get_language() or "zh")
    until = need.document.valid_until.isoformat() if need.document and need.document.valid_until else ""
    return {
        Standing.HELD: _("%(title)s 有效") % {"title": title},
        Standing.EXPIRING: _("%(title)s 将在 %(until)s 到期") % {"title": title, "until": until},
        Standing.UNCHECKED: _("%(title)s 还没有人核对原件") % {"title": title},
        Standing.NOT_YET: _("%(title)s 还没有生效") % {"title": title},
        Standing.EXPIRED: _("%(title)s 已在 %(until)s 过期") % {"title": title, "until": until},
        Standing.MISSING: _("缺 %(title)s") % {"title": title},
    }[need.standing]


def finding_of(cell: ChannelCell, need: Need) -> Finding:
    """This function will say why a cell is not green, on what ground, and where it is mended.   Source: LOOK 3."""
    reason = named(cell.channel_name, standing_words(need))
    href = reverse("compliance:product", args=[cell.product_id])
    upload = f"{reverse('compliance:document-new')}?kind={need.kind}&product={cell.product_id}"
    if need.standing is Standing.UNCHECKED and need.document:
        return Finding("run", reason, need.rule.source, href, _("去核对"), f"{reverse('compliance:documents')}?q={need.document.number}")
    return Finding("red" if need.is_red else "run", reason, need.rule.source, href, _("上传资质"), upload)


# Texts


def screen_now(text: str, *, surface: str, category: str) -> Screening:
    """This function will screen a text without keeping it: for words that are still being typed."""
    return current_screener().screen(text, surface, category or None)


def forbidden_for(category_code: str, *, surface: str) -> tuple[CategoryRule, ...]:
    """This function will list what the law forbids to say of goods of a category in particular, each law with its words.   Source: CMP-2."""
    return current_screener().forbidden_in(category_words(category_code) or None, surface)


def house_words(*, is_retired: bool = False, holding: str = "") -> QuerySet[HouseWord]:
    """This function will give the house's own words, newest first; those that hold a text, where one is asked for."""
    found = HouseWord.objects.filter(retired_at__isnull=not is_retired).order_by("-added_at", "-id")
    return found.filter(word__icontains=holding) if holding else found


def house_word(word_id: UUID) -> HouseWord:
    """This function will give a word of the house that is in use.   Raises: WordUnknown."""
    found = HouseWord.objects.filter(pk=word_id, retired_at=None).first()
    if found is None:
        raise WordUnknown
    return found


def category_words(category_code: str) -> str:
    """This function will give what the screener should know of a category: its words and those above it."""
    return category_paths().get(category_code, ((), ""))[1]


def texts_for(actor: Actor, *, shop_id: UUID | None = None) -> QuerySet[ScreenedText]:
    """This function will give the screenings an actor may see, newest first."""
    found = _visible(ScreenedText.objects.select_related("product", "shop"), actor, may_lack_shop=True).order_by("-screened_at", "-id")
    return found.filter(shop=shop_id) if shop_id else found


def text_for(actor: Actor, screening_id: UUID) -> ScreenedText:
    """This function will give a kept screening.   Raises: ScreeningUnknown."""
    found = _visible(ScreenedText.objects.select_related("product", "shop"), actor, may_lack_shop=True).filter(pk=screening_id).first()
    if found is None:
        raise ScreeningUnknown
    return found


def hits_of(kept: ScreenedText) -> list[Hit]:
    """This function will give the hits of a kept screening again."""
    return [Hit(**hit) for hit in kept.hits]


def hits_as_kept(screening: Screening) -> list[dict[str, Any]]:
    """This function will give a screening's hits in the form in which they are kept."""
    return [asdict(hit) for hit in screening.hits]


def rewritten(text: str, hits: Iterable[Hit]) -> str | None:
    """This function will give the text with everything replaced that can be; None where nothing can. A person reads it before use."""
    pieces, at = [], 0
    for hit in hits:
        if hit.rewrite is not None:
            pieces += [text[at : hit.start], hit.rewrite]
            at = hit.end
    return "".join([*pieces, text[at:]]) if pieces else None


@dataclass(frozen=True, slots=True)
class Piece:
    """A piece of a text: plain, or a hit with its number (from 1) in the list beside it."""

    text: str
    number: int = 0
    severity: str = ""


def pieces_of(text: str, hits: Iterable[Hit]) -> list[Piece]:
    """This function will cut a text at its hits, so that each can be marked at its exact place."""
    pieces: list[Piece] = []
    at = 0
    for number, hit in enumerate(hits, 1):
        if hit.start > at:
            pieces.append(Piece(text[at : hit.start]))
        pieces.append(Piece(text[hit.start : hit.end], number, hit.severity))
        at = hit.end
    if at < len(text):
        pieces.append(Piece(text[at:]))
    return pieces


@each_asked_once
def _beside_papers(product_ids: Iterable[UUID], now: datetime) -> dict[UUID, tuple[list[efficacy.ClaimRow], list[Finding]]]:
    """Product → the claims its texts make, and what rights and likenesses have against it: the same on every channel."""
    products = _products(product_ids)
    ids = [one.pk for one in products]
    texts = {one: [each.text for each in kept] for one, kept in _texts_kept(ids, now).items()}
    for one, naming in texts_naming(products).items():
        texts.setdefault(one, []).extend(naming)
    claims, copying = claim_rows(products, category_paths(), texts, now), evidence.copying_of(ids, business_date(now))
    return {one: (claims[one], copying.get(one, [])) for one in ids}


def barriers_for(product_ids: Iterable[UUID], now: datetime) -> dict[UUID, list[Finding]]:
    """
    This function will give product → what keeps it off sale on every channel, whatever documents that channel wants: claims
    without filing or report, copying upheld, rights that ended. Products without any are left out.   Source: CMP-5, CMP-6.
    """
    found: dict[UUID, list[Finding]] = {}
    for product_id, (claims, copying) in _beside_papers(product_ids, now).items():
        grave = [efficacy.finding_of(product_id, row) for row in claims if row.state == "red"] + [one for one in copying if one.state == "red"]
        if grave:
            found[product_id] = grave
    return found


@each_asked_once
def findings_for_products(product_ids: Iterable[UUID], now: datetime) -> dict[UUID, list[Finding]]:
    """
    This function will give product → everything that is not green: documents on its channels, and words.

    Green products have an empty list. The words a product is described by are screened at this moment, so nobody has
    to remember to; other kept texts count while they are open. A constant number of queries.   Source: CMP-1, CMP-2, SHW-10.
    """
    with reading():  # matrix and claims start from the same products, categories, documents and thresholds
        products, paths, cells = _products(product_ids), category_paths(), matrix_for(product_ids, now)
        beside, kept_texts = _beside_papers([one.pk for one in products], now), _texts_kept([one.pk for one in products], now)
    released: dict[UUID, set[str]] = {}
    still_open: dict[UUID, list[ScreenedText]] = {}
    for kept in kept_texts.values():
        for one in kept:
            if one.state == ScreeningState.RELEASED:
                released.setdefault(one.product_id, set()).add(one.text)
            elif one.state == ScreeningState.OPEN:
                still_open.setdefault(one.product_id, []).append(one)
    found: dict[UUID, list[Finding]] = {}
    screener = current_screener()
    unproved = evidence.unproved_of([product.pk for product in products], business_date(now))
    for product in products:
        mine = [finding for cell in cells[product.pk] for finding in cell.findings]
        claims, copying = beside[product.pk]
        mine += [efficacy.finding_of(product.pk, row) for row in claims if row.state != "ok"]
        mine += [*copying, *unproved.get(product.pk, ())]
        if not cells[product.pk]:
            mine.append(Finding("run", _("店铺还没有连接渠道，不知道需要哪些资质"), "CMP-1", reverse("compliance:matrix")))
        own_words = _own_words(screener, product, paths.get(product.category_id, ((), ""))[1], released.get(product.pk, set()))
        seen = {text for text, _finding in own_words}
        mine += [finding for _text, finding in own_words]
        mine += [_finding_of_text(one) for one in still_open.get(product.pk, ()) if one.text not in seen]
        found[product.pk] = sorted(mine, key=lambda one: one.state != "red")
    return found


def _standing_texts(*, products: Any) -> QuerySet[ScreenedText]:
    return ScreenedText.objects.filter(product__among=products).exclude(state=ScreeningState.REPLACED).order_by("-screened_at")


def claim_rows(
    products: Iterable[Product], paths: dict[str, tuple[tuple[str, ...], str]], texts: dict[UUID, list[str]], now: datetime
) -> dict[UUID, list[efficacy.ClaimRow]]:
    """This function will give product → the functional claims its texts make and how each is covered.   Source: CMP-5."""
    listed = list(products)
    papers, warn_days, today = papers_by_product({one.shop_id for one in listed}), thresholds.value(WARN_KEY), business_date(now)
    return {
        one.pk: efficacy.rows_of(
            one, paths.get(one.category_id, ((one.category_id,), ""))[0],
            [*papers.get((one.shop_id, None), ()), *papers.get((one.shop_id, one.pk), ())], today, warn_days=warn_days, kept=texts.get(one.pk, ())
        )
        for one in listed
    }


@each_asked_once
def _texts_kept(product_ids: Iterable[UUID], _now: datetime) -> dict[UUID, list[ScreenedText]]:
    """Product → its kept texts that still stand, the newest first."""
    texts: dict[UUID, list[ScreenedText]] = {}
    for one in prepared.rows(_standing_texts, products=list(product_ids)):
        texts.setdefault(one.product_id, []).append(one)
    return texts


def claims_of(product: Product, now: datetime) -> list[efficacy.ClaimRow]:
    """This function will give the functional claims of one product's texts."""
    return _beside_papers([product.pk], now)[product.pk][0]


MOST_SCREENED = 10_000
_SCREENINGS: WeakKeyDictionary[Screener, dict[tuple[str, str, str | None], Screening]] = WeakKeyDictionary()


def _screened(screener: Screener, text: str, surface: str, category: str | None) -> Screening:
    """A screener says the same of the same words for good, and new words in force make a new one: a product's are read once, not at each look at the board."""
    known = _SCREENINGS.setdefault(screener, {})
    key = (text, surface, category)
    if key not in known:
        if len(known) >= MOST_SCREENED:
            known.clear()
        known[key] = screener.screen(*key)
    return known[key]


def _own_words(screener: Screener, product: Product, category: str, released: set[str]) -> list[tuple[str, Finding]]:
    found = []
    texts = [("title", product.title), ("script", product.value_proposition), *(("script", point) for point in product.selling_points)]
    for surface, text in texts:
        if not text:
            continue
        screening = _screened(screener, text, surface, category or None)
        if screening.verdict == "pass" or (screening.verdict == "review" and text in released):
            continue
        hit = next(one for one in screening.hits if one.severity == screening.verdict)
        href = f"{reverse('compliance:screening')}?product={product.pk}&surface={surface}"
        found.append((text, _text_finding(screening.verdict, text, hit, href)))
    return found


def _text_finding(verdict: str, text: str, hit: Hit, href: str) -> Finding:
    words = _("“%(text)s”里的“%(hit)s”不能用") if verdict == "block" else _("“%(text)s”里的“%(hit)s”要人判断")
    reason = words % {"text": text if len(text) <= 24 else text[:23] + "…", "hit": hit.text}
    return Finding("red" if verdict == "block" else "run", clauses((reason, advised(hit.suggestion))), hit.source, href, _("改写"), href)


def _finding_of_text(kept: ScreenedText) -> Finding:
    hits = hits_of(kept)
    hit = next((one for one in hits if one.severity == kept.verdict), hits[0])
    return _text_finding(kept.verdict, kept.text, hit, reverse("compliance:screened", args=[kept.pk]))
