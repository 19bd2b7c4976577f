"""Decisions through services and pages: the card, the rules, prices, trials, matching, cooperations."""

from __future__ import annotations

import uuid
from dataclasses import replace
from datetime import date, timedelta

import pytest
from django.urls import reverse

from kaibo.facts.flow import CaseClosed
from kaibo.kit.errors import Forbidden
from kaibo.plumbing.audit.models import AuditRow
from kaibo.stages.selection import (
    cooperation_services,
    cooperations,
    evidence,
    matching_services,
    price_services,
    score_rules,
    scorecard,
    services,
    trial_services,
    trials,
)
from kaibo.stages.selection.cooperation_services import Agreed, Brought
from kaibo.stages.selection.models import Cooperation, CooperationSession, HouseStrength, MatchingReport, PriceAnswer, PriceInputs, PriceLimits, ScoreRules, Trial, TrialDay
from kaibo.stages.selection.past import OnAir, Sold, selling_past
from kaibo.stages.selection.scorecard import HOUSE_RULES, Outcome
from kaibo.stages.selection.trials import Seen
from kaibo.master.catalog.models import Category
from tests.make.compliance import make_channel, make_document, make_food_category
from tests.make.people import make_actor, make_person, make_shop
from tests.make.selection import ECONOMICS, NOW, csv_bytes, make_candidate, make_competitor, make_market, make_reviews, run_import

pytestmark = pytest.mark.django_db
TODAY = date(2026, 11, 22)


@pytest.fixture
def market(shop):
    market = make_market(shop, reference_fen=60_000)
    for n in range(4):
        make_competitor(market, f"低价外套{n}", 18_900 + n, sales=4_000, points="工厂价")
    make_reviews(market, [f"第{n}件质量太差" for n in range(30)] + [f"第{n}件物流太慢了" for n in range(10)])
    return market


@pytest.fixture
def candidate(shop, market):
    return make_candidate(shop, market=market, goods_kind="standard")


@pytest.fixture
def buyer(client, shop):
    client.force_login(make_person("bea", "selection", shop=shop))
    return client


def readings(candidate):
    return {key: one.reading for key, one in evidence.gather(candidate, NOW).found.items()}


class Remembered:
    """A past with what a test says of it."""

    def __init__(self, sold=None, on_air=()):
        self._sold, self._on_air = sold or {}, on_air

    def sold(self, product_ids):
        return {one: self._sold[one] for one in product_ids if one in self._sold}

    def on_air(self, product_ids, *, shop_id):
        return self._on_air


# The card


def test_the_card_counts_what_is_there_and_says_what_is_missing(candidate):
    found = readings(candidate)
    assert (found["demand"].value, found["demand"].counted) == (16_000, 4)
    assert (found["gap"].value, found["gap"].counted) == (7_500, 40)
    assert (found["margin"].value, found["returns"].value, found["returns"].why) == (candidate.margin_bp or found["margin"].value, 3_500, "expected")
    assert [(key, found[key].why) for key in ("strengths", "feedback", "on_air")] == [("strengths", "no_strength"), ("feedback", "few_sold"), ("on_air", "few_shown")]
    judged = scorecard.judge(evidence.gather(candidate, NOW).card)
    assert judged.known_bp == (20 + 15 + 20 + 20 + 10) * 10_000 // 125


def test_a_position_that_answers_no_complaint_finds_no_gap(shop, market):
    assert readings(make_candidate(shop, "KB-1", market=market, position="design"))["gap"].value == 0
    assert readings(make_candidate(shop, "KB-2", market=market, position="service"))["gap"].value == 2_500


def test_words_the_law_forbids_weigh_on_the_card(shop):
    clean, loud = make_candidate(shop, "KB-1"), make_candidate(shop, "KB-2", title="全国第一国家级短外套")
    assert readings(clean)["compliance"].value == 0
    assert readings(loud)["compliance"].value >= 2


@pytest.fixture
def tea_shop(shop):
    make_food_category()
    make_channel(shop, "douyin", "企业店", "抖音小店")
    make_channel(shop, "taobao", "企业店", "淘宝店")
    return shop


def tea(shop, **changes):
    return make_candidate(shop, "KB-TEA", category="food.tea", title="明前龙井 250 克", value_proposition="给办公室的人：一泡不涩的明前茶", selling_points=["明前采摘"], **changes)


def test_documents_that_are_missing_or_have_ended_are_named_and_weigh_on_the_card(tea_shop):
    make_document(tea_shop)
    make_document(tea_shop, "food_licence", "JY1", valid_from=date(2021, 1, 1), valid_until=date(2026, 11, 21))
    gathered = evidence.gather(tea(tea_shop), NOW)
    red = {one.key: (one.reason, one.places) for one in gathered.hurdles if one.state == "red"}
    assert red["document:food_licence"] == ("食品经营许可证 已在 2026-11-21 过期", ("抖音小店", "淘宝店"))
    assert red["document:food_producer_licence"][0] == "缺 生产企业 SC 许可证"
    assert red["document:quarantine_certificate"][1] == ("抖音小店",)
    assert (gathered.found["compliance"].reading.value, gathered.found["compliance"].reading.counted) == (3, 3)


def test_a_document_is_counted_until_its_last_day_and_once_for_all_channels(tea_shop):
    make_document(tea_shop)
    for kind in ("food_producer_licence", "quarantine_certificate"):
        make_document(tea_shop, kind, kind)
    make_document(tea_shop, "food_licence", "JY1", valid_from=date(2021, 1, 1), valid_until=date(2026, 11, 22))
    candidate = tea(tea_shop)
    assert evidence.gather(candidate, NOW).found["compliance"].reading.value == 0
    assert evidence.gather(candidate, NOW + timedelta(days=1)).found["compliance"].reading.value == 1


def test_a_claim_without_filing_is_a_risk_before_there_is_a_product_and_a_shops_own_paper_does_not_cover_it(shop):
    Category.objects.get_or_create(code="beauty", defaults={"title": "美妆", "title_en": "Beauty"})
    make_document(shop, "cosmetics_filing", "粤G妆网备字2026000001")
    candidate = make_candidate(shop, "KB-CREAM", category="beauty", title="祛斑美白面霜", value_proposition="给暗沉的人：四周看得见的面霜", selling_points=["不油"])
    hurdles = {one.key: one for one in evidence.gather(candidate, NOW).hurdles if one.kind == "claim"}
    assert hurdles and all(one.state == "red" for one in hurdles.values())
    assert evidence.gather(candidate, NOW).found["compliance"].reading.value >= 2 * len(hurdles)


def test_what_would_change_the_verdict_names_the_documents_to_bring(tea_shop, buyer):
    candidate = tea(tea_shop, economics=replace(ECONOMICS, return_bp=1_000), goods_kind="standard")
    rules_ = replace(HOUSE_RULES, rules={key: replace(one, weight=20 if key in {"margin", "compliance"} else 0) for key, one in HOUSE_RULES.rules.items()})
    score_rules.change_rules(actor=make_actor("lin", "owner", shop=tea_shop), shop_id=tea_shop.pk, rules=rules_, seen=0, reason="试算", now=NOW)
    gathered = evidence.gather(candidate, NOW)
    assert gathered.found["compliance"].reading.value == 4  # licence, food licence, producer's licence, quarantine: worth nothing
    assert scorecard.judge(gathered.card).outcome is Outcome.NO
    page = buyer.get(reverse("selection:card", args=[candidate.pk])).content.decode()
    assert "缺 营业执照" in page and "办好：" in page and "kind=business_licence" in page
    found = scorecard.fewest_mended(gathered.card, "compliance", gathered.risks)
    fewer = gathered.card.with_value("compliance", found.value + 1)
    assert scorecard.outcome_of(gathered.card.with_value("compliance", found.value)) is found.outcome is not Outcome.NO
    assert scorecard.outcome_of(fewer) is Outcome.NO


def test_what_came_back_of_sold_goods_lowers_the_next_candidate_of_the_market(shop, owner, market, candidate, monkeypatch):
    older = make_candidate(shop, "KB-OLD", market=market, scored=True)
    services.approve_candidate(actor=owner, candidate_id=older.pk, now=NOW)
    older.refresh_from_db()
    past = Remembered({older.product_id: Sold(200, 60)})
    monkeypatch.setattr(evidence, "selling_past", lambda: past)
    assert readings(candidate)["feedback"].value == 0
    before = scorecard.judge(evidence.gather(candidate, NOW).card).score_bp
    for n, nature in enumerate(["quality", "quality", "safety", "logistics", "no_reason"]):
        services.note_feedback(fact=CaseClosed(case_id=uuid.UUID(int=n + 1), order_id=None, product_id=older.product_id, reason="起球", severity="general", refunded_fen=100, closed_at=NOW, nature=nature), now=NOW)
    found = readings(candidate)
    # two for quality twice, five for safety, nothing for a late parcel or a change of mind: 9 in 200 pieces
    assert (found["feedback"].value, found["feedback"].counted) == (450, 200)
    assert scorecard.judge(evidence.gather(candidate, NOW).card).score_bp < before
    assert (readings(older)["returns"].value, readings(older)["returns"].counted) == (3_000, 200)


def test_how_it_did_on_air_is_held_against_what_else_was_shown(shop, owner, candidate, monkeypatch):
    done = services.score_candidate(actor=owner, candidate_id=candidate.pk, now=NOW)
    services.approve_candidate(actor=owner, candidate_id=done.pk, now=NOW)
    done.refresh_from_db()
    seen = [OnAir(uuid.uuid4(), "第 1 场", NOW, 400, 12, 1_000, 20)]
    monkeypatch.setattr(evidence, "selling_past", lambda: Remembered({done.product_id: Sold(10, 1)}, seen))
    assert readings(done)["on_air"].value == 15_000  # 3 % against 2 %


def test_scoring_keeps_the_card_as_it_stood(shop, owner, candidate):
    scored = services.score_candidate(actor=owner, candidate_id=candidate.pk, now=NOW)
    kept = scored.score_sheet["card"]
    assert (kept["outcome"], kept["rules"], kept["figures"]["demand"]) == ("trial", 0, [16_000, 8_000, 20])


def test_the_card_page_links_every_figure_to_its_evidence_and_tells_what_would_change_it(buyer, candidate):
    page = buyer.get(reverse("selection:card", args=[candidate.pk])).content.decode()
    for words in ("先试卖", "什么会改变这个判断", "供给缺口", "30 / 40", "没有", "质量优先", reverse("selection:complaints", args=[candidate.market_id, "quality"]), f"{reverse('selection:market', args=[candidate.market_id])}#rivals"):
        assert words in page, words


def test_another_shops_card_price_and_trial_do_not_exist_for_me(client, candidate):
    client.force_login(make_person("zoe", "selection", shop=make_shop("other", "别的店")))
    for name in ("card", "price"):
        assert client.get(reverse(f"selection:{name}", args=[candidate.pk])).status_code == 404
    assert client.post(reverse("selection:begin-trial", args=[candidate.pk]), {"begin": "1"}).status_code == 404
    assert not Trial.objects.exists()


# Rules and strengths


def changed(**weights):
    return replace(HOUSE_RULES, rules={key: replace(rule, weight=weights.get(key, rule.weight)) for key, rule in HOUSE_RULES.rules.items()})


def test_a_new_version_is_kept_with_who_and_why_and_old_ones_stay(shop, owner, candidate):
    score_rules.change_rules(actor=owner, shop_id=shop.pk, rules=changed(returns=40), seen=0, reason="退货太多，质量优先", now=NOW)
    number, held = score_rules.in_force(shop.pk)
    assert (number, held.rules["returns"].weight) == (1, 40)
    row = AuditRow.objects.get(deed="selection:score_rules:change")
    assert (row.reason, row.details["changed"]) == ("退货太多，质量优先", {"returns": [[20, 6_000, 1_000], [40, 6_000, 1_000]]})
    score_rules.change_rules(actor=owner, shop_id=shop.pk, rules=changed(), seen=1, reason="改回", now=NOW)
    assert list(ScoreRules.objects.order_by("number").values_list("number", flat=True)) == [1, 2]
    assert score_rules.as_rules(ScoreRules.objects.get(number=1)).rules["returns"].weight == 40


def test_two_people_changing_rules_at_once_do_not_overwrite_each_other(shop, owner):
    score_rules.change_rules(actor=owner, shop_id=shop.pk, rules=changed(gap=1), seen=0, reason="先", now=NOW)
    with pytest.raises(score_rules.RulesChangedMeanwhile):
        score_rules.change_rules(actor=owner, shop_id=shop.pk, rules=changed(gap=2), seen=0, reason="后", now=NOW)
    assert score_rules.in_force(shop.pk)[1].rules["gap"].weight == 1


def test_strengths_of_the_house_reach_the_card(shop, owner, candidate):
    score_rules.say_strength(actor=owner, shop_id=shop.pk, kind="supply_chain", level=4, evidence="自有产线 3 条", now=NOW)
    assert (readings(candidate)["strengths"].value, evidence.gather(candidate, NOW).found["strengths"].words) == (4, ("supply_chain", "自有产线 3 条"))
    with pytest.raises(score_rules.StrengthWrong):
        score_rules.say_strength(actor=owner, shop_id=shop.pk, kind="supply_chain", level=4, evidence=" ", now=NOW)


WRITES = {
    "rules": lambda a, s, c: score_rules.change_rules(actor=a, shop_id=s.pk, rules=changed(gap=1), seen=0, reason="x", now=NOW),
    "strength": lambda a, s, c: score_rules.say_strength(actor=a, shop_id=s.pk, kind="cash", level=1, evidence="x", now=NOW),
    "inputs": lambda a, s, c: price_services.say_inputs(actor=a, candidate_id=c.pk, said=SAID, now=NOW),
    "trial": lambda a, s, c: trial_services.begin_trial(actor=a, candidate_id=c.pk, wish=WISH, now=NOW),
    "cooperation": lambda a, s, c: cooperation_services.add_cooperation(actor=a, shop_id=s.pk, agreed=AGREED, now=NOW),
    "matching": lambda a, s, c: matching_services.mine_shop(actor=a, shop_id=s.pk, now=NOW),
}
SAID = price_services.Said(30_000, 70_000, 500, 100_000, 200, 2_000, 5_000, "问卷 212 份")
WISH = trial_services.Wish(59_900, 200, 150, 800, 4_000, 200_000, 50_000)
AGREED = Agreed("brand", "暖绒", 2_000, 300_000, 4_500, date(2026, 11, 1), date(2026, 12, 1), contact_name="王小明", contact_phone="13812345678")


@pytest.mark.parametrize("deed", WRITES)
def test_who_may_not_changes_nothing(shop, candidate, deed):
    stranger = make_actor("wu", "warehouse", shop=shop)
    with pytest.raises(Forbidden):
        WRITES[deed](stranger, shop, candidate)
    assert not any(model.objects.exists() for model in (ScoreRules, HouseStrength, PriceInputs, Trial, Cooperation, MatchingReport))


@pytest.mark.parametrize("name", ["score-rules", "matching", "cooperations", "cooperation-new"])
def test_pages_of_decisions_are_closed_to_strangers_and_other_trades(client, shop, name):
    assert client.get(reverse(f"selection:{name}")).status_code == 302
    client.force_login(make_person("wu", "warehouse", shop=shop))
    assert client.get(reverse(f"selection:{name}")).status_code == 403


def test_the_page_of_rules_saves_a_version_and_refuses_none_without_a_reason(buyer, shop):
    page = buyer.get(reverse("selection:score-rules"))
    form = page.context["form"]
    values = {name: form[name].value() for name in form.fields} | {"reason": "大促前收紧", "trial_bp": "50", "go_bp": "70", "known_bp": "60", "returns_weight": 35}
    assert buyer.post(reverse("selection:score-rules"), values | {"reason": ""}).status_code == 422
    assert buyer.post(reverse("selection:score-rules"), values).status_code == 302
    assert score_rules.in_force(shop.pk)[1].rules["returns"].weight == 35
    assert "退货率 20 → 35" in buyer.get(reverse("selection:score-rules")).content.decode()


# Price


def test_price_inputs_need_a_source_and_fit(owner, candidate):
    for wrong in (replace(SAID, source=" "), replace(SAID, power_low_fen=80_000), replace(SAID, coupon_fen=-1), replace(SAID, coupon_use_bp=10_001)):
        with pytest.raises(price_services.PriceInputsWrong):
            price_services.say_inputs(actor=owner, candidate_id=candidate.pk, said=wrong, now=NOW)
    price_services.say_inputs(actor=owner, candidate_id=candidate.pk, said=SAID, now=NOW)
    inputs, _said = price_services.inputs_of(candidate)
    assert (inputs.power_high_fen, inputs.middle_fen, inputs.floor_bp) == (70_000, 18_901, 3_000)


def test_questionnaires_come_in_by_file_and_who_answered_is_not_kept(shop, candidate):
    rows = [[candidate.code, f"wx-{n}", 200 + n, 400 + n, 600 + n, 900 + n] for n in range(25)]
    run = run_import("price-limits", csv_bytes(["候选编码", "答卷编号", "太便宜", "便宜", "贵", "太贵"], [*rows, [candidate.code, "bad", 500, 400, 600, 900], ["NOPE", "x", 1, 2, 3, 4]]), shop)
    assert (PriceLimits.objects.count(), run.state) == (25, run.state)
    assert not PriceLimits.objects.filter(respondent__contains="wx").exists()
    again = run_import("price-limits", csv_bytes(["候选编码", "答卷编号", "太便宜", "便宜", "贵", "太贵"], rows), shop, name="again.csv")
    assert (PriceLimits.objects.count(), again.state) == (25, again.state)


def test_the_price_page_shows_forms_questionnaires_and_what_is_missing(buyer, shop, owner, candidate):
    empty = buyer.get(reverse("selection:price", args=[candidate.pk])).content.decode()
    assert empty.count("答卷不够") == 2 and "还没有自己的成交" in empty and "多件优惠" in empty
    price_services.say_inputs(actor=owner, candidate_id=candidate.pk, said=SAID, now=NOW)
    PriceLimits.objects.bulk_create([PriceLimits(candidate=candidate, respondent=f"{n}", too_cheap_fen=20_000 + n * 100, cheap_fen=40_000 + n * 100, expensive_fen=60_000 + n * 100, too_expensive_fen=90_000 + n * 100, imported_at=NOW) for n in range(40)])
    PriceAnswer.objects.bulk_create([PriceAnswer(candidate=candidate, respondent=f"{n}", price_fen=fen, would_buy=n < most, imported_at=NOW) for fen, most in ((49_900, 30), (59_900, 24), (69_900, 9)) for n in range(40)])
    page = buyer.get(reverse("selection:price", args=[candidate.pk])).content.decode()
    for words in ("可接受的最低价", "问下来最赚的是", "30 / 40", "¥698", "套装", "问卷 212 份"):
        assert words in page, words


# Trials


def test_a_trial_is_planned_counted_and_ended_by_its_figures_only(shop, owner, candidate):
    trial = trial_services.begin_trial(actor=owner, candidate_id=candidate.pk, wish=WISH, now=NOW)
    with pytest.raises(trial_services.TrialRuns):
        trial_services.begin_trial(actor=owner, candidate_id=candidate.pk, wish=WISH, now=NOW)
    assert trial_services.count_day(actor=owner, trial_id=trial.pk, day=TODAY, seen=Seen(400, 20, 20, 2, 90_000), today=TODAY, now=NOW).ending is trials.Ending.RUNNING
    with pytest.raises(trial_services.TrialNotThere):
        trial_services.end_trial(actor=owner, trial_id=trial.pk, reason="够好了", now=NOW)
    trial_services.count_day(actor=owner, trial_id=trial.pk, day=TODAY - timedelta(days=1), seen=Seen(trial.viewers - 400, 20, 20, 2, 90_000), today=TODAY, now=NOW)
    ended = trial_services.end_trial(actor=owner, trial_id=trial.pk, reason="", now=NOW)
    assert (ended.state, ended.sheet["buyers"], ended.sheet["viewers"]) == ("passed", 40, trial.viewers)
    assert evidence.trial_word(candidate) is scorecard.TrialWord.PASSED
    with pytest.raises(trial_services.TrialEnded):
        trial_services.count_day(actor=owner, trial_id=trial.pk, day=TODAY, seen=Seen(1, 0, 0, 0, 0), today=TODAY, now=NOW)


def test_a_failed_trial_turns_the_card_and_a_cancelled_one_says_nothing(owner, candidate):
    first = trial_services.begin_trial(actor=owner, candidate_id=candidate.pk, wish=WISH, now=NOW)
    trial_services.cancel_trial(actor=owner, trial_id=first.pk, reason="样衣没到", now=NOW)
    assert evidence.trial_word(candidate) is scorecard.TrialWord.NONE
    second = trial_services.begin_trial(actor=owner, candidate_id=candidate.pk, wish=WISH, now=NOW)
    trial_services.count_day(actor=owner, trial_id=second.pk, day=TODAY, seen=Seen(second.viewers, 3, 3, 0, 0), today=TODAY, now=NOW)
    trial_services.end_trial(actor=owner, trial_id=second.pk, reason="", now=NOW)
    judged = scorecard.judge(evidence.gather(candidate, NOW).card)
    assert (judged.outcome, judged.reasons) == (Outcome.NO, ("trial_failed",))


@pytest.mark.parametrize("seen", [Seen(10, 11, 11, 0, 0), Seen(10, 5, 4, 0, 0), Seen(10, 5, 5, 6, 0)])
def test_a_day_that_does_not_add_up_is_refused(owner, candidate, seen):
    trial = trial_services.begin_trial(actor=owner, candidate_id=candidate.pk, wish=WISH, now=NOW)
    with pytest.raises(trial_services.TrialDayWrong):
        trial_services.count_day(actor=owner, trial_id=trial.pk, day=TODAY, seen=seen, today=TODAY, now=NOW)
    with pytest.raises(trial_services.TrialDayWrong):
        trial_services.count_day(actor=owner, trial_id=trial.pk, day=TODAY + timedelta(days=1), seen=Seen(10, 5, 5, 0, 0), today=TODAY, now=NOW)
    assert not TrialDay.objects.exists()


def test_the_price_page_works_out_a_size_before_it_begins_and_the_trial_page_shows_the_way(buyer, candidate):
    wish = {"price_fen": "599", "usual_bp": "2", "worth_bp": "1.5", "viewers_a_day": "800", "return_limit_bp": "40", "loss_limit_fen": "2000", "fixed_fen": "500"}
    page = buyer.post(reverse("selection:begin-trial", args=[candidate.pk]), wish).content.decode()
    assert "人付款才算通过" in page and not Trial.objects.exists()
    answer = buyer.post(reverse("selection:begin-trial", args=[candidate.pk]), wish | {"begin": "1"})
    trial = Trial.objects.get()
    assert answer.headers["Location"] == reverse("selection:trial", args=[trial.pk])
    buyer.post(reverse("selection:count-trial", args=[trial.pk]), {"day": "2026-01-05", "viewers": "400", "buyers": "9", "units": "10", "returned": "1", "profit_fen": "-12.50"})
    assert TrialDay.objects.get().profit_fen == -1_250
    assert "不能提前判" in buyer.get(reverse("selection:trial", args=[trial.pk])).content.decode()


# Matching


def test_a_shop_with_few_orders_is_told_that_nothing_can_be_said(buyer, shop, owner):
    matching_services.mine_shop(actor=owner, shop_id=shop.pk, now=NOW)
    page = buyer.get(reverse("selection:matching")).content.decode()
    assert "现在说不出任何搭配" in page and "没有一对商品一起买的次数能排除碰巧" in page


# Cooperations


def test_what_a_cooperation_left_and_what_would_have_paid(shop):
    terms = cooperations.Terms(2_000, 300_000, 4_500)
    held = [cooperations.Held(2_000_000, 500_000, 300_000), cooperations.Held(1_000_000, 200_000, 300_000)]
    found = cooperations.advise(terms, held, return_limit_bp=5_000, profit_floor_bp=500)
    assert (found.total.kept_fen, found.total.goods_fen, found.total.commission_fen, found.total.profit_fen) == (2_300_000, 1_035_000, 460_000, -25_000)
    assert (found.advice, found.break_even_fee_fen, found.break_even_commission_bp) == (cooperations.Advice.RENEGOTIATE, 287_500, 1_891)
    free = [replace(one, fee_fen=287_500) for one in held]
    assert cooperations.sum_of(terms, free).profit_fen == 0
    assert cooperations.advise(terms, held[:1], return_limit_bp=5_000, profit_floor_bp=500).advice is cooperations.Advice.TOO_LITTLE
    assert cooperations.advise(terms, held, return_limit_bp=2_000, profit_floor_bp=500).advice is cooperations.Advice.END
    assert cooperations.advise(replace(terms, commission_bp=500), held, return_limit_bp=5_000, profit_floor_bp=500).advice is cooperations.Advice.GO_ON


def test_a_contact_is_sealed_masked_and_shown_only_with_a_reason_on_record(shop, owner):
    made = cooperation_services.add_cooperation(actor=owner, shop_id=shop.pk, agreed=AGREED, now=NOW)
    assert made.contact_masked == "王** 138****5678" and "13812345678" not in str(bytes(made.contact_sealed))
    with pytest.raises(Forbidden):
        cooperation_services.unmask_contact(actor=make_actor("ana", "analyst", shop=shop), cooperation_id=made.pk, reason="好奇", now=NOW)
    assert not AuditRow.objects.filter(deed="vault:person:unmask").exists()
    assert cooperation_services.unmask_contact(actor=owner, cooperation_id=made.pk, reason="对账", now=NOW) == {"name": "王小明", "phone": "13812345678"}
    assert AuditRow.objects.get(deed="vault:person:unmask").reason == "对账"


def test_a_decision_is_made_once_with_the_figures_of_its_moment(shop, owner):
    made = cooperation_services.add_cooperation(actor=owner, shop_id=shop.pk, agreed=AGREED, now=NOW)
    for day, paid in ((5, 2_000_000), (12, 1_000_000)):
        cooperation_services.note_session(actor=owner, cooperation_id=made.pk, brought=Brought(date(2026, 11, day), 300_000, "结算单", paid, paid // 5), now=NOW)
    cooperation_services.decide(actor=owner, cooperation_id=made.pk, decision="renegotiate", reason="坑位费太高", now=NOW)
    made.refresh_from_db()
    assert (made.decision, made.decision_sheet["profit_fen"], made.decision_sheet["kept_fen"]) == ("renegotiate", 0, 2_400_000)
    with pytest.raises(cooperation_services.CooperationDecided):
        cooperation_services.decide(actor=owner, cooperation_id=made.pk, decision="end", reason="再来", now=NOW)


@pytest.mark.parametrize("brought", [Brought(date(2026, 12, 1), 0, "x", 100), Brought(date(2026, 11, 5), 0, " ", 100), Brought(date(2026, 11, 5), 0, "x", 100, 101), Brought(date(2026, 11, 5), -1, "x", 100)])
def test_a_session_outside_the_period_or_without_a_source_is_refused(shop, owner, brought):
    made = cooperation_services.add_cooperation(actor=owner, shop_id=shop.pk, agreed=AGREED, now=NOW)
    with pytest.raises(cooperation_services.CooperationSessionWrong):
        cooperation_services.note_session(actor=owner, cooperation_id=made.pk, brought=brought, now=NOW)
    assert not CooperationSession.objects.exists()


def test_the_pages_of_a_cooperation_from_the_form_to_the_decision(buyer, shop):
    form = {"kind": "host", "title": "小满", "shop": str(shop.pk), "commission_bp": "20", "slot_fee_fen": "3000", "goods_margin_bp": "45", "starts_on": "2026-11-01", "ends_on": "2026-12-01", "contact_name": "王小明", "contact_phone": "13812345678"}
    address = buyer.post(reverse("selection:cooperation-new"), form).headers["Location"]
    page = buyer.get(address).content.decode()
    assert "138****5678" in page and "13812345678" not in page and "场次太少，先不下结论" in page
    one = Cooperation.objects.get()
    buyer.post(reverse("selection:cooperation-session", args=[one.pk]), {"held_on": "2026-11-05", "paid_fen": "20000", "returned_fen": "4000", "fee_fen": "3000", "source": "结算单"})
    shown = buyer.post(reverse("selection:cooperation-contact", args=[one.pk]), {"reason": "对账"})
    assert "13812345678" in shown.content.decode() and shown.headers["Cache-Control"] == "no-store"
    buyer.post(reverse("selection:cooperation-decide", args=[one.pk]), {"decision": "go_on", "reason": "值得"})
    assert Cooperation.objects.get().decision == "go_on"
    assert "小满" in buyer.get(reverse("selection:cooperations")).content.decode()


def test_the_past_is_wired_to_orders_and_analytics(shop, candidate):
    past = selling_past()
    assert past.sold([uuid.uuid4()]) == {} and list(past.price_days(uuid.uuid4(), shop_id=shop.pk)) == [] and list(past.on_air([uuid.uuid4()], shop_id=shop.pk)) == []


# JSON and files


@pytest.fixture
def machine(client, shop):
    person = make_person("mac", "selection", shop=shop)
    client.force_login(person)
    return client


def test_the_card_over_json_says_what_the_page_says(owner, candidate):
    from kaibo.stages.selection import decision_api

    class Asked:
        auth, now = owner, NOW

    told = decision_api.candidate_card(Asked(), candidate.pk)
    judged = scorecard.judge(evidence.gather(candidate, NOW).card)
    assert (told["outcome"], told["score_bp"], told["known_bp"]) == (judged.outcome.value, judged.score_bp, judged.known_bp)
    assert [one["key"] for one in told["figures"]] == list(scorecard.FIGURES)
    assert len(told["changes"]) == len(scorecard.changes(evidence.gather(candidate, NOW).card))
    made = decision_api.begin_trial(Asked(), candidate.pk, decision_api.TrialIn(price_fen=59_900, usual_bp=200, worth_bp=150, viewers_a_day=800, return_limit_bp=4_000))[1]
    stands = decision_api.count_trial_day(Asked(), made.pk, decision_api.DayIn(day=TODAY, viewers=100, buyers=3, units=3))
    assert (stands["ending"], stands["buy_bp"]) == ("running", 300)


def test_a_cooperation_leaves_by_file_and_json_with_its_contact_masked(shop, owner):
    from kaibo.stages.selection import decision_api
    from kaibo.stages.selection.exports import COOPERATIONS

    class Asked:
        auth, now = owner, NOW

    cooperation_services.add_cooperation(actor=owner, shop_id=shop.pk, agreed=AGREED, now=NOW)
    (row,) = COOPERATIONS.rows(owner, None, None)
    assert row[:8] == ("暖绒", "brand", shop.name, "2026-11-01", "2026-12-01", 2_000, 300_000, "王** 138****5678")
    (told,) = decision_api.list_cooperations(Asked())
    assert (told["contact_masked"], told["advice"], told["sessions"]) == ("王** 138****5678", "too_little", 0)
    assert list(COOPERATIONS.rows(make_actor("zoe", "selection", shop=make_shop("other", "别的店")), None, None)) == []


def test_a_running_trial_stands_among_what_is_due(shop, owner, candidate):
    from kaibo.stages.selection.today import today

    trial_services.begin_trial(actor=owner, candidate_id=candidate.pk, wish=WISH, now=NOW)
    (item,) = [one for one in today(owner, NOW + timedelta(days=1)) if "/trials/" in one.href]
    assert item.title == "记试卖的数、到人数就结束：九成羊毛双面呢短外套" and item.state in {"run", "red"}


def test_the_card_asks_the_same_number_of_queries_for_few_and_many(buyer, candidate, django_assert_num_queries):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    address = reverse("selection:card", args=[candidate.pk])
    buyer.get(address)
    with CaptureQueriesContext(connection) as few:
        buyer.get(address)
    for n in range(12):
        make_competitor(candidate.market, f"新外套{n}", 20_000 + n, sales=10)
    with CaptureQueriesContext(connection) as many:
        buyer.get(address)
    assert len(many) == len(few)
