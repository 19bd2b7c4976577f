"""What the law wants viewers to see: beside a product, and of the room that sells it; each with its state and where it is shown."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import connection
from django.urls import reverse
from django.utils.translation import gettext as _

from kaibo.kit.clock import business_date
from kaibo.master.catalog import promises
from kaibo.master.catalog.models import Product
from kaibo.master.shops.models import Shop
from kaibo.plumbing.access.actor import Actor
from kaibo.plumbing.wiring import Finding
from kaibo.room import duties as room
from kaibo.stages.compliance import licences, queries
from kaibo.stages.compliance.efficacy import texts_of
from kaibo.stages.compliance.models import ComparedPrice, Document, IpRight
from kaibo.stages.compliance.rules import Held, Standing, packaged_matrix, standing_of

HEALTH_LABEL = "本品不能代替药物"
HEALTH_CATEGORY = "food.health"
SHOWN_KINDS = {"special_registration": "特殊化妆品注册证", "cosmetics_filing": "化妆品备案号", "health_food_approval": "保健食品批准文号或备案号"}
PATENT_KINDS = ("design_patent", "packaging_patent", "utility_patent")
HEALTH_LAW = "广告法第十八条；食品安全法第七十八条"
FILING_LAW = "化妆品网络经营监督管理办法（披露注册或备案信息）；食品安全法第七十六条"
PATENT_LAW = "广告法第十二条（标明专利号和种类）"
GIFT_LAW = "明码标价和禁止价格欺诈规定第十八条；广告法第八条（赠品的品名、规格、数量）"
PROMISE_LAW = "电子商务法第二十条（按承诺的时间交付）；消费者权益保护法第二十八条（履行期限）"
ROOM_LAW = "直播电商监督管理办法（2026-02-01）；电子商务法第十五条"
AI_LAW = "直播电商监督管理办法；人工智能生成合成内容标识办法（2025-09-01）"
_GIFT = re.compile(r"(赠送?|(?<![配寄发派护接运输])送(?![货达到检礼人给]))([^，。；、,.;!！?？]{0,20})")


@dataclass(frozen=True, slots=True)
class Label:
    """Something to be said beside a product: the words viewers read, empty while they are missing, and why."""

    key: str
    text: str
    finding: Finding


def labels_of(products: Iterable[Product], now: datetime) -> dict[UUID, list[Label]]:
    """This function will give product → what must be said beside it; five queries.   Source: CMP-5, facts/law L1, L5."""
    listed, today = list(products), business_date(now)
    paths, papers_of = queries.category_paths(), queries.papers_by_product({one.shop_id for one in listed})
    ids = [one.pk for one in listed]
    rights: dict[UUID, list[IpRight]] = {}
    for one in IpRight.objects.filter(product__in=ids, kind__in=PATENT_KINDS, ended_at=None):
        if one.product_id and (one.valid_until is None or one.valid_until >= today):
            rights.setdefault(one.product_id, []).append(one)
    suggested = set(ComparedPrice.objects.filter(sku__product__in=ids, ended_at=None, basis="suggested").values_list("sku__product_id", flat=True))
    promised = promises.running_at(ids, now)
    found = {}
    for product in listed:
        here = reverse("compliance:product", args=[product.pk])
        papers = papers_of.get((product.shop_id, product.pk), [])
        path = paths.get(product.category_id, ((product.category_id,), ""))[0]
        held = {one.kind: one for one in papers if one.kind in SHOWN_KINDS and standing_of(one, today, warn_days=0) is Standing.HELD}
        found[product.pk] = [
            *_health(path, papers, here), *_filings(held, here), *_patents(product, rights.get(product.pk, []), here), *_gifts(product, here),
            *([_shown("suggested", _("划线价为厂商建议零售价"), "明码标价和禁止价格欺诈规定第十六条", here, "划线价为厂商建议零售价")] if product.pk in suggested else []),
            *([_promise(promised[product.pk], here)] if product.pk in promised else []),
        ]
    return found


def _shown(key: str, said: str, source: str, href: str, text: str) -> Label:
    return Label(key, text, Finding("ok", _("商品卡上显示：%(said)s") % {"said": said}, source, href))


def _promise(said: promises.Promise, here: str) -> Label:
    """Who pays must have been told by when it leaves."""
    return Label("promise", promises.card_words(said), Finding("ok", _("商品卡上显示预售：%(said)s") % {"said": promises.words_of(said)}, PROMISE_LAW, here))


def _health(path: tuple[str, ...], papers: list[Held], here: str) -> list[Label]:
    if HEALTH_CATEGORY not in path and not any(one.kind == "health_food_approval" for one in papers):
        return []
    return [_shown("health", HEALTH_LABEL, HEALTH_LAW, here, HEALTH_LABEL)]


def _filings(held: dict[str, Held], here: str) -> list[Label]:
    return [_shown(kind, f"{SHOWN_KINDS[kind]} {one.number}", FILING_LAW, here, f"{SHOWN_KINDS[kind]} {one.number}") for kind, one in held.items()]


def _patents(product: Product, rights: list[IpRight], here: str) -> list[Label]:
    if not any("专利" in text for text in texts_of(product)):
        return []
    if not rights:
        missing = Finding("red", _("说了“专利”，但没有登记有效的专利号和种类"), PATENT_LAW, here, _("登记专利"), reverse("compliance:right-new"))
        return [Label("patent", "", missing)]
    return [_shown("patent", f"{one.title} {one.number}", PATENT_LAW, here, f"专利 {one.number}（{one.title}）") for one in rights]


def _gifts(product: Product, here: str) -> list[Label]:
    for text in texts_of(product):
        for match in _GIFT.finditer(text):
            if not re.search(r"[0-9一二两三四五六七八九十]", match.group(2)):
                said = _("“%(text)s”：赠品要写明品名和数量") % {"text": match.group()}
                return [Label("gift", "", Finding("run", said, GIFT_LAW, here, _("改写"), f"{reverse('compliance:screening')}?product={product.pk}&surface=script"))]
    return []


def of_product(product: Product, now: datetime) -> list[Finding]:
    """This function will give what must be said beside one product and where it stands, missing ones first."""
    found = [label.finding for label in labels_of([product], now)[product.pk]]
    return sorted(found, key=lambda one: ("red", "run", "ok").index(one.state))


def card_labels(product_id: UUID, now: datetime) -> list[str]:
    """This function will give the words the room shows on a product's card."""
    found = Product.objects.filter(pk=product_id).first()
    return [label.text for label in labels_of([found], now)[product_id] if label.text] if found else []


# The room

PERMIT_KINDS = ("business_licence", "individual_licence", "food_licence", "food_producer_licence")
"""What e-commerce operators show of themselves: the licence, and the permits their trade needs (电子商务法第十五条)."""
_TRADER = re.compile(r"92[0-9A-Z]{16}")
"""A sole trader's credit code; anything else filed as an individual's paper may be a person's identity number, which nobody shows."""
PERMIT_LAW = "电子商务法第十五条（营业执照信息和行政许可信息）"
AD_LAW = "广告法第十四条；直播电商监督管理办法第三十五条"


def permits_of(shop_id: UUID, now: datetime) -> list[room.Permit]:
    """This function will give a shop's own papers that were checked and hold today, the licence first.   Source: facts/law L4."""
    today, matrix = business_date(now), packaged_matrix()
    found = Document.objects.filter(shop=shop_id, product=None, kind__in=PERMIT_KINDS, state="confirmed", valid_from__lte=today).exclude(valid_until__lt=today)
    shown = sorted((one for one in found if one.kind != "individual_licence" or _TRADER.fullmatch(one.number)), key=lambda one: (PERMIT_KINDS.index(one.kind), one.number))
    return [room.Permit(matrix.title(one.kind), matrix.title(one.kind, "en"), one.number, one.issuer, one.valid_until) for one in shown]


def publish_permits(shop_ids: Iterable[UUID], now: datetime) -> int:
    """This function will bring the licence pages of shops' rooms up to date, inside the caller's transaction, and say how many changed."""
    with connection.cursor() as cursor:
        return sum(room.show_permits(cursor, shop=str(shop_id), permits=permits_of(shop_id, now)) for shop_id in shop_ids)


@dataclass(frozen=True, slots=True)
class RoomPage:
    """A room with what it tells of who stands behind it."""

    room: str
    title: str
    href: str
    findings: tuple[Finding, ...]

    @property
    def is_complete(self) -> bool:
        return all(one.state == "ok" for one in self.findings)


def rooms_of(actor: Actor, *, shop_id: UUID | None = None) -> list[RoomPage]:
    """This function will give the rooms of the shops an actor may see with what each shows of its operator.   Source: facts/law L2, L4."""
    shops = [one for one in Shop.objects.filter(is_active=True) if actor.sees(one.pk) and shop_id in {None, one.pk}]
    with connection.cursor() as cursor:
        told = room.identities_of(cursor, [str(one.pk) for one in shops])
    by_shop = {str(one.pk): one for one in shops}
    return [RoomPage(one.room, one.title, f"/r/{one.room}", tuple(_of_room(one, by_shop[one.shop]))) for one in told]


def _of_room(told: room.Identity, shop: Shop) -> list[Finding]:
    mend, where = reverse("shops:list"), _("直播间“营业与价格说明”")
    licence = reverse("compliance:licence", args=[shop.pk])
    wanted = (
        (_("经营者"), told.operator, ROOM_LAW), (_("公司全称"), told.company, ROOM_LAW), (_("营业执照号"), told.licence_number, ROOM_LAW),
        (_("主播身份"), told.host, ROOM_LAW), (_("联系方式"), told.contact, ROOM_LAW), (_("售后入口"), told.service_url, "消费者权益保护法第二十五条；" + ROOM_LAW),
    )  # fmt: skip
    found = [
        Finding("ok", _("%(what)s：%(value)s（%(where)s）") % {"what": what, "value": value, "where": where}, source)
        if value
        else Finding("red", _("%(what)s没有写，观众看不到") % {"what": what}, source, form, _("去填写"), form)
        for (what, value, source), form in zip(wanted, (mend, licence, licence, mend, mend, mend), strict=True)
    ]
    if shop.licence_number and told.licence_number and shop.licence_number != told.licence_number:
        found.append(Finding("red", _("直播间写的执照号和店铺登记的不一样"), ROOM_LAW, licence, _("去核对"), licence))
    found += licences.findings_of(shop, told.licence)
    page = f"/r/{told.room}/licence"
    if told.permits:
        found.append(Finding("ok", _("证照公示页：%(n)s 份证照，直播间里点“营业执照”就到") % {"n": told.permits}, PERMIT_LAW, page))
    else:
        upload = f"{reverse('compliance:document-new')}?kind=business_licence"
        found.append(Finding("run", _("证照公示页上还没有证照：上传营业执照并核对原件"), PERMIT_LAW, page, _("上传资质"), upload))
    found.append(Finding("ok", _("画面上一直标着“广告”"), AD_LAW))
    ai = _("画面上一直显示“AI 数字人直播，并非真人”") if told.is_ai_host else _("真人主播，不用 AI 标识；换成数字人时在场次里勾选")
    found.append(Finding("ok", ai, AI_LAW))
    return sorted(found, key=lambda one: one.state == "ok")
