"""Sessions: which are coming, is each ready to go live, and if not, what to press."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_POST

from kaibo.kit.money import plain_yuan, share_bp
from kaibo.master.catalog import queries as catalog
from kaibo.master.people import queries as people
from kaibo.plumbing.access import access
from kaibo.plumbing.answers import ConsoleRequest, done
from kaibo.plumbing.tables import tables
from kaibo.plumbing.tables.tables import Cell, Choice, Column, Row, Search, Table
from kaibo.stages.selection import taught
from kaibo.stages.showplan import queries, services
from kaibo.stages.showplan.forms import (
    ProductSegmentForm,
    RehearsalForm,
    SegmentForm,
    SessionForm,
    chosen_id,
    offers_from,
)
from kaibo.stages.showplan.models import Session
from kaibo.stages.showplan.opening import opening_of, openings
from kaibo.stages.showplan.permissions import (
    DUTY_CONFIRM,
    EQUIPMENT_SIGN,
    OVERRIDE_ASK,
    OVERRIDE_CONFIRM,
    SESSION_PLAN,
    SESSION_SEE,
    STREAM_KEY,
)
from kaibo.stages.showplan.rules import PLANNABLE, DutyRole, EquipmentKind, SessionState
from kaibo.stages.showplan.words import EQUIPMENT_TITLES, SEGMENT_TITLES, STATE_PILLS, STATE_TITLES

SESSIONS = Table(
    key="showplan:sessions",
    title=gettext_lazy("场次"),
    columns=(
        Column("title", gettext_lazy("场次"), sort="title", kind="lead"),
        Column("starts_at", gettext_lazy("开播"), sort="starts_at", kind="when"),
        Column("state", gettext_lazy("状态"), sort="state", kind="pill"),
        Column("gate", gettext_lazy("开播闸门"), kind="pill", export=False),
        Column("target", gettext_lazy("目标"), sort="target_fen", kind="money"),
        Column("room", gettext_lazy("直播间"), sort="room"),
        Column("shop", gettext_lazy("店铺"), sort="shop__name"),
    ),
    filters=(
        Search(("title__icontains", "room__icontains"), gettext_lazy("场次、直播间…")),
        Choice("state", gettext_lazy("状态"), tuple(STATE_TITLES.items()), as_chips=True, counted=True),
    ),
    default_sort="-starts_at",
    unit=gettext_lazy("场"),
    empty_title=gettext_lazy("还没有场次"),
    empty_text=gettext_lazy("先建一个场次，写好时间；再排流程单、安排人员、检查设备，闸门全绿就能开播。"),
    empty_action_label=gettext_lazy("新建场次"),
    empty_action_href="/showplan/new",
)


@require_GET
def sessions(request: ConsoleRequest) -> HttpResponse:
    access.require(request.actor, SESSION_SEE)
    found = queries.sessions_for(request.actor, shop_id=request.shop_id)
    upcoming = {one.pk: one for one in found.filter(state__in=[state.value for state in PLANNABLE]).order_by("starts_at")[:20]}
    verdicts = openings(list(upcoming.values()), request.now)

    def row(session: Session) -> Row:
        verdict = verdicts.get(session.pk)
        gate = Cell("—")
        if verdict is not None:
            red = len(verdict.blocking)
            gate = Cell(_("%(red)s 项红") % {"red": red}, state="bad") if red else Cell(_("可以开播"), state="ok")
        cells = {
            "title": Cell(session.title, note=session.theme), "starts_at": session.starts_at,
            "state": Cell(STATE_TITLES[session.state], state=STATE_PILLS[session.state]), "gate": gate,
            "target": session.target_fen or None, "room": session.room, "shop": session.shop.name,
        }  # fmt: skip
        return Row(session.pk, cells, reverse("showplan:session", args=[session.pk]))

    table = tables.page(request, SESSIONS, found, row=row)
    return render(request, "showplan/sessions.html", {"table": table, "can_plan": request.actor.can(SESSION_PLAN)})


def new_session(request: ConsoleRequest) -> HttpResponse:
    access.require(request.actor, SESSION_PLAN)
    start = (request.now + timedelta(days=5)).replace(minute=0, second=0, microsecond=0)
    form = SessionForm(request.POST or None, initial={"starts_at": start, "ends_at": start + timedelta(hours=4)})
    if request.method == "POST" and form.is_valid():
        shop_id = request.shop_id or chosen_id(request.POST, "shop")
        made = services.plan_session(
            actor=request.actor, shop_id=shop_id, now=request.now,
            **{**form.cleaned_data, "target_fen": form.cleaned_data["target_fen"] or 0, "platform": form.cleaned_data["platform"] or "own"},
        )
        return done(request, _("场次已建好，接着排流程单"), "showplan:session", made.pk)
    return render(request, "showplan/session_form.html", {"form": form, "shops": request.shops, "title": _("新建场次")}, status=422 if form.errors else 200)


def change_session(request: ConsoleRequest, session_id: UUID) -> HttpResponse:
    found = queries.session_for(request.actor, session_id)
    access.require(request.actor, SESSION_PLAN, shop_id=found.shop_id)
    known = {"title": found.title, "theme": found.theme, "room_name": found.room, "starts_at": found.starts_at, "ends_at": found.ends_at, "target_fen": plain_yuan(found.target_fen) if found.target_fen else "", "video_url": found.video_url, "backup_video_url": found.backup_video_url, "is_ai_host": found.is_ai_host, "platform": found.platform}
    form = SessionForm(request.POST or None, initial=known)
    form.fields["room_name"].disabled = form.fields["platform"].disabled = True
    if request.method == "POST" and form.is_valid():
        values = {key: value for key, value in form.cleaned_data.items() if key not in ("room_name", "platform")}
        services.change_session(actor=request.actor, session_id=session_id, now=request.now, **{**values, "target_fen": values["target_fen"] or 0})
        return done(request, _("已保存"), "showplan:session", session_id)
    return render(request, "showplan/session_form.html", {"form": form, "session": found, "title": _("修改场次")}, status=422 if form.errors else 200)


@require_GET
def session(request: ConsoleRequest, session_id: UUID) -> HttpResponse:
    """Can this session go live, and if not, what is missing and what do I press?"""
    found = queries.session_for(request.actor, session_id)
    access.require(request.actor, SESSION_SEE, shop_id=found.shop_id)
    is_plannable = SessionState(found.state) in PLANNABLE
    rundown = queries.rundown_of(found)
    verdict = opening_of(found, request.now) if is_plannable else None
    duties = queries.duties_of([found.pk]).get(found.pk, [])
    checks = queries.checks_of([found.pk]).get(found.pk, {})
    planned_minutes = sum(one.minutes for one in rundown)
    can = request.actor.can
    return render(
        request, "showplan/session.html",
        {
            "session": found, "state_title": STATE_TITLES[found.state], "state_pill": STATE_PILLS[found.state], "rundown": rundown,
            "verdict": verdict, "figures": _figures(found, rundown, planned_minutes), "is_plannable": is_plannable,
            "roles": [(role.value, [duty for duty in duties if duty.role == role.value]) for role in DutyRole],
            "equipment": [(kind.value, EQUIPMENT_TITLES[kind.value], checks.get(kind.value)) for kind in EquipmentKind],
            "rehearsals": queries.rehearsals_of([found.pk]).get(found.pk, []), "rehearsal_form": RehearsalForm(initial={"held_at": request.now, "minutes": 60}),
            "people": people.choices(), "segment_titles": SEGMENT_TITLES, "me": request.actor.person_id,
            "can_push": not found.is_elsewhere and can(STREAM_KEY, shop_id=found.shop_id),
            "can_plan": is_plannable and can(SESSION_PLAN, shop_id=found.shop_id), "can_sign": can(EQUIPMENT_SIGN, shop_id=found.shop_id),
            "can_confirm_duty": can(DUTY_CONFIRM, shop_id=found.shop_id), "can_ask": can(OVERRIDE_ASK, shop_id=found.shop_id),
            "can_let_through": can(OVERRIDE_CONFIRM, shop_id=found.shop_id), "ends_at_plan": found.starts_at + timedelta(minutes=planned_minutes),
            "products": _products(request, found) if is_plannable else [],
        },
    )  # fmt: skip


def _products(request: ConsoleRequest, found: Session) -> list[tuple[UUID, str]]:
    return [(one.pk, f"{one.code} {one.title}") for one in catalog.products_for(request.actor).filter(shop=found.shop_id).order_by("code")[:300]]


def _figures(found: Session, rundown: list[queries.SegmentRow], planned_minutes: int) -> list[dict[str, object]]:
    length = int((found.ends_at - found.starts_at).total_seconds()) // 60
    worth = sum(one.worth_fen for one in rundown)
    products = [one for one in rundown if one.product_id]
    over = planned_minutes - length
    return [
        {"name": _("环节"), "value": len(rundown), "beside": _("其中商品 %(n)s 个") % {"n": len(products)}},
        {"name": _("流程单总长"), "value": _("%(n)s 分") % {"n": planned_minutes}, "beside": _("场次 %(n)s 分，超 %(over)s 分") % {"n": length, "over": over} if over > 0 else _("场次 %(n)s 分，余 %(left)s 分") % {"n": length, "left": -over}, "state": "warn" if over > 0 else "ok"},
        {"name": _("配额"), "value": _("%(n)s 件") % {"n": f"{sum(one.quantity for one in rundown):,}"}, "beside": _("货值 ¥%(worth)s") % {"worth": f"{worth // 100:,}"}},
        {"name": _("目标"), "value": f"¥{found.target_fen // 100:,}" if found.target_fen else "—", "beside": _("是配额货值的 %(n)s%%") % {"n": share_bp(found.target_fen, worth) // 100} if found.target_fen and worth else _("未填，按配额货值折算")},
    ]  # fmt: skip


@require_GET
def printed(request: ConsoleRequest, session_id: UUID) -> HttpResponse:
    """The run of show on paper."""
    found = queries.session_for(request.actor, session_id)
    access.require(request.actor, SESSION_SEE, shop_id=found.shop_id)
    duties = queries.duties_of([found.pk]).get(found.pk, [])
    return render(request, "showplan/print.html", {"session": found, "rundown": queries.rundown_of(found), "duties": duties, "segment_titles": SEGMENT_TITLES})


def new_segment(request: ConsoleRequest, session_id: UUID) -> HttpResponse:
    """A product with its items, prices and allotments; or another segment."""
    found = queries.session_for(request.actor, session_id)
    access.require(request.actor, SESSION_PLAN, shop_id=found.shop_id)
    if request.GET.get("product"):
        return _product_segment(request, found, chosen_id(request.GET, "product"), None)
    form = SegmentForm(request.POST or None, initial={"kind": "interaction", "minutes": 5})
    if request.method == "POST" and form.is_valid():
        services.add_segment(actor=request.actor, session_id=session_id, now=request.now, **form.cleaned_data)
        return done(request, _("已加到流程单最后"), f"{reverse('showplan:session', args=[session_id])}#rundown")
    return render(request, "showplan/segment.html", {"session": found, "form": form, "title": _("加一个环节")}, status=422 if form.errors else 200)


def change_segment(request: ConsoleRequest, session_id: UUID, segment_id: UUID) -> HttpResponse:
    found = queries.session_for(request.actor, session_id)
    access.require(request.actor, SESSION_PLAN, shop_id=found.shop_id)
    row = next((one for one in queries.rundown_of(found) if one.id == segment_id), None)
    if row is None:
        raise queries.SegmentUnknown
    if row.product_id:
        return _product_segment(request, found, row.product_id, row)
    form = SegmentForm(request.POST or None, initial={"kind": row.kind, "title": row.title, "minutes": row.minutes, "note": row.note})
    form.fields["kind"].disabled = True
    if request.method == "POST" and form.is_valid():
        values = {key: value for key, value in form.cleaned_data.items() if key != "kind"}
        services.change_segment(actor=request.actor, session_id=session_id, segment_id=segment_id, now=request.now, **values)
        return done(request, _("已保存"), f"{reverse('showplan:session', args=[session_id])}#segment-{segment_id}")
    return render(request, "showplan/segment.html", {"session": found, "form": form, "title": row.title}, status=422 if form.errors else 200)


def _product_segment(request: ConsoleRequest, found: Session, product_id: UUID, row: queries.SegmentRow | None) -> HttpResponse:
    product = catalog.product_for(request.actor, product_id)
    skus = catalog.skus_of([product_id]).get(product_id, [])
    initial = {"title": row.title, "minutes": row.minutes, "is_flash": row.is_flash, "note": row.note} if row else {"title": product.title}
    form = ProductSegmentForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        offers = offers_from(request.POST, skus)
        said = {"actor": request.actor, "session_id": found.pk, "offers": offers, "now": request.now, **form.cleaned_data}
        if row:
            services.change_segment(segment_id=row.id, **said)
        else:
            services.add_segment(kind="product", product_id=product_id, **said)
        return done(request, _("已保存"), f"{reverse('showplan:session', args=[found.pk])}#rundown")
    known = {offer.sku_id: offer for offer in row.offers} if row else {}
    return render(
        request, "showplan/segment.html",
        {"session": found, "form": form, "title": product.title, "product": product, "unlike": taught.unlike_described(product_id), "sizes": taught.sizes_said(product_id), "skus": [(sku, plain_yuan(known[sku.id].price_fen if sku.id in known else sku.price_fen), known.get(sku.id)) for sku in skus]},
        status=422 if form.errors else 200,
    )  # fmt: skip


@require_POST
def remove_segment(request: ConsoleRequest, session_id: UUID, segment_id: UUID) -> HttpResponse:
    services.remove_segment(actor=request.actor, session_id=session_id, segment_id=segment_id, now=request.now)
    return done(request, _("已从流程单移除"), f"{reverse('showplan:session', args=[session_id])}#rundown")


@require_POST
def reorder(request: ConsoleRequest, session_id: UUID) -> HttpResponse:
    order = [UUID(one) for one in request.POST.get("order", "").split(",") if one]
    services.reorder_segments(actor=request.actor, session_id=session_id, order=order, now=request.now)
    return done(request, _("顺序已保存，开始时间已重算"), f"{reverse('showplan:session', args=[session_id])}#rundown")


@require_POST
def assign(request: ConsoleRequest, session_id: UUID) -> HttpResponse:
    services.assign_duty(actor=request.actor, session_id=session_id, role=request.POST.get("role", ""), person_id=chosen_id(request.POST, "person"), now=request.now)
    return done(request, _("已安排，已通知本人确认"), f"{reverse('showplan:session', args=[session_id])}#staffing")


@require_POST
def release(request: ConsoleRequest, session_id: UUID, duty_id: int) -> HttpResponse:
    services.release_duty(actor=request.actor, session_id=session_id, duty_id=duty_id, now=request.now)
    return done(request, _("已撤下"), f"{reverse('showplan:session', args=[session_id])}#staffing")


@require_POST
def confirm(request: ConsoleRequest, session_id: UUID, duty_id: int) -> HttpResponse:
    services.confirm_duty(actor=request.actor, session_id=session_id, duty_id=duty_id, now=request.now)
    return done(request, _("已确认你的岗位"), f"{reverse('showplan:session', args=[session_id])}#staffing")


@require_POST
def sign(request: ConsoleRequest, session_id: UUID) -> HttpResponse:
    services.sign_equipment(
        actor=request.actor, session_id=session_id, kind=request.POST.get("kind", ""), is_fine=request.POST.get("is_fine") == "1",
        note=request.POST.get("note", "")[:120], now=request.now,
    )  # fmt: skip
    return done(request, _("已签字"), f"{reverse('showplan:session', args=[session_id])}#equipment")


@require_POST
def rehearse(request: ConsoleRequest, session_id: UUID) -> HttpResponse:
    form = RehearsalForm(request.POST)
    if not form.is_valid():
        return render(request, "showplan/rehearsal.html", {"form": form, "session_id": session_id}, status=422)
    services.record_rehearsal(actor=request.actor, session_id=session_id, now=request.now, **form.cleaned_data)
    return done(request, _("彩排已记录"), f"{reverse('showplan:session', args=[session_id])}#rehearsal")


@require_POST
def make_ready(request: ConsoleRequest, session_id: UUID) -> HttpResponse:
    services.make_ready(actor=request.actor, session_id=session_id, now=request.now)
    return done(request, _("场次已就绪，直播间预告页已打开"), "showplan:session", session_id)


@require_POST
def back_to_draft(request: ConsoleRequest, session_id: UUID) -> HttpResponse:
    services.back_to_draft(actor=request.actor, session_id=session_id, now=request.now)
    return done(request, _("已回到编排"), "showplan:session", session_id)


@require_POST
def cancel(request: ConsoleRequest, session_id: UUID) -> HttpResponse:
    services.cancel_session(actor=request.actor, session_id=session_id, reason=request.POST.get("reason", ""), now=request.now)
    return done(request, _("场次已取消"), "showplan:session", session_id)


@require_POST
def ask_override(request: ConsoleRequest, session_id: UUID) -> HttpResponse:
    services.ask_override(
        actor=request.actor, session_id=session_id, finding_key=request.GET.get("finding", ""), reason=request.POST.get("reason", ""), now=request.now
    )
    return done(request, _("已申请放行，请第二个人确认"), f"{reverse('showplan:session', args=[session_id])}#gate")


@require_POST
def confirm_override(request: ConsoleRequest, session_id: UUID, override_id: UUID) -> HttpResponse:
    services.confirm_override(actor=request.actor, session_id=session_id, override_id=override_id, now=request.now)
    return done(request, _("已放行，记录在案"), f"{reverse('showplan:session', args=[session_id])}#gate")
