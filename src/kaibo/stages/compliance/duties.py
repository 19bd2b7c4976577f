"""Who has to do what until when in compliance: renewals, originals to check, likenesses to judge, documents a launch lacks."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from kaibo.kit.clock import business_date
from kaibo.master.catalog.queries import products_for
from kaibo.master.shops.queries import shops_for
from kaibo.plumbing.access.actor import Actor
from kaibo.plumbing.listed import listed, named
from kaibo.stages.compliance import evidence, licences, queries
from kaibo.stages.compliance.rules import DocumentState, packaged_matrix
from kaibo.stages.compliance.unnamed_texts import homeless_claims

AHEAD = timedelta(days=60)
MOST_PRODUCTS = 500
CHECK_WITHIN, JUDGE_WITHIN = timedelta(days=2), timedelta(days=3)


@dataclass(frozen=True, slots=True)
class Duty:
    """Something to be done: by whom, until which day, and the button that begins it."""

    until: date
    today: date
    what: str
    about: str
    who: str
    href: str
    action: str

    @property
    def is_late(self) -> bool:
        return self.until < self.today

    @property
    def is_soon(self) -> bool:
        return self.today <= self.until <= self.today + timedelta(days=7)


def duties_of(actor: Actor, now: datetime, *, shop_id: UUID | None = None) -> list[Duty]:
    """This function will list what is to be done, the most urgent first.   Source: CMP-1, CMP-6."""
    today = business_date(now)
    found = [*_documents(actor, today, shop_id), *_rights(actor, today, shop_id), *_likenesses(actor, today, shop_id), *_lacking(actor, now, today, shop_id), *_homeless(actor, today, shop_id), *_licences(actor, today, shop_id)]
    return sorted(found, key=lambda one: (one.until, one.what))


def _documents(actor: Actor, today: date, shop_id: UUID | None) -> Iterator[Duty]:
    language, matrix = get_language() or "zh", packaged_matrix()
    standing = queries.documents_for(actor, shop_id=shop_id).exclude(state=DocumentState.WITHDRAWN)
    for one in standing.filter(valid_until__lte=today + AHEAD, replaced_by=None):
        renew = (
            f"{reverse('compliance:document-new')}?kind={one.kind}&shop={one.shop_id}&number={one.number}&issuer={one.issuer}&renews={one.pk}"
            f"&product={one.product_id or ''}&claims={','.join(one.claims)}"
        )
        kind = matrix.title(one.kind, language)
        yield Duty(one.valid_until, today, _("续期 %(kind)s") % {"kind": kind}, f"{one.number} · {one.shop.name}", _("合规"), renew, _("上传新的"))
    for one in standing.filter(state=DocumentState.FILED):
        kind = matrix.title(one.kind, language)
        until = business_date(one.added_at + CHECK_WITHIN)
        about = _("%(number)s · %(who)s 上传") % {"number": one.number, "who": one.added_by}
        yield Duty(until, today, _("核对原件 %(kind)s") % {"kind": kind}, about, _("合规"), f"{reverse('compliance:documents')}?q={one.number}", _("去核对"))


def _rights(actor: Actor, today: date, shop_id: UUID | None) -> Iterator[Duty]:
    for one in evidence.ending_rights(actor, today + AHEAD):
        if shop_id in {None, one.shop_id}:
            about = f"{one.number} · {one.owner}"
            yield Duty(one.valid_until, today, _("续期 %(kind)s") % {"kind": one.title}, about, _("合规"), f"{reverse('compliance:rights')}?q={one.number}", _("去续期"))


def _likenesses(actor: Actor, today: date, shop_id: UUID | None) -> Iterator[Duty]:
    for one in evidence.likenesses_for(actor, shop_id=shop_id).filter(state="open")[:100]:
        until = business_date(one.found_at + JUDGE_WITHIN)
        yield Duty(until, today, _("判断是不是抄袭"), f"{one.product.title} · {one.their_origin or one.their_title}", _("合规"), reverse("compliance:likeness", args=[one.pk]), _("去判断"))


def _lacking(actor: Actor, now: datetime, today: date, shop_id: UUID | None) -> Iterator[Duty]:
    """A document many products lack is one duty: what mends most, at once."""
    visible = products_for(actor)
    products: dict[UUID, str] = dict((visible.filter(shop=shop_id) if shop_id else visible).values_list("pk", "title")[:MOST_PRODUCTS])
    lacking: dict[str, set[UUID]] = {}
    for product_id, cells in queries.matrix_for(products, now).items():
        for cell in cells:
            for need in cell.needs:
                if need.is_red and (need.document is None or need.document.valid_until is None or need.document.valid_until >= today):
                    lacking.setdefault(need.kind, set()).add(product_id)
    for kind, whose in lacking.items():
        title = packaged_matrix().title(kind, get_language() or "zh")
        about = products[next(iter(whose))] if len(whose) == 1 else _("%(n)s 个商品不能上架") % {"n": len(whose)}
        href = f"{reverse('compliance:document-new')}?kind={kind}" + (f"&product={next(iter(whose))}" if len(whose) == 1 else "")
        yield Duty(today, today, _("补 %(kind)s") % {"kind": title}, about, _("运营、合规"), href, _("上传资质"))


def _homeless(actor: Actor, today: date, shop_id: UUID | None) -> Iterator[Duty]:
    """A claim of no product is covered by no filing: somebody says which product the text is about."""
    for kept, made in homeless_claims(queries.texts_for(actor, shop_id=shop_id), queries.category_paths()):
        text = kept.text if len(kept.text) <= 40 else kept.text[:39] + "…"
        about = _("“%(text)s”说了“%(word)s”") % {"text": text, "word": made.word}
        yield Duty(business_date(kept.screened_at + CHECK_WITHIN), today, _("指明功效说的是哪个商品"), about, _("合规"), reverse("compliance:screened", args=[kept.pk]), _("去指明"))


def _licences(actor: Actor, today: date, shop_id: UUID | None) -> Iterator[Duty]:
    """What a licence says has to be readable in the room: what is missing there is the owner's duty, at once.   Source: facts/law L2, L4."""
    asked = {one.pk: one for one in shops_for(actor) if shop_id in {None, one.pk}}
    other = licences.disagreeing(asked)
    for one in asked.values():
        form = reverse("compliance:licence", args=[one.pk])
        if lacking := licences.lacking_of(one):
            yield Duty(today, today, _("补营业执照信息"), named(one.name, listed(lacking)), _("店长"), form, _("去填写"))
        if one.pk in other:
            yield Duty(today, today, _("执照编号和登记的不一样"), named(one.name, f"{one.licence_number} / {other[one.pk]}"), _("店长、合规"), form, _("去核对"))
