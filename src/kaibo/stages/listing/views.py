"""Pages of listing: what is on sale where, what stands in the way, and is this title and price right?"""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_POST

from kaibo.kit.errors import Invalid
from kaibo.kit.money import NotMoney, plain_yuan
from kaibo.master.shops.models import PLATFORM_CHOICES, platform_name
from kaibo.plumbing.access import access
from kaibo.plumbing.answers import ConsoleRequest, done
from kaibo.plumbing.tables import tables
from kaibo.stages.listing import promise_panel, queries, rules, services, title_queries
from kaibo.stages.listing.forms import PriceForm, TitleForm, title_initial
from kaibo.stages.listing.models import HotWord, Listing
from kaibo.stages.listing.permissions import EDIT, PRICE_CONFIRM, PUBLISH, SEE
from kaibo.stages.listing.rules import State
from kaibo.stages.selection import queries as selection
from kaibo.stages.selection import taught

STATE_WORDS = {State.DRAFT: gettext_lazy("草稿"), State.PUBLISHED: gettext_lazy("在售"), State.WITHDRAWN: gettext_lazy("已下架")}
STATE_PILLS = {State.DRAFT: "warn", State.PUBLISHED: "ok", State.WITHDRAWN: ""}


class FormIncomplete(Invalid):
    code = "listing.form_incomplete"
    message_zh = "表单不完整，请刷新后再试"
    message_en = "The form is incomplete; reload and try again"


LISTINGS = tables.Table(
    key="listing.listings",
    title=gettext_lazy("商品上架"),
    columns=(
        tables.Column("title", gettext_lazy("标题"), sort="title", kind="lead"),
        tables.Column("channel", gettext_lazy("渠道"), sort="channel__platform"),
        tables.Column("state", gettext_lazy("状态"), sort="state", kind="pill"),
        tables.Column("width", gettext_lazy("宽度"), kind="count"),
        tables.Column("version", gettext_lazy("版本"), sort="published_version", kind="count"),
        tables.Column("published", gettext_lazy("上架时间"), sort="published_at", kind="when"),
        tables.Column("changed", gettext_lazy("最后改动"), sort="changed_at"),
    ),
    filters=(
        tables.Search(("title__icontains", "product__code__istartswith"), gettext_lazy("标题、商品编码")),
        tables.Choice("platform", gettext_lazy("平台"), PLATFORM_CHOICES, lookup="channel__platform"),
        tables.Choice("state", gettext_lazy("状态"), tuple(STATE_WORDS.items()), as_chips=True, counted=True),
    ),
    unit=gettext_lazy("个上架"),
    empty_title=gettext_lazy("还没有上架"),
    empty_text=gettext_lazy("在下面选一个商品和渠道开始：按公式拼标题、定价格、检查资质，然后上架。"),
)
HOT_WORDS = tables.Table(
    key="listing.hot_words",
    title=gettext_lazy("热搜词"),
    columns=(
        tables.Column("word", gettext_lazy("词"), sort="word", kind="lead"),
        tables.Column("heat", gettext_lazy("热度"), sort="heat", kind="count"),
        tables.Column("category", gettext_lazy("类目"), sort="category_word"),
        tables.Column("platform", gettext_lazy("平台"), sort="platform"),
        tables.Column("seen", gettext_lazy("统计时间"), sort="seen_at", kind="when"),
    ),
    filters=(tables.Search(("word__icontains",), gettext_lazy("词")),),
    default_sort="-heat",
    unit=gettext_lazy("个词"),
    empty_title=gettext_lazy("还没有热搜词"),
    empty_text=gettext_lazy("从平台的搜索词榜单导出后导入，写标题时会按热度提示，一点就加进去。"),
)


@require_GET
def listings(request: ConsoleRequest) -> HttpResponse:
    """What is on sale where, and what has no page yet?   Source: LST-2."""
    access.require(request.actor, SEE)
    found = tables.page(request, LISTINGS, queries.listings_for(request.actor, shop_id=request.shop_id), row=_row)
    return render(
        request, "listing/listings.html",
        {
            "table": found, "unlisted": queries.unlisted_pairs(request.actor, shop_id=request.shop_id), "may_edit": request.actor.can(EDIT),
            "export_href": f"{reverse('intake:runs')}#exports",
        },
    )


def _row(one: Listing) -> tables.Row:
    return tables.Row(
        one.pk,
        {
            "title": tables.Cell(one.title, note=f"{one.product.code} · {one.shop.name}"), "channel": f"{one.channel.get_platform_display()} · {one.channel.name}",
            "state": tables.Cell(STATE_WORDS[State(one.state)], state=STATE_PILLS[State(one.state)]), "width": rules.width_of(one.title),
            "version": one.published_version, "published": one.published_at, "changed": one.changed_by,
        },
        reverse("listing:listing", args=[one.pk]),
    )


@require_POST
def begin(request: ConsoleRequest) -> HttpResponse:
    try:
        product_id, channel_id = UUID(request.POST.get("product", "")), UUID(request.POST.get("channel", ""))
    except ValueError as unreadable:
        raise FormIncomplete from unreadable
    made = services.begin_listing(actor=request.actor, product_id=product_id, channel_id=channel_id, now=request.now)
    return done(request, _("已开始，先写标题"), "listing:listing", made.pk)


@require_GET
def hot_words(request: ConsoleRequest) -> HttpResponse:
    """What do buyers search for now?   Source: LST-2."""
    access.require(request.actor, SEE)
    words = queries.hot_words_visible(request.actor, shop_id=request.shop_id)

    def row(one: HotWord) -> tables.Row:
        platform = platform_name(one.platform)
        return tables.Row(one.pk, {"word": one.word, "heat": one.heat, "category": one.category_word, "platform": platform, "seen": one.seen_at})

    return render(
        request, "listing/hot_words.html",
        {"table": tables.page(request, HOT_WORDS, words, row=row), "import_href": f"{reverse('intake:upload')}?kind=hotwords", "may_edit": request.actor.can(EDIT)},
    )


@require_GET
def listing(request: ConsoleRequest, listing_id: UUID) -> HttpResponse:
    """Is the title right, is the price right, and what still stands in the way?   Source: LST-2, LST-6, CMP-1."""
    access.require(request.actor, SEE)
    found = queries.listing_for(request.actor, listing_id)
    return render(request, "listing/listing.html", _values(request, found, TitleForm(initial=title_initial(found))))


def _values(request: ConsoleRequest, found: Listing, form: TitleForm) -> dict[str, Any]:
    rows = queries.price_rows(found, now=request.now)
    full = title_queries.full_review(found, found.title, queries.parts_of(found))
    said, unclaimed = title_queries.words_to_offer(found)
    review = full.review
    readiness = queries.readiness_of(found, request.now, rows=rows, review=review)
    state = State(found.state)
    market_id = selection.market_of_product(found.product_id)
    return {
        "listing": found, "form": form, "review": review, "rewrites": full.rewrites, "hot": said, "unclaimed": unclaimed, "state": state, "state_words": STATE_WORDS[state],
        "state_pill": STATE_PILLS[state], "readiness": readiness, "prices": [_price_line(request, found, row) for row in rows],
        "span": next((row.check.ground for row in rows if row.check.ground.low_fen is not None), None),
        "market_href": reverse("selection:market", args=[market_id]) if market_id else "",
        "sizes": taught.sizes_said(found.product_id), "versions": list(found.versions.order_by("-number")[:10]), "trail": [(_("商品上架"), reverse("listing:listings"))],
        "may_edit": request.actor.can(EDIT, shop_id=found.shop_id), "may_publish": request.actor.can(PUBLISH, shop_id=found.shop_id),
        **promise_panel.panel_of(request, found),
    }


def _price_line(request: ConsoleRequest, found: Listing, row: queries.PriceRow) -> dict[str, Any]:
    is_own = row.set_by_id is not None and row.set_by_id == request.actor.person_id
    waits = row.check.state == "run" and not row.is_confirmed
    return {
        "row": row, "written": plain_yuan(row.check.price_fen), "words": queries.words_of_check(row.check), "waits": waits,
        "may_confirm": waits and not is_own and request.actor.can(PRICE_CONFIRM, shop_id=found.shop_id), "is_own": waits and is_own,
    }


@require_POST
def lint(request: ConsoleRequest, listing_id: UUID) -> HttpResponse:
    """The title as it is being typed: what is wrong with it, at which place. Nothing is kept."""
    access.require(request.actor, SEE)
    found = queries.listing_for(request.actor, listing_id)
    form = TitleForm(request.POST)
    form.fields["core"].required = False  # while typing, its absence is a remark, not a refusal
    if not form.is_valid():
        raise FormIncomplete
    parts = form.parts(found)
    written = form.cleaned_data["title"].strip() or rules.build_title(parts)
    full = title_queries.full_review(found, written, parts)
    return render(request, "listing/_lint.html", {"review": full.review, "rewrites": full.rewrites, "listing": found})


@require_POST
def title(request: ConsoleRequest, listing_id: UUID) -> HttpResponse:
    found = queries.listing_for(request.actor, listing_id)
    form = TitleForm(request.POST)
    if not form.is_valid():
        return render(request, "listing/listing.html", _values(request, found, form), status=422)
    services.save_title(
        actor=request.actor, listing_id=listing_id, parts=form.parts(found), title=form.cleaned_data["title"], revision=form.cleaned_data["revision"], now=request.now
    )
    return done(request, _("标题已保存并留档筛查"), "listing:listing", listing_id)


@require_POST
def price(request: ConsoleRequest, listing_id: UUID, sku_id: UUID) -> HttpResponse:
    form = PriceForm(request.POST)
    if not form.is_valid():
        raise NotMoney(text=request.POST.get("price", ""))
    check = services.set_price(
        actor=request.actor, listing_id=listing_id, sku_id=sku_id, price_fen=form.cleaned_data["price"], reason=form.cleaned_data["reason"], now=request.now
    )
    words = _("价格已存，等第二个人确认") if check.amber else _("价格已存")
    return done(request, words, "listing:listing", listing_id)


@require_POST
def confirm_price(request: ConsoleRequest, listing_id: UUID, sku_id: UUID) -> HttpResponse:
    form = PriceForm(request.POST)
    if not form.is_valid():
        raise FormIncomplete
    services.confirm_price(actor=request.actor, listing_id=listing_id, sku_id=sku_id, price_fen=form.cleaned_data["price"], now=request.now)
    return done(request, _("价格已确认"), "listing:listing", listing_id)


@require_POST
def publish(request: ConsoleRequest, listing_id: UUID) -> HttpResponse:
    made = services.publish_listing(actor=request.actor, listing_id=listing_id, now=request.now)
    return done(request, _("已上架，版本 %(n)s") % {"n": made.published_version}, "listing:listing", listing_id)


@require_POST
def withdraw(request: ConsoleRequest, listing_id: UUID) -> HttpResponse:
    services.withdraw_listing(actor=request.actor, listing_id=listing_id, reason=request.POST.get("reason", ""), now=request.now)
    return done(request, _("已下架"), "listing:listing", listing_id)
