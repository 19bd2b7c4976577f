"""Public opinion: what burns, how long is left, who has it, what do we say?"""

from __future__ import annotations

from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from kaibo.kit.text import shortened
from kaibo.plumbing.access import access
from kaibo.plumbing.answers import ConsoleRequest, done
from kaibo.plumbing.tables import tables
from kaibo.plumbing.tables.tables import Cell, Choice, Column, DateRange, Row, Search, Table
from kaibo.plumbing.thresholds import thresholds
from kaibo.stages.risk import forms, queries, rules, services, tasks
from kaibo.stages.risk.models import Mention
from kaibo.stages.risk.permissions import ANSWER, CLOSE, FLAG, SEE, WATCH
from kaibo.stages.risk.words import SEVERITY_WORDS, STATE_WORDS, theme_words

MENTIONS = Table(
    key="risk:mentions",
    title=gettext_lazy("登记表"),
    columns=(
        Column("text", gettext_lazy("说了什么"), kind="lead"),
        Column("platform", gettext_lazy("平台"), sort="platform"),
        Column("product", gettext_lazy("商品")),
        Column("severity", gettext_lazy("严重程度"), kind="pill"),
        Column("state", gettext_lazy("状态"), sort="state", kind="pill"),
        Column("owner", gettext_lazy("负责人")),
        Column("first_seen_at", gettext_lazy("首次发现"), sort="first_seen_at", kind="when"),
        Column("answered_at", gettext_lazy("答复"), sort="answered_at", kind="when"),
    ),
    filters=(
        Search(("text__icontains",), gettext_lazy("内容里的字…")),
        Choice("state", gettext_lazy("状态"), [(key, words) for key, (words, _state) in STATE_WORDS.items()], as_chips=True, counted=True),
        Choice("severity", gettext_lazy("严重程度"), [(key, words) for key, (words, _state) in SEVERITY_WORDS.items() if key]),
        DateRange("seen", gettext_lazy("首次发现"), "first_seen_at"),
    ),
    default_sort="-first_seen_at",
    unit=gettext_lazy("条"),
    empty_title=gettext_lazy("没有这样的舆情"),
)


def _row(one: Mention) -> Row:
    state, pill = STATE_WORDS[one.state]
    severity, severity_pill = SEVERITY_WORDS[one.severity]
    cells = {
        "text": shortened(one.text, limit=60), "platform": one.platform, "product": one.product.title if one.product else "—",
        "severity": Cell(severity, state=severity_pill), "state": Cell(state, state=pill), "owner": one.owner_name or "—", "first_seen_at": one.first_seen_at,
        "answered_at": one.answered_at,
    }  # fmt: skip
    return Row(one.pk, cells, reverse("risk:mention", args=[one.pk]))


def _shown(one: Mention) -> dict[str, object]:
    """A mention with its exact words marked and what to say about it."""
    is_english = (get_language() or "").startswith("en")
    say, do, matter = rules.what_to_say(one.themes)
    state, pill = STATE_WORDS[one.state]
    severity, severity_pill = SEVERITY_WORDS[one.severity]
    return {
        "mention": one, "pieces": rules.pieces(one.text, one.hits), "say": say, "do": do, "matter": matter, "state_words": state, "state_pill": pill,
        "severity_words": severity, "severity_pill": severity_pill, "themes": [theme_words(key, is_english=is_english) for key in one.themes],
    }  # fmt: skip


@require_GET
def home(request: ConsoleRequest) -> HttpResponse:
    access.require(request.actor, SEE)
    sums = queries.overview(request.actor, request.now, shop_id=request.shop_id)
    minutes = thresholds.value(services.ANSWER_WITHIN)
    figures = [
        {"name": _("正在烧"), "value": sums.burning, "beside": _("其中危急 %(n)s 条") % {"n": sums.critical}, "value_state": "bad" if sums.burning else "", "state": "bad" if sums.burning else "ok"},
        {"name": _("超时"), "value": sums.overdue, "beside": _("首次发现后 %(n)s 分钟内答复（RSK-1）") % {"n": minutes}, "value_state": "bad" if sums.overdue else "", "state": "bad" if sums.overdue else "ok"},
        {"name": _("我负责的"), "value": sums.mine, "beside": _("还没答复")},
        {
            "name": _("按时答复率"), "value": f"{sums.in_time * 100 // sums.answered}%" if sums.answered else "—",
            "beside": _("近 30 天 %(done)s 条按时，共 %(all)s 条") % {"done": sums.in_time, "all": sums.answered},
        },
        {"name": _("负面占比"), "value": f"{sums.negative * 100 // sums.seen}%" if sums.seen else "—", "beside": _("近 30 天 %(n)s 条提及") % {"n": sums.seen}},
    ]  # fmt: skip
    context = {
        "figures": figures, "burning": [_shown(one) for one in queries.burning(request.actor, shop_id=request.shop_id, most=20)],
        "table": tables.page(request, MENTIONS, queries.mentions_for(request.actor, shop_id=request.shop_id), row=_row), "now": request.now, "tasks": tasks.open_tasks(request.actor, shop_id=request.shop_id),
        "can_close": request.actor.can(CLOSE), "has_any": sums.seen or queries.mentions_for(request.actor).exists(), "can_answer": request.actor.can(ANSWER), "can_watch": request.actor.can(WATCH),
    }  # fmt: skip
    return render(request, "risk/home.html", context)


@require_GET
def mention(request: ConsoleRequest, mention_id: UUID) -> HttpResponse:
    found = queries.mention_for(request.actor, mention_id)
    access.require(request.actor, SEE, shop_id=found.shop_id)
    shown = _shown(found)
    may = {name: request.actor.can(ability, shop_id=found.shop_id) for name, ability in (("answer", ANSWER), ("close", CLOSE), ("flag", FLAG))}
    context = shown | {
        "trail": [(_("风险"), reverse("risk:home")), (found.platform, "")],
        "may": may, "now": request.now, "is_burning": found.state in queries.BURNING, "is_mine": found.owner_id == request.actor.person_id,
        "answer_form": forms.AnswerForm(initial={"text": shown["say"]}), "outcome_form": forms.OutcomeForm(),
        "minutes": thresholds.value(services.ANSWER_WITHIN, shop_id=found.shop_id), "steps": _steps(found),
    }  # fmt: skip
    return render(request, "risk/mention.html", context)


def _steps(one: Mention) -> list[dict[str, object]]:
    rows: list[dict[str, object]] = [
        {"at": one.posted_at, "title": _("发布"), "note": f"{one.platform} {one.author}"}, {"at": one.first_seen_at, "title": _("我们首次发现"), "note": ""},
    ]  # fmt: skip
    if one.taken_at:
        rows.append({"at": one.taken_at, "title": _("认领"), "note": one.owner_name, "state": "ok"})
    if one.told_overdue_at:
        rows.append({"at": one.told_overdue_at, "title": _("超时，已通知客服与店长"), "note": "", "state": "red"})
    if one.answered_at:
        rows.append({"at": one.answered_at, "title": _("答复"), "note": one.answered_by, "state": "ok"})
    if one.closed_at:
        rows.append({"at": one.closed_at, "title": _("关闭"), "note": one.outcome, "state": "ok"})
    return sorted(rows, key=lambda row: row["at"])  # type: ignore[arg-type, return-value]  # every row has its time


@require_POST
def take_on(request: ConsoleRequest, mention_id: UUID) -> HttpResponse:
    services.take_on(actor=request.actor, mention_id=mention_id, now=request.now)
    return done(request, _("由你负责，时钟继续走"), "risk:mention", mention_id)


@require_POST
def answer(request: ConsoleRequest, mention_id: UUID) -> HttpResponse:
    form = forms.AnswerForm(request.POST)
    text = form.cleaned_data["text"] if form.is_valid() else ""
    services.answer(actor=request.actor, mention_id=mention_id, text=text, now=request.now)
    return done(request, _("已登记答复"), "risk:mention", mention_id)


@require_POST
def close(request: ConsoleRequest, mention_id: UUID) -> HttpResponse:
    services.close(actor=request.actor, mention_id=mention_id, outcome=request.POST.get("outcome", ""), now=request.now)
    return done(request, _("已关闭"), "risk:home")


@require_POST
def flag(request: ConsoleRequest, mention_id: UUID) -> HttpResponse:
    services.flag(actor=request.actor, mention_id=mention_id, now=request.now)
    return done(request, _("已判为负面，一小时时钟开始"), "risk:mention", mention_id)


@require_POST
def dismiss(request: ConsoleRequest, mention_id: UUID) -> HttpResponse:
    services.dismiss(actor=request.actor, mention_id=mention_id, reason=request.POST.get("reason", ""), now=request.now)
    return done(request, _("已标为误报"), "risk:home")


def watch(request: ConsoleRequest) -> HttpResponse:
    """The words that mean us; what a feed says without them waits in quarantine."""
    access.require(request.actor, SEE)
    form = forms.WatchForm(request.POST or None, actor=request.actor)
    shops = list(request.shops)
    shop_id = request.shop_id or (shops[0].pk if shops else None)
    if request.method == "POST" and form.is_valid() and shop_id:
        product = form.cleaned_data["product"]
        services.add_watch_word(
            actor=request.actor, shop_id=shop_id, word=form.cleaned_data["word"], product_id=UUID(product) if product else None, now=request.now
        )
        return done(request, _("已开始监看"), "risk:watch")
    context = {"trail": [(_("风险"), reverse("risk:home")), (_("监看词"), "")], "form": form, "rows": queries.watch_words(request.actor, shop_id=request.shop_id), "can_watch": request.actor.can(WATCH)}
    return render(request, "risk/watch.html", context, status=422 if form.errors else 200)


@require_POST
def finish(request: ConsoleRequest, task_id: UUID) -> HttpResponse:
    tasks.finish_task(actor=request.actor, task_id=task_id, now=request.now)
    return done(request, _("已办完"), "risk:home")
