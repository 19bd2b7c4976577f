"""Pages of trials and A/B tests: what is left of the three days, what to repair first, and may a version win yet?"""

from __future__ import annotations

import math
from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_POST

from kaibo.kit.clock import business_date
from kaibo.plumbing.access import access
from kaibo.plumbing.answers import ConsoleRequest, done
from kaibo.plumbing.tables import tables
from kaibo.stages.listing import queries, trial_queries, trial_services
from kaibo.stages.listing.models import AbTest, Trial
from kaibo.stages.listing.permissions import EDIT, PUBLISH, SEE
from kaibo.stages.listing.rules import State
from kaibo.stages.listing.trial_forms import DayForm, MeanForm, TestDayForm, TestForm
from kaibo.stages.listing.trials import TrialState, clock_of
from kaibo.stages.listing.views import FormIncomplete

TRIAL_WORDS = {
    TrialState.RUNNING: gettext_lazy("试卖中"), TrialState.LOCKED: gettext_lazy("已锁定"), TrialState.PROMOTED: gettext_lazy("已推广"), TrialState.STOPPED: gettext_lazy("已停止"),
}
TRIAL_PILLS = {TrialState.RUNNING: "warn", TrialState.LOCKED: "note", TrialState.PROMOTED: "ok", TrialState.STOPPED: ""}
CHANGE_WORDS = {
    "keyword": gettext_lazy("关键词"), "page": gettext_lazy("页面"), "price": gettext_lazy("价格阶梯"), "picture": gettext_lazy("图片"), "lock": gettext_lazy("锁定"),
    "promote": gettext_lazy("推广"), "stop": gettext_lazy("停止"),
}
METRIC_WORDS = {"click": gettext_lazy("点击率"), "interest": gettext_lazy("收藏加购率"), "order": gettext_lazy("转化率")}
VERDICT_WORDS = {
    "below": ("bad", gettext_lazy("低于行业")), "above": ("ok", gettext_lazy("高于行业")), "level": ("ok", gettext_lazy("和行业持平")), "unsure": ("warn", gettext_lazy("还看不准")),
    "unmeasured": ("warn", gettext_lazy("没有行业均值")),
}
TRIALS = tables.Table(
    key="listing.trials",
    title=gettext_lazy("试卖"),
    columns=(
        tables.Column("page", gettext_lazy("商品页"), kind="lead"),
        tables.Column("state", gettext_lazy("状态"), sort="state", kind="pill"),
        tables.Column("clock", gettext_lazy("还剩")),
        tables.Column("audience", gettext_lazy("人群")),
        tables.Column("started", gettext_lazy("开始"), sort="started_at", kind="when"),
    ),
    filters=(tables.Search(("listing__title__icontains", "audience__icontains"), gettext_lazy("标题、人群")), tables.Choice("state", gettext_lazy("状态"), tuple(TRIAL_WORDS.items()), as_chips=True, counted=True)),
    unit=gettext_lazy("次试卖"),
    empty_title=gettext_lazy("还没有试卖"),
    empty_text=gettext_lazy("打开一个在售的商品页，点“开始试卖”：写下精准人群，三天内看数据、改一处、定一版。"),
)
TESTS = tables.Table(
    key="listing.tests",
    title=gettext_lazy("A/B 试验"),
    columns=(
        tables.Column("question", gettext_lazy("问题"), kind="lead"),
        tables.Column("state", gettext_lazy("状态"), sort="state", kind="pill"),
        tables.Column("a", "A"), tables.Column("b", "B"),
        tables.Column("evidence", gettext_lazy("证据 / 20")),
        tables.Column("visitors", gettext_lazy("人数"), kind="count"),
        tables.Column("started", gettext_lazy("开始"), sort="started_at", kind="when"),
    ),
    filters=(tables.Search(("question__icontains", "code__istartswith"), gettext_lazy("问题、编号")), tables.Choice("state", gettext_lazy("状态"), (("running", gettext_lazy("在跑")), ("ended", gettext_lazy("已结束"))), as_chips=True, counted=True)),
    unit=gettext_lazy("个试验"),
    empty_title=gettext_lazy("还没有 A/B 试验"),
    empty_text=gettext_lazy("打开一个在售的商品页开始：先写现在的率和想看到的变化，程序算出要多少人；之后每天看都行，误判不超过 5 %。"),
)


LOG_WORDS = {
    "begin": gettext_lazy("开始"), "decide": gettext_lazy("决定"), "version": gettext_lazy("版本"), "needed": gettext_lazy("最多要多少人"), "baseline_bp": gettext_lazy("现在的率（万分之）"),
    "lift_bp": gettext_lazy("想看到的变化（万分之）"), "evidence": gettext_lazy("证据"), "p": gettext_lazy("可靠 p"), "difference": gettext_lazy("B 比 A"), "interval": gettext_lazy("区间"),
    "split_p": gettext_lazy("分流 p"), "a": "A", "b": "B",
}


def left_words(seconds: int) -> str:
    """This function will say what is left of a clock."""
    hours = abs(seconds) // 3_600
    if seconds <= 0:
        return _("超了 %(h)s 小时") % {"h": hours}
    return _("%(d)s 天 %(h)s 小时") % {"d": hours // 24, "h": hours % 24}


def percent(rate: float, digits: int = 2) -> str:
    return f"{rate * 100:.{digits}f} %"


@require_GET
def trials(request: ConsoleRequest) -> HttpResponse:
    """Which pages are on trial, and how much of the three days is left?   Source: LST-9, LST-11."""
    access.require(request.actor, SEE)

    def row(one: Trial) -> tables.Row:
        clock = clock_of(one.ends_at, request.now)
        is_open = one.state == TrialState.RUNNING
        state = TrialState(one.state)
        return tables.Row(
            one.pk,
            {
                "page": tables.Cell(one.listing.title, note=f"{one.listing.product.code} · {one.listing.channel.name}"), "state": tables.Cell(TRIAL_WORDS[state], state=TRIAL_PILLS[state]),
                "clock": left_words(clock.left_seconds) if is_open else "", "audience": one.audience, "started": one.started_at,
            },
            reverse("listing:trial", args=[one.pk]),
        )

    found = tables.page(request, TRIALS, trial_queries.trials_for(request.actor, shop_id=request.shop_id), row=row)
    return render(request, "listing/trials.html", {"table": found, "import_href": f"{reverse('intake:upload')}?kind=listingdays", "may_edit": request.actor.can(EDIT)})


@require_POST
def begin_trial(request: ConsoleRequest, listing_id: UUID) -> HttpResponse:
    made = trial_services.begin_trial(actor=request.actor, listing_id=listing_id, audience=request.POST.get("audience", ""), now=request.now)
    return done(request, _("试卖开始，三天的钟在走"), "listing:trial", made.pk)


@require_GET
def trial(request: ConsoleRequest, trial_id: UUID) -> HttpResponse:
    """What to repair first, and what is left of the three days?   Source: LST-10, LST-11."""
    access.require(request.actor, SEE)
    return render(request, "listing/trial.html", _trial_values(request, trial_queries.trial_for(request.actor, trial_id)))


def _trial_values(request: ConsoleRequest, found: Trial, **forms: Any) -> dict[str, Any]:
    today = business_date(request.now)
    diagnosis = trial_queries.diagnosis_of(found, today)
    clock = clock_of(found.ends_at, request.now)
    state = TrialState(found.state)
    figures = [
        {
            "name": METRIC_WORDS[one.metric], "value": percent(one.rate_bp / 10_000), "state": VERDICT_WORDS[one.verdict][0],
            "beside": f"{VERDICT_WORDS[one.verdict][1]} · " + (_("行业 %(mean)s（%(source)s，%(day)s）；区间 %(low)s–%(high)s") % {
                "mean": percent(one.mean.rate_bp / 10_000), "source": one.mean.source, "day": one.mean.dated_on.isoformat(), "low": percent(one.low_bp / 10_000), "high": percent(one.high_bp / 10_000),
            } if one.mean else _("区间 %(low)s–%(high)s") % {"low": percent(one.low_bp / 10_000), "high": percent(one.high_bp / 10_000)}),
        }
        for one in diagnosis.rates
    ]  # fmt: skip
    days = trial_queries.days_of(found.listing_id, since=found.first_day)
    return {
        "trial": found, "diagnosis": diagnosis, "figures": figures, "days": days, "clock": clock, "left": left_words(clock.left_seconds), "state": state,
        "state_words": TRIAL_WORDS[state], "state_pill": TRIAL_PILLS[state], "changes": [(CHANGE_WORDS[one.kind], one) for one in found.changes.order_by("-made_at")],
        "kinds": [(key, CHANGE_WORDS[key]) for key in trial_services.CHANGE_KINDS], "trail": [(_("试卖"), reverse("listing:trials"))],
        "may_edit": request.actor.can(EDIT, shop_id=found.shop_id) and state in {TrialState.RUNNING, TrialState.LOCKED}, "may_publish": request.actor.can(PUBLISH, shop_id=found.shop_id),
        "day_form": DayForm(initial={"day": today}), "mean_form": MeanForm(initial={"dated_on": today}), **forms,
    }


@require_POST
def note_change(request: ConsoleRequest, trial_id: UUID) -> HttpResponse:
    trial_services.note_change(actor=request.actor, trial_id=trial_id, kind=request.POST.get("kind", ""), note=request.POST.get("note", ""), now=request.now)
    return done(request, _("改动已记下"), "listing:trial", trial_id)


@require_POST
def step_trial(request: ConsoleRequest, trial_id: UUID, to: str) -> HttpResponse:
    if to not in set(TrialState):
        raise FormIncomplete
    trial_services.step_trial(actor=request.actor, trial_id=trial_id, to=TrialState(to), reason=request.POST.get("reason", ""), now=request.now)
    return done(request, TRIAL_WORDS[TrialState(to)], "listing:trial", trial_id)


@require_POST
def type_day(request: ConsoleRequest, trial_id: UUID) -> HttpResponse:
    found = trial_queries.trial_for(request.actor, trial_id)
    form = DayForm(request.POST)
    if not form.is_valid():
        return render(request, "listing/trial.html", _trial_values(request, found, day_form=form), status=422)
    trial_services.type_day(actor=request.actor, listing_id=found.listing_id, day=form.cleaned_data["day"], counts=form.counts(), now=request.now)
    return done(request, _("这一天的数据已记下"), "listing:trial", trial_id)


@require_POST
def set_mean(request: ConsoleRequest, trial_id: UUID) -> HttpResponse:
    found = trial_queries.trial_for(request.actor, trial_id)
    form = MeanForm(request.POST)
    if not form.is_valid():
        return render(request, "listing/trial.html", _trial_values(request, found, mean_form=form), status=422)
    d = form.cleaned_data
    trial_services.set_mean(actor=request.actor, listing_id=found.listing_id, metric=d["metric"], rate_bp=d["rate"], source=d["source"], dated_on=d["dated_on"], now=request.now)
    return done(request, _("行业均值已记下"), "listing:trial", trial_id)


# A/B tests


@require_GET
def tests(request: ConsoleRequest) -> HttpResponse:
    """Which versions compete, and may one win yet?   Source: LST-12."""
    access.require(request.actor, SEE)
    found = trial_queries.ab_tests_for(request.actor, shop_id=request.shop_id)
    readings: dict[UUID, trial_queries.AbTestReading] = {}

    def row(one: AbTest) -> tables.Row:
        reading = readings[one.pk]
        words, pill = _test_state(one, reading)
        return tables.Row(
            one.pk,
            {
                "question": tables.Cell(one.question, note=f"{one.code} · {one.listing.product.code} · {METRIC_WORDS[one.metric]}"), "state": tables.Cell(words, state=pill),
                "a": f"{one.a_words} {percent(reading.a.rate)}", "b": f"{one.b_words} {percent(reading.b.rate)}", "evidence": f"{min(reading.evidence, 9_999):.1f}",
                "visitors": reading.visitors, "started": one.started_at,
            },
            reverse("listing:test", args=[one.pk]),
        )

    return render(request, "listing/tests.html", {"table": tables.page(request, TESTS, found, row=row, ahead=lambda shown: readings.update(trial_queries.read_tests(shown))), "import_href": f"{reverse('intake:upload')}?kind=abfigures", "may_edit": request.actor.can(EDIT)})


def _test_state(test: AbTest, reading: trial_queries.AbTestReading) -> tuple[Any, str]:
    if test.state == "ended":
        return {"a": _("选了 A"), "b": _("选了 B"), "none": _("没有选出")}[test.decision], "ok" if test.decision != "none" else ""
    if reading.split_is_broken:
        return _("分流不对"), "bad"
    return (_("可以选 %(v)s") % {"v": reading.winner.upper()}, "ok") if reading.winner else (_("在跑"), "warn")


@require_GET
def new_test(request: ConsoleRequest, listing_id: UUID) -> HttpResponse:
    """How many visitors will this take, before anybody sees it?   Source: LST-12."""
    access.require(request.actor, SEE)
    found = queries.listing_for(request.actor, listing_id)
    return render(request, "listing/new_test.html", {"listing": found, "form": TestForm(initial={"baseline": "3", "lift": "20", "share": "50"}), "trail": _test_trail(), "is_on_sale": found.state == State.PUBLISHED})


@require_POST
def size_test(request: ConsoleRequest, listing_id: UUID) -> HttpResponse:
    """The size of a test as it is being planned. Nothing is kept."""
    access.require(request.actor, SEE)
    queries.listing_for(request.actor, listing_id)
    form = TestForm(request.POST)
    plan = form.plan() if form.is_bound else None
    return render(request, "listing/_size.html", {"plan": plan})


@require_POST
def begin_test(request: ConsoleRequest, listing_id: UUID) -> HttpResponse:
    found = queries.listing_for(request.actor, listing_id)
    form = TestForm(request.POST)
    if not form.is_valid():
        return render(request, "listing/new_test.html", {"listing": found, "form": form, "trail": _test_trail(), "is_on_sale": found.state == State.PUBLISHED}, status=422)
    made = trial_services.begin_test(actor=request.actor, listing_id=listing_id, draft=form.draft(), now=request.now)
    return done(request, _("试验开始：每天都能看，误判不超过 5 %"), "listing:test", made.pk)


def _test_trail() -> list[tuple[str, str]]:
    return [(_("A/B 试验"), reverse("listing:tests"))]


@require_GET
def test(request: ConsoleRequest, test_id: UUID) -> HttpResponse:
    """May a version win yet, and is the split sound?   Source: LST-12."""
    access.require(request.actor, SEE)
    return render(request, "listing/test.html", _test_values(request, trial_queries.ab_test_for(request.actor, test_id)))


def _test_values(request: ConsoleRequest, found: AbTest, form: TestDayForm | None = None) -> dict[str, Any]:
    reading = trial_queries.read_test(found)
    path = trial_queries.path_of(found)
    words, pill = _test_state(found, reading)
    split = percent(reading.b.shown / reading.visitors) if reading.visitors else "—"
    interval = {"low": _points(reading.low), "high": _points(reading.high)}
    figures = [
        {"name": f"A · {found.a_words}", "value": percent(reading.a.rate), "beside": f"{int(reading.a.acted):,} / {int(reading.a.shown):,}"},
        {"name": f"B · {found.b_words}", "value": percent(reading.b.rate), "beside": f"{int(reading.b.acted):,} / {int(reading.b.shown):,}"},
        {"name": _("B 比 A"), "value": _points(reading.difference), "beside": _("哪天看都成立的 95%% 区间 %(low)s – %(high)s") % interval},
        {"name": _("证据"), "value": f"{min(reading.evidence, 9_999):.1f}", "beside": _("到 20 才能选；可靠 p = %(p)s") % {"p": f"{reading.p_value:.4f}"}, "state": "ok" if reading.winner else "warn"},
        {"name": _("B 的份额"), "value": split, "beside": _("计划 %(plan)s；可靠 p = %(p)s，χ² = %(chi)s") % {"plan": percent(found.b_share_bp / 10_000, 0), "p": f"{reading.split_p:.3f}", "chi": f"{reading.split_chi_square:.1f}"}, "state": "bad" if reading.split_is_broken else "ok"},
        {"name": _("人数"), "value": f"{reading.visitors:,}", "beside": _("事先算出最多要 %(n)s，还要 %(d)s 天") % {"n": f"{found.visitors_needed:,}", "d": trial_queries.days_left(found, reading)}},
    ]  # fmt: skip
    chart = {
        "kind": "line", "x": [one["day"].strftime("%m-%d") for one in path],  # type: ignore[attr-defined]
        "series": [
            {"name": _("B 比 A"), "data": [_bp(one["difference"]) for one in path], "unit": "bp"},
            {"name": _("区间下限"), "data": [_bp(one["low"]) for one in path], "unit": "bp", "dashed": True},
            {"name": _("区间上限"), "data": [_bp(one["high"]) for one in path], "unit": "bp", "dashed": True},
        ],
    }  # fmt: skip
    return {
        "test": found, "reading": reading, "figures": figures, "chart": chart, "path": list(reversed(path)), "words": words, "pill": pill, "trail": _test_trail(),
        "metric": METRIC_WORDS[found.metric], "kind_words": trial_queries.TEST_KINDS[found.kind], "log": [(LOG_WORDS[one.action], one, [(LOG_WORDS.get(key, key), _written(value)) for key, value in one.figures.items()]) for one in found.log.order_by("-made_at")],
        "form": form or TestDayForm(initial={"day": business_date(request.now)}), "may_edit": request.actor.can(EDIT, shop_id=found.shop_id) and found.state == "running",
        "may_decide": request.actor.can(PUBLISH, shop_id=found.shop_id) and found.state == "running",
    }


def _written(value: object) -> str:
    return " / ".join(str(one) for one in value) if isinstance(value, list) else f"{value:,}" if isinstance(value, int) else str(value)


def _points(difference: float) -> str:
    return f"{difference * 100:+.2f} pp"


def _bp(value: object) -> int:
    return math.floor(float(value) * 10_000 + 0.5)  # type: ignore[arg-type]


@require_POST
def type_test_day(request: ConsoleRequest, test_id: UUID) -> HttpResponse:
    form = TestDayForm(request.POST)
    if not form.is_valid():
        return render(request, "listing/test.html", _test_values(request, trial_queries.ab_test_for(request.actor, test_id), form), status=422)
    d = form.cleaned_data
    trial_services.type_test_day(
        actor=request.actor, test_id=test_id, day=d["day"], a=(d["a_shown"], d["a_acted"]), b=(d["b_shown"], d["b_acted"]), now=request.now
    )
    return done(request, _("这一天的数据已记下"), "listing:test", test_id)


@require_POST
def decide_test(request: ConsoleRequest, test_id: UUID, version: str) -> HttpResponse:
    trial_services.decide_test(actor=request.actor, test_id=test_id, version=version, reason=request.POST.get("reason", ""), now=request.now)
    return done(request, _("已决定，数字留在记录里"), "listing:test", test_id)


