"""Pages of prices, rights and pictures: may this be struck through, is this ours to use, is this a copy?"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from kaibo.kit.clock import business_date
from kaibo.kit.money import plain_yuan, yuan_text
from kaibo.master.catalog.models import Sku
from kaibo.master.shops.models import Platform, platform_name
from kaibo.plumbing.access import access
from kaibo.plumbing.answers import ConsoleRequest, done
from kaibo.plumbing.listed import clauses
from kaibo.plumbing.tables import tables
from kaibo.stages.compliance import comparing, evidence, price_book, rights, struck_work
from kaibo.stages.compliance.evidence_forms import RIGHT_KINDS, AskForm, PictureForm, RightForm, StruckForm
from kaibo.stages.compliance.models import ComparedPrice, IpRight, Likeness
from kaibo.stages.compliance.permissions import COMPARE, LIKENESS, RIGHTS, SEE
from kaibo.stages.compliance.pricing import LABELS, Basis, DealLevel
from kaibo.stages.compliance.views import _product_choices, _shops

WHY_NOT = {"refunded": gettext_lazy("发货前退款，不算成交"), "free": gettext_lazy("赠品或补发，没有价格"), "test": gettext_lazy("测试单")}
WEIGHT_PILLS = {"red": "bad", "amber": "warn", "note": ""}
LIKENESS_WORDS = {"open": gettext_lazy("待判断"), "cleared": gettext_lazy("不是抄袭"), "upheld": gettext_lazy("有侵权风险")}
LIKENESS_PILLS = {"open": "warn", "cleared": "ok", "upheld": "bad"}
HOW_WORDS = {
    "whole": gettext_lazy("整张图"), "cropped": gettext_lazy("裁剪过"), "mirrored": gettext_lazy("左右翻转"), "mirrored_cropped": gettext_lazy("翻转并裁剪"), "title": gettext_lazy("标题"),
}  # fmt: skip

PRICES = tables.Table(
    key="compliance.prices",
    title=gettext_lazy("价格卫士"),
    columns=(
        tables.Column("sku", gettext_lazy("货号"), sort="code", kind="lead"),
        tables.Column("price", gettext_lazy("标价"), sort="price_fen", kind="number"),
        tables.Column("places", gettext_lazy("各平台：近 7 日最低成交，能划多少")),
    ),
    filters=(tables.Search(("code__istartswith", "product__title__icontains"), gettext_lazy("货号、商品")),),
    default_sort="sku",
    unit=gettext_lazy("个货号"),
    empty_title=gettext_lazy("还没有货号"),
    empty_text=gettext_lazy("商品建好规格以后，这里按平台列出近 7 日最低成交价和能不能划线。"),
)
RIGHTS_TABLE = tables.Table(
    key="compliance.rights",
    title=gettext_lazy("知识产权登记"),
    columns=(
        tables.Column("title", gettext_lazy("权利"), sort="title", kind="lead"),
        tables.Column("number", gettext_lazy("编号"), sort="number"),
        tables.Column("owner", gettext_lazy("权利人"), sort="owner"),
        tables.Column("until", gettext_lazy("到期"), sort="valid_until"),
        tables.Column("product", gettext_lazy("用于")),
        tables.Column("standing", gettext_lazy("现在"), kind="pill"),
    ),
    filters=(
        tables.Search(("number__istartswith", "title__icontains", "owner__icontains"), gettext_lazy("编号、名称、权利人")),
        tables.Choice("kind", gettext_lazy("种类"), RIGHT_KINDS, as_chips=True),
    ),
    default_sort="until",
    unit=gettext_lazy("项"),
    empty_title=gettext_lazy("还没有登记知识产权"),
    empty_text=gettext_lazy("先登记自己的商标、外观专利和品牌方的授权书；到期前会提醒，过期的商品会亮红灯。"),
    empty_action_label=gettext_lazy("登记"),
    empty_action_href="/compliance/rights/new",
)
LIKENESSES = tables.Table(
    key="compliance.likenesses",
    title=gettext_lazy("相似"),
    columns=(
        tables.Column("product", gettext_lazy("我们的商品"), kind="lead"),
        tables.Column("theirs", gettext_lazy("像谁的")),
        tables.Column("how", gettext_lazy("怎么像")),
        tables.Column("near", gettext_lazy("相差"), sort="distance", kind="number"),
        tables.Column("state", gettext_lazy("判断"), sort="state", kind="pill"),
        tables.Column("at", gettext_lazy("发现"), sort="found_at", kind="when"),
    ),
    filters=(
        tables.Search(("their_origin__icontains", "their_title__icontains", "product__title__icontains"), gettext_lazy("商品、出处")),
        tables.Choice("state", gettext_lazy("判断"), tuple(LIKENESS_WORDS.items()), as_chips=True, counted=True),
    ),
    default_sort="-at",
    unit=gettext_lazy("条"),
    empty_title=gettext_lazy("没有发现相似"),
    empty_text=gettext_lazy("上传我们的主图和竞品的图，相似的会列在这里，两张图并排看。"),
    empty_action_label=gettext_lazy("上传图片"),
    empty_action_href="/compliance/pictures/new",
)


@require_GET
def prices(request: ConsoleRequest) -> HttpResponse:
    """What may be struck through where, and why?   Source: CMP-8."""
    access.require(request.actor, SEE)
    visible = access.visible(Sku.objects.select_related("product"), request.actor, "product__shop")
    if request.shop_id:
        visible = visible.filter(product__shop=request.shop_id)
    platforms = _platforms_of(request)
    levels: dict[str, dict] = {}

    def row(one: Sku) -> tables.Row:
        said = []
        for platform in platforms:
            level = levels[platform].get(one.pk)
            if level is not None and level.most_fen is not None and level.basis is not None:
                said.append(_("%(place)s %(fen)s（%(basis)s）") % {"place": platform_name(platform), "fen": yuan_text(level.most_fen), "basis": _label(level.basis)})
        cells = {
            "sku": tables.Cell(one.code, note=f"{one.product.title} {one.specification}"), "price": yuan_text(one.price_fen),
            "places": clauses(said) or _("没有成交过，只能标厂商建议零售价"),
        }  # fmt: skip
        return tables.Row(one.pk, cells, reverse("compliance:price", args=[one.pk, platforms[0]]))

    def ahead(shown: Sequence[Sku]) -> None:
        for platform in platforms:
            levels[platform] = price_book.levels_of([one.pk for one in shown], platform, request.now)

    struck = list(evidence.compared_for(request.actor, shop_id=request.shop_id)[:50])
    lowest = _levels_beside(struck, request.now)
    standing = [(one, *_standing_state(one, lowest[one.platform, one.sku_id], request)) for one in struck]
    return render(request, "compliance/prices.html", {"work": struck_work.work_of(request.actor, request.now, most=100), "table": tables.page(request, PRICES, visible, row=row, ahead=ahead), "standing": standing})


def _label(basis: str) -> str:
    return LABELS[Basis(basis)][1 if (get_language() or "zh").startswith("en") else 0]


def _levels_beside(struck: Sequence[ComparedPrice], now: datetime) -> dict[tuple[str, UUID], DealLevel]:
    """This function will give what each struck-through price rests on today; one query a platform."""
    return {
        (platform, sku_id): level
        for platform in {one.platform for one in struck}
        for sku_id, level in price_book.levels_of([one.sku_id for one in struck if one.platform == platform], platform, now).items()
    }


def _standing_state(one: ComparedPrice, level: DealLevel, request: ConsoleRequest) -> tuple[str, str, str, str]:
    """The words and the pill of a struck-through price that stands: it may have been undersold or unproved since."""
    if one.evidence_until and one.evidence_until < business_date(request.now):
        return platform_name(one.platform), _label(one.basis), _("证明已过期"), "bad"
    if one.basis != Basis.SUGGESTED and level.most_fen is not None and level.most_fen < one.struck_fen:
        return platform_name(one.platform), _label(one.basis), _("之后有更低成交 %(fen)s，下次比价前要改") % {"fen": yuan_text(level.most_fen)}, "warn"
    return platform_name(one.platform), _label(one.basis), _("站得住"), "ok"


def _platforms_of(request: ConsoleRequest) -> list[str]:
    shops = {shop.pk for shop in request.shops}
    found = {channel.platform for shop in request.shops for channel in shop.channels.all() if shop.pk in shops and channel.is_active}
    return [one for one in Platform.values if one in found] or [Platform.OWN.value]


@require_http_methods(["GET", "POST"])
def price(request: ConsoleRequest, sku_id: UUID, platform: str) -> HttpResponse:
    """Every deal of the last seven days, which was lowest, and may this price stand?   Source: CMP-8."""
    form = StruckForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        said = form.cleaned_data
        wanted = comparing.Comparison(said["struck"], said["price"], said["evidence"], said["evidence_until"])
        comparing.set_struck(actor=request.actor, sku_id=sku_id, platform=platform, wanted=wanted, now=request.now)
        return done(request, _("划线价已登记，依据已留档"), "compliance:price", sku_id, platform)
    ask = AskForm(request.GET or None, auto_id="ask_%s")  # two forms of one page: a label names its own field
    asked = ask.cleaned_data if ask.is_bound and ask.is_valid() else {}
    found = comparing.explain(
        actor=request.actor, sku_id=sku_id, platform=platform, now=request.now, price_fen=asked.get("price"), struck_fen=asked.get("struck")
    )
    language = 1 if (get_language() or "zh").startswith("en") else 0
    return render(
        request, "compliance/price.html",
        {
            "found": found, "ask": ask if ask.is_bound else AskForm(initial={"price": plain_yuan(found.sku.price_fen)}, auto_id="ask_%s"), "form": form,
            "trail": [(_("价格卫士"), reverse("compliance:prices"))], "platform_label": platform_name(platform),
            "places": [(platform_name(one), one, one == platform) for one in _platforms_of(request)],
            "remarks": [(price_book.words_of(one), WEIGHT_PILLS[one.weight], one.weight) for one in found.remarks],
            "struck_words": (found.struck.zh, found.struck.en)[language] if found.struck else "",
            "label": _label(found.level.basis) if found.level.basis else "",
            "deals": [(deal, WHY_NOT.get(deal.why_not, ""), not deal.why_not and deal.unit_fen == found.level.lowest_fen) for deal in found.deals[:200]],
            "standing_basis": _label(found.standing.basis) if found.standing else "", "may_set": request.actor.can(COMPARE, shop_id=found.sku.shop_id),
        },
        status=422 if request.method == "POST" else 200,
    )


@require_POST
def end_struck(request: ConsoleRequest, sku_id: UUID, platform: str) -> HttpResponse:
    comparing.end_struck(actor=request.actor, sku_id=sku_id, platform=platform, now=request.now)
    return done(request, _("划线价已撤下"), "compliance:price", sku_id, platform)


# Rights


@require_GET
def ip_rights(request: ConsoleRequest) -> HttpResponse:
    """What is ours or licensed, by which number, until when?   Source: CMP-6."""
    access.require(request.actor, SEE)
    today = business_date(request.now)
    kinds = dict(RIGHT_KINDS)

    def row(one: IpRight) -> tables.Row:
        is_over = one.valid_until is not None and one.valid_until < today
        is_soon = one.valid_until is not None and not is_over and (one.valid_until - today).days < 30
        standing = tables.Cell(_("已到期"), state="bad") if is_over else tables.Cell(_("快到期"), state="warn") if is_soon else tables.Cell(_("有效"), state="ok")
        return tables.Row(
            one.pk,
            {
                "title": tables.Cell(one.title, note=kinds[one.kind]), "number": one.number,
                "owner": tables.Cell(one.owner, note=_("授权 %(number)s") % {"number": one.authorisation} if one.authorisation else ""),
                "until": one.valid_until.isoformat() if one.valid_until else _("长期"), "product": one.product.code if one.product else _("整个店铺"), "standing": standing,
            },
            f"{reverse('compliance:rights')}?q={one.number}",
        )

    visible = evidence.rights_for(request.actor, shop_id=request.shop_id)
    chosen = visible.filter(number=request.GET["q"]).first() if request.GET.get("q") else None
    return render(
        request, "compliance/rights.html",
        {"table": tables.page(request, RIGHTS_TABLE, visible, row=row), "may_keep": request.actor.can(RIGHTS), "chosen": chosen, "chosen_kind": kinds.get(chosen.kind) if chosen else ""},
    )


@require_http_methods(["GET", "POST"])
def new_right(request: ConsoleRequest) -> HttpResponse:
    access.require(request.actor, RIGHTS)
    lists = {"shops": _shops(request), "products": _product_choices(request)}
    form = RightForm(request.POST or None, **lists)
    if request.method == "POST" and form.is_valid():
        d = form.cleaned_data
        draft = rights.RightDraft(
            d["kind"], d["title"], d["number"], d["owner"], d["valid_from"], d["valid_until"], d["authorisation"], UUID(d["product"]) if d["product"] else None
        )
        rights.add_right(actor=request.actor, shop_id=UUID(d["shop"]), draft=draft, now=request.now)
        return done(request, _("已登记"), "compliance:rights")
    values = {"form": form, "trail": [(_("知识产权登记"), reverse("compliance:rights"))]}
    return render(request, "compliance/right_form.html", values, status=422 if request.method == "POST" else 200)


@require_POST
def end_right(request: ConsoleRequest, right_id: UUID) -> HttpResponse:
    rights.end_right(actor=request.actor, right_id=right_id, reason=request.POST.get("reason", ""), now=request.now)
    return done(request, _("已停用"), "compliance:rights")


# Pictures


@require_GET
def likenesses(request: ConsoleRequest) -> HttpResponse:
    """Which of our goods look like somebody else's, and what was decided?   Source: CMP-6."""
    access.require(request.actor, SEE)

    def row(one: Likeness) -> tables.Row:
        near = f"{one.distance}/64" if one.kind == "picture" else f"{100 - one.like_bp // 100}%"
        return tables.Row(
            one.pk,
            {
                "product": tables.Cell(one.product.title, note=one.product.code), "theirs": tables.Cell(one.their_origin or "—", note=one.their_title),
                "how": HOW_WORDS.get(one.how, one.how), "near": near, "state": tables.Cell(LIKENESS_WORDS[one.state], state=LIKENESS_PILLS[one.state]), "at": one.found_at,
            },
            reverse("compliance:likeness", args=[one.pk]),
        )

    visible = evidence.likenesses_for(request.actor, shop_id=request.shop_id)
    pictures = evidence.pictures_for(request.actor, shop_id=request.shop_id)
    return render(
        request, "compliance/likenesses.html",
        {
            "table": tables.page(request, LIKENESSES, visible, row=row), "may_keep": request.actor.can(RIGHTS),
            "ours": pictures.exclude(product=None).count(), "theirs": pictures.filter(product=None).count(),
        },
    )


@require_GET
def likeness(request: ConsoleRequest, likeness_id: UUID) -> HttpResponse:
    """Are these two the same work?   Source: CMP-6."""
    access.require(request.actor, SEE)
    found = evidence.likeness_for(request.actor, likeness_id)
    return render(
        request, "compliance/likeness.html",
        {
            "found": found, "trail": [(_("图片与标题相似"), reverse("compliance:likenesses"))], "state_words": LIKENESS_WORDS[found.state],
            "pill": LIKENESS_PILLS[found.state], "how": HOW_WORDS.get(found.how, ""), "may_decide": request.actor.can(LIKENESS, shop_id=found.shop_id),
            "like_percent": found.like_bp // 100,
        },
    )


@require_POST
def decide(request: ConsoleRequest, likeness_id: UUID) -> HttpResponse:
    is_copy = request.POST.get("verdict") == "copy"
    rights.decide_likeness(actor=request.actor, likeness_id=likeness_id, is_copy=is_copy, ground=request.POST.get("reason", ""), now=request.now)
    return done(request, _("判断已留档"), "compliance:likeness", likeness_id)


@require_http_methods(["GET", "POST"])
def new_picture(request: ConsoleRequest) -> HttpResponse:
    access.require(request.actor, RIGHTS)
    lists = {"shops": _shops(request), "products": _product_choices(request)}
    form = PictureForm(request.POST or None, request.FILES or None, initial={"product": request.GET.get("product", "")}, **lists)
    if request.method == "POST" and form.is_valid():
        d = form.cleaned_data
        _kept, found = rights.keep_picture(
            actor=request.actor, shop_id=UUID(d["shop"]), product_id=UUID(d["product"]) if d["product"] else None, origin=d["origin"], title=d["title"],
            name=d["file"].name, mime=d["file"].content_type, content=d["file"].file, now=request.now,
        )
        return done(request, _("已收下，和 %(n)s 张图相似") % {"n": len(found)} if found else _("已收下，没有发现相似的图"), "compliance:likenesses")
    values = {"form": form, "trail": [(_("图片与标题相似"), reverse("compliance:likenesses"))]}
    return render(request, "compliance/picture_form.html", values, status=422 if request.method == "POST" else 200)


@require_POST
def compare_titles(request: ConsoleRequest, product_id: UUID) -> HttpResponse:
    found = rights.compare_titles(actor=request.actor, product_id=product_id, now=request.now)
    return done(request, _("比过了，%(n)s 个标题太像") % {"n": len(found)}, "compliance:likenesses")
