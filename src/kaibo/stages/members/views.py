"""Members: who is worth what, whom may we speak to, and what do we do for each group?"""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from uuid import UUID

from django.http import FileResponse, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_POST

from kaibo.kit.clock import in_shanghai
from kaibo.kit.money import plain_yuan
from kaibo.plumbing.access import access
from kaibo.plumbing.answers import ConsoleRequest, done
from kaibo.plumbing.intake.kinds import Cell as FileCell
from kaibo.plumbing.intake.kinds import ExportColumn
from kaibo.plumbing.intake.writing import CONTENT_TYPES, write_file
from kaibo.plumbing.tables import tables
from kaibo.plumbing.tables.tables import Cell, Choice, Column, Row, Search, Table
from kaibo.plumbing.thresholds import thresholds
from kaibo.stages.members import forms, queries, rules, services
from kaibo.stages.members.models import Member
from kaibo.stages.members.permissions import CONSENT, CONTACT, OFFER, SCORE, SEE

CONSENT_WORDS = {"given": (gettext_lazy("同意"), "ok"), "refused": (gettext_lazy("已拒绝"), "bad"), "unasked": (gettext_lazy("没问过"), "")}
SCORES = [(str(score), str(score)) for score in range(5, 0, -1)]
MEMBERS = Table(
    key="members:members",
    title=gettext_lazy("会员"),
    columns=(
        Column("label", gettext_lazy("会员（脱敏）"), kind="lead"),
        Column("segment", gettext_lazy("分层"), sort="segment", kind="pill"),
        Column("rfm", gettext_lazy("R · F · M")),
        Column("purchases", gettext_lazy("次数"), sort="purchases", kind="count"),
        Column("spent", gettext_lazy("累计金额"), sort="spent_fen", kind="money"),
        Column("last_at", gettext_lazy("最近购买"), sort="last_at", kind="when"),
        Column("consent", gettext_lazy("营销同意"), sort="consent", kind="pill"),
    ),
    filters=(
        Search(("label__startswith",), gettext_lazy("脱敏名开头…")),
        Choice("segment", gettext_lazy("分层"), [(one.segment.value, one.title) for one in rules.SEGMENTS], as_chips=True, counted=True),
        Choice("consent", gettext_lazy("营销同意"), [(key, words) for key, (words, _state) in CONSENT_WORDS.items()]),
        Choice("recency", gettext_lazy("R"), SCORES),
        Choice("frequency", gettext_lazy("F"), SCORES),
    ),
    default_sort="-spent",
    page_size=20,
    unit=gettext_lazy("人"),
    empty_title=gettext_lazy("没有这样的会员"),
)


def _member_row(one: Member) -> Row:
    words = rules.WORDS.get(one.segment)
    consent, state = CONSENT_WORDS[one.consent]
    cells = {
        "label": one.label, "segment": Cell(words.title if words else "—", state=words.pill if words else ""),
        "rfm": f"{one.recency} · {one.frequency} · {one.monetary}" if one.recency else "—", "purchases": one.purchases, "spent": one.spent_fen,
        "last_at": one.last_at, "consent": Cell(consent, state=state),
    }  # fmt: skip
    return Row(one.pk, cells, reverse("members:member", args=[one.pk]))


def _shop_of(request: ConsoleRequest) -> UUID | None:
    """The shop chosen at the top, or the only one there is: offers and lists belong to one."""
    if request.shop_id:
        return request.shop_id
    shops = list(request.shops)
    return shops[0].pk if len(shops) == 1 else None


@require_GET
def home(request: ConsoleRequest) -> HttpResponse:
    access.require(request.actor, SEE)
    shop_id = _shop_of(request)
    sums = queries.overview(request.actor, shop_id=shop_id)
    if not sums.members:
        return render(request, "members/home.html", {"sums": sums})
    segments = queries.segment_rows(request.actor, now=request.now, shop_id=shop_id)
    extend_bp = thresholds.value("members.repeat_line_bp")
    sleeping = next(one for one in segments if one.words.segment == rules.Segment.SLEEPING)
    high = next(one for one in segments if one.words.segment == rules.Segment.HIGH_VALUE)
    figures = [
        {"name": _("会员"), "value": f"{sums.members:,}", "beside": _("%(n)s 笔购买") % {"n": f"{sums.purchases:,}"}},
        {
            "name": _("复购率"), "value": f"{sums.repeat_bp / 100:.1f}%", "state": "ok" if sums.repeat_bp > extend_bp else "warn",
            "beside": _("买过两次以上 ÷ 会员；线 %(line)s%%（INS-6）") % {"line": extend_bp // 100},
        },
        {"name": _("高价值"), "value": f"{high.members:,}", "beside": _("%(people)s%% 的人，%(money)s%% 的钱") % {"people": high.share_bp // 100, "money": high.spent_share_bp // 100}},
        {"name": _("沉睡可召回"), "value": f"{sleeping.reachable:,}", "beside": _("沉睡 %(n)s 人里现在能触达的") % {"n": f"{sleeping.members:,}"}},
        {"name": _("营销同意率"), "value": f"{sums.consent_bp / 100:.1f}%", "beside": _("没同意的人不进任何名单"), "state": "warn" if sums.consent_bp < 2_000 else ""},
    ]  # fmt: skip
    context = {
        "sums": sums, "figures": figures, "segments": segments, "matrix": _matrix(request, shop_id), "shop_id": shop_id,
        "lists": queries.lists_of(request.actor, shop_id=shop_id, most=8), "cap": thresholds.value(queries.CAP), "words": rules.WORDS,
        "table": tables.page(request, MEMBERS, queries.members_for(request.actor, shop_id=shop_id), row=_member_row),
        "can_contact": request.actor.can(CONTACT, shop_id=shop_id), "can_score": request.actor.can(SCORE, shop_id=shop_id),
    }  # fmt: skip
    return render(request, "members/home.html", context)


def _matrix(request: ConsoleRequest, shop_id: UUID | None) -> list[tuple[int, list[dict[str, object]]]]:
    """Rows F 5…1, cells R 1…5; shade by the share of members, so that the crowd and the few are both seen."""
    cells = queries.matrix(request.actor, shop_id=shop_id)
    most = max((count for count, _spent in cells.values()), default=1)
    rows = []
    for frequency in range(5, 0, -1):
        row: list[dict[str, object]] = []
        for recency in range(1, 6):
            count, spent = cells.get((recency, frequency), (0, 0))
            shade = 0 if not count else 1 + min(4, count * 5 // (most + 1))
            href = f"?recency={recency}&frequency={frequency}#table-members-members"
            row.append({"count": count, "average_fen": spent // count // 100 * 100 if count else None, "shade": shade, "href": href})
        rows.append((frequency, row))
    return rows


@require_GET
def member(request: ConsoleRequest, member_id: UUID) -> HttpResponse:
    found = queries.member_for(request.actor, member_id)
    access.require(request.actor, SEE, shop_id=found.shop_id)
    words, state = CONSENT_WORDS[found.consent]
    context = {
        "trail": [(_("用户运营"), reverse("members:home")), (found.label, "")], "member": found, "purchases": queries.purchases_of(member_id), "lists": queries.lists_with(member_id), "segment": rules.WORDS.get(found.segment),
        "consent_words": words, "consent_state": state, "form": forms.ConsentForm(), "can_consent": request.actor.can(CONSENT, shop_id=found.shop_id),
        "segment_words": rules.WORDS,
    }  # fmt: skip
    return render(request, "members/member.html", context)


@require_POST
def consent(request: ConsoleRequest, member_id: UUID) -> HttpResponse:
    form = forms.ConsentForm(request.POST)
    if not form.is_valid():
        back = reverse("members:member", args=[member_id])
        return render(request, "members/form.html", {"form": form, "title": _("登记同意与退订"), "back": back}, status=422)
    is_given = form.cleaned_data["is_given"] == "yes"
    services.record_consent(actor=request.actor, member_id=member_id, is_given=is_given, source=form.cleaned_data["source"], now=request.now)
    return done(request, _("已登记同意") if is_given else _("已退订，之后的名单都不会有这位会员"), "members:member", member_id)


@require_POST
def score(request: ConsoleRequest, shop_id: UUID) -> HttpResponse:
    count = services.score(actor=request.actor, shop_id=shop_id, now=request.now)
    return done(request, _("已重算 %(count)s 位会员") % {"count": count}, "members:home")


def segment(request: ConsoleRequest, shop_id: UUID, segment: str) -> HttpResponse:
    """The segment's page: whom may we reach, with what; the offer is changed here."""
    access.require(request.actor, SEE, shop_id=shop_id)
    row = next((one for one in queries.segment_rows(request.actor, now=request.now, shop_id=shop_id) if one.words.segment == segment), None)
    if row is None:
        raise services.SegmentUnknown(segment=segment)
    form = forms.OfferForm(request.POST or None, initial=_offer_initial(row))
    if request.method == "POST" and form.is_valid():
        said = form.cleaned_data
        services.change_offer(
            actor=request.actor, shop_id=shop_id, segment=segment, words=said["words"], coupon_fen=said["coupon"] or 0, minimum_fen=said["minimum"] or 0,
            now=request.now,
        )  # fmt: skip
        return done(request, _("权益已更新，这一层所有人一样"), "members:segment", shop_id, segment)
    context = {
        "trail": [(_("用户运营"), reverse("members:home")), (row.words.title, "")], "row": row, "shop_id": shop_id, "form": form, "contact_form": forms.ContactForm(), "cap": thresholds.value(queries.CAP, shop_id=shop_id),
        "can_offer": request.actor.can(OFFER, shop_id=shop_id), "can_contact": request.actor.can(CONTACT, shop_id=shop_id),
        "too_often": row.members - row.reachable - row.refused - row.unasked,
    }  # fmt: skip
    return render(request, "members/segment.html", context, status=422 if form.errors else 200)


def _offer_initial(row: queries.SegmentRow) -> dict[str, str]:
    if row.offer is None:
        return {"words": str(row.words.action)}
    return {"words": row.offer.words, "coupon": plain_yuan(row.offer.coupon_fen), "minimum": plain_yuan(row.offer.minimum_fen)}


@require_POST
def contact(request: ConsoleRequest, shop_id: UUID, segment: str) -> FileResponse:
    form = forms.ContactForm(request.POST)
    reason = form.cleaned_data["reason"] if form.is_valid() else ""
    reached = services.take_contact_list(actor=request.actor, shop_id=shop_id, segment=segment, reason=reason, now=request.now)
    made = reached.contact_list
    columns = (
        ExportColumn("customer", "客户编号", personal=True), ExportColumn("label", "脱敏名"), ExportColumn("offer", "权益"),
        ExportColumn("coupon", "券面额", FileCell.MONEY), ExportColumn("minimum", "满可用", FileCell.MONEY), ExportColumn("opt_out", "退订方式"),
    )  # fmt: skip
    rows = ((customer, label, made.offer_words, made.coupon_fen, made.minimum_fen, "回复 TD 退订") for label, customer in reached.people)
    with TemporaryDirectory(prefix="kaibo-contact-") as folder:
        path = Path(folder) / "contact.xlsx"
        write_file(path, columns, rows, format_="xlsx", title="触达名单")
        content = path.open("rb")  # stays readable until it is sent
    name = f"触达名单-{rules.WORDS[segment].title}-{in_shanghai(request.now):%Y%m%d-%H%M}.xlsx"
    return FileResponse(content, as_attachment=True, filename=name, content_type=CONTENT_TYPES["xlsx"])
