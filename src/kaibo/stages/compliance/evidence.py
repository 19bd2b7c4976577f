"""What rights, likenesses and compared prices say of products, for the gates; scoped lists of them.   Source: CMP-6, CMP-8."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date
from typing import Any
from uuid import UUID

from django.db.models import F, Q, QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _

from kaibo.kit.errors import NotFound
from kaibo.plumbing import prepared
from kaibo.plumbing.access import access
from kaibo.plumbing.access.actor import Actor
from kaibo.plumbing.wiring import Finding
from kaibo.stages.compliance.models import ComparedPrice, IpRight, Likeness, Picture
from kaibo.stages.compliance.pricing import ARTICLE

COPYING = "CMP-6；专利法第十一条、商标法第五十七条、著作权法第五十二条、第五十三条"


class LikenessUnknown(NotFound):
    code = "compliance.likeness_unknown"
    message_zh = "没有这条相似记录，或你看不到它"
    message_en = "There is no such likeness, or you cannot see it"


def findings_of(product_ids: Iterable[UUID], today: date) -> dict[UUID, list[Finding]]:
    """
    This function will give product → what its rights, likenesses and compared prices have against it: an upheld likeness is red, an
    undecided one amber, a right or a proof that ended red. Three queries.   Source: CMP-6, CMP-8.
    """
    ids = list(product_ids)
    found = copying_of(ids, today)
    for product_id, unproved in unproved_of(ids, today).items():
        found.setdefault(product_id, []).extend(unproved)
    return found


def unproved_of(product_ids: Iterable[UUID], today: date) -> dict[UUID, list[Finding]]:
    """This function will give product → struck-through prices whose proof ended.   Source: CMP-8."""
    found: dict[UUID, list[Finding]] = {}
    for price in prepared.rows(_unproved_prices, products=list(product_ids), today=today):
        said = _("%(sku)s 的厂商建议零售价证明已在 %(until)s 到期，划线价要撤下或换证明") % {"sku": price.sku.code, "until": price.evidence_until}
        here = reverse("compliance:price", args=[price.sku_id, price.platform])
        found.setdefault(price.sku.product_id, []).append(Finding("red", said, ARTICLE, here, _("看价格依据"), here))
    return found


def copying_of(product_ids: Iterable[UUID], today: date) -> dict[UUID, list[Finding]]:
    """
    This function will give product → likenesses not cleared (upheld: red, undecided: amber), rights that ended (red), and registered
    trade marks its title names without leave: those of other goods only (amber) or ended (red).   Source: CMP-6.
    """
    ids = list(product_ids)
    found: dict[UUID, list[Finding]] = {}
    for one in prepared.rows(_standing_likenesses, products=ids):
        found.setdefault(one.product_id, []).append(_of_likeness(one))
    for right in prepared.rows(_ended_rights, products=ids, today=today):
        said = _("%(title)s（%(number)s）授权或权利已在 %(until)s 到期") % {"title": right.title, "number": right.number, "until": right.valid_until}
        here = f"{reverse('compliance:rights')}?q={right.number}"
        found.setdefault(right.product_id, []).append(Finding("red", said, COPYING, here, _("续期或停用"), here))
    for product_id, finding in _marks_named(ids, today):
        found.setdefault(product_id, []).append(finding)
    return found


def _marks_named(ids: list[UUID], today: date) -> Iterator[tuple[UUID, Finding]]:
    """A mark in a title needs an entry of the register that holds today, for this product or for all of the shop's."""
    entries: dict[tuple[UUID, str], list[tuple[UUID | None, bool, str]]] = {}
    for product_id, mark, of_product, since, until, number in prepared.rows(_marks_in_titles, products=ids):
        entries.setdefault((product_id, mark), []).append((of_product, since <= today and (until is None or until >= today), number))
    for (product_id, mark), held in entries.items():
        mine = [one for one in held if one[0] in {None, product_id}]
        if any(holds for _of, holds, _number in mine) or any(of == product_id for of, _holds, _number in mine):
            continue  # leave is given, or an own entry that ended speaks for itself above
        state, said = ("red", _("标题里的商标“%(mark)s”（%(number)s）已到期")) if mine else ("run", _("标题里有商标“%(mark)s”（%(number)s），登记只用于别的商品"))
        number = (mine or held)[0][2]
        here = f"{reverse('compliance:rights')}?q={number}"
        yield product_id, Finding(state, said % {"mark": mark, "number": number}, COPYING, here, _("去登记或改标题"), here)


def _marks_in_titles(*, products: Any) -> QuerySet[Any]:
    marks = IpRight.objects.filter(kind="trademark", ended_at=None, shop__product__among=products, shop__product__title__icontains=F("title"))
    marks = marks.exclude(title__regex="^.$")  # one character stands in every other title
    return marks.values_list("shop__product", "title", "product_id", "valid_from", "valid_until", "number").order_by("shop__product", "title", "number")


def _standing_likenesses(*, products: Any) -> QuerySet[Likeness]:
    return Likeness.objects.filter(product__among=products).exclude(state="cleared").order_by("-state", "distance")


def _ended_rights(*, products: Any, today: Any) -> QuerySet[IpRight]:
    return IpRight.objects.filter(product__among=products, ended_at=None, valid_until__lt=today)


def _unproved_prices(*, products: Any, today: Any) -> QuerySet[ComparedPrice]:
    return ComparedPrice.objects.filter(sku__product__among=products, ended_at=None, evidence_until__lt=today).select_related("sku")


def _of_likeness(one: Likeness) -> Finding:
    href = reverse("compliance:likeness", args=[one.pk])
    whose = one.their_origin or one.their_title
    if one.state == "upheld":
        return Finding("red", _("判定与“%(whose)s”相似：%(ground)s") % {"whose": whose, "ground": one.ground}, COPYING, href, _("看两张图"), href)
    words = _("图片与“%(whose)s”很像（相差 %(n)s/64），要人判断") if one.kind == "picture" else _("标题与“%(whose)s”相似 %(n)s%%，要人判断")
    n = one.distance if one.kind == "picture" else one.like_bp // 100
    return Finding("run", words % {"whose": whose, "n": n}, COPYING, href, _("去判断"), href)


def rights_for(actor: Actor, *, shop_id: UUID | None = None) -> QuerySet[IpRight]:
    """This function will give the rights an actor may see that were not taken off the register, those that end first on top."""
    found = access.visible(IpRight.objects.filter(ended_at=None).select_related("product", "shop", "media"), actor).order_by("valid_until", "kind", "id")
    return found.filter(shop=shop_id) if shop_id else found


def likenesses_for(actor: Actor, *, shop_id: UUID | None = None) -> QuerySet[Likeness]:
    """This function will give the likenesses an actor may see, the newest first."""
    found = access.visible(Likeness.objects.select_related("product", "ours__media", "theirs__media"), actor).order_by("-found_at", "-id")
    return found.filter(shop=shop_id) if shop_id else found


def likeness_for(actor: Actor, likeness_id: UUID) -> Likeness:
    """This function will give a likeness.   Raises: LikenessUnknown."""
    found = likenesses_for(actor).filter(pk=likeness_id).first()
    if found is None:
        raise LikenessUnknown
    return found


def pictures_for(actor: Actor, *, shop_id: UUID | None = None) -> QuerySet[Picture]:
    """This function will give the pictures an actor may see, the newest first."""
    found = access.visible(Picture.objects.select_related("product", "media"), actor).order_by("-added_at", "-id")
    return found.filter(shop=shop_id) if shop_id else found


def compared_for(actor: Actor, *, shop_id: UUID | None = None) -> QuerySet[ComparedPrice]:
    """This function will give the struck-through prices that stand and an actor may see."""
    found = access.visible(ComparedPrice.objects.filter(ended_at=None).select_related("sku__product", "shop"), actor).order_by("-began_at", "-id")
    return found.filter(shop=shop_id) if shop_id else found


def ending_rights(actor: Actor, until: date) -> QuerySet[IpRight]:
    """This function will give the rights that end by a day."""
    return access.visible(IpRight.objects.filter(Q(ended_at=None) & Q(valid_until__lte=until)).select_related("shop"), actor).order_by("valid_until")
