"""Candidates are scored, decided and become products; what customers say comes back."""

from __future__ import annotations

import threading
import uuid

import pytest
from django.db import connection

from kaibo.facts.flow import CaseClosed
from kaibo.kit.errors import Forbidden
from kaibo.master.catalog.models import Product, Sku
from kaibo.master.launches.models import Launch
from kaibo.plumbing.audit.models import AuditRow
from kaibo.plumbing.outbox.models import OutboxFact
from kaibo.stages.selection import gates, queries, rules, services
from kaibo.stages.selection.handlers import note_case
from kaibo.stages.selection.models import Candidate, Feedback
from kaibo.stages.selection.rules import Economics
from tests.make.people import make_actor, make_shop
from tests.make.selection import NOW, make_candidate, make_competitor, make_draft, make_market, make_reviews


def nothing_was_made() -> bool:
    return not (Product.objects.exists() or Launch.objects.exists() or OutboxFact.objects.filter(name="selection.candidate_approved").exists())


@pytest.mark.django_db
def test_approval_makes_product_items_launch_and_fact_together(shop, owner):
    candidate = make_candidate(shop, scored=True)
    services.approve_candidate(actor=owner, candidate_id=candidate.pk, now=NOW, reason="差评都在起球")
    candidate.refresh_from_db()
    assert (candidate.state, candidate.decided_by) == ("approved", "Alice")
    assert candidate.product.selling_points == ["九成羊毛不扎人", "机洗不变形"]
    assert candidate.product.value_proposition.startswith("给怕起球的通勤女生")
    assert sorted(candidate.product.skus.values_list("code", "price_fen")) == [("KB-2501-B-L", 59_900), ("KB-2501-B-M", 59_900)]
    assert (candidate.launch.product, candidate.launch.owner_id) == (candidate.product, owner.person_id)
    fact = OutboxFact.objects.get(name="selection.candidate_approved")
    assert fact.payload["product_id"] == str(candidate.product_id)
    assert AuditRow.objects.filter(deed="selection:candidate:approve", reason="差评都在起球").count() == 1


@pytest.mark.django_db
def test_a_thin_margin_cannot_be_approved_and_nothing_is_made(shop, owner):
    candidate = make_candidate(shop, economics=Economics(45_000, 59_900, 3_500, 600, 1_200, 1_500), scored=True)
    with pytest.raises(rules.MarginTooThin):
        services.approve_candidate(actor=owner, candidate_id=candidate.pk, now=NOW)
    assert nothing_was_made()
    candidate.refresh_from_db()
    assert candidate.state == "scored"


@pytest.mark.django_db
def test_a_taken_product_code_takes_the_whole_decision_back(shop, owner):
    from tests.make.goods import make_product

    make_product(shop, code="KB-2501")
    candidate = make_candidate(shop, scored=True)
    from kaibo.master.catalog.services import ProductCodeTaken

    with pytest.raises(ProductCodeTaken):
        services.approve_candidate(actor=owner, candidate_id=candidate.pk, now=NOW)
    candidate.refresh_from_db()
    assert (candidate.state, Launch.objects.count(), Sku.objects.count()) == ("scored", 0, 0)


@pytest.mark.django_db
def test_a_changed_candidate_must_be_scored_again(shop, owner):
    candidate = make_candidate(shop, scored=True)
    services.edit_candidate(actor=owner, candidate_id=candidate.pk, draft=make_draft(economics=Economics(20_000, 59_900, 4_000)), now=NOW)
    with pytest.raises(services.CandidateNotScored):
        services.approve_candidate(actor=owner, candidate_id=candidate.pk, now=NOW)
    assert nothing_was_made()


@pytest.mark.django_db
def test_a_decided_candidate_is_final(shop, owner):
    candidate = make_candidate(shop, scored=True)
    services.reject_candidate(actor=owner, candidate_id=candidate.pk, reason="供应商交不了货", now=NOW)
    for attempt in (
        lambda: services.approve_candidate(actor=owner, candidate_id=candidate.pk, now=NOW),
        lambda: services.score_candidate(actor=owner, candidate_id=candidate.pk, now=NOW),
        lambda: services.edit_candidate(actor=owner, candidate_id=candidate.pk, draft=make_draft(), now=NOW),
        lambda: services.reject_candidate(actor=owner, candidate_id=candidate.pk, reason="再来一次", now=NOW),
    ):
        with pytest.raises(services.CandidateAlreadyDecided):
            attempt()
    candidate.refresh_from_db()
    assert (candidate.state, candidate.decision_reason) == ("rejected", "供应商交不了货")
    assert nothing_was_made()


@pytest.mark.django_db
def test_rejecting_and_approving_need_their_ground(shop, owner):
    with pytest.raises(services.ReasonMissing):
        services.reject_candidate(actor=owner, candidate_id=make_candidate(shop, "A").pk, reason=" ", now=NOW)
    with pytest.raises(rules.PropositionMissing):
        make_candidate(shop, "B", value_proposition="", scored=True)
    with pytest.raises(rules.SellingPointsWrong):
        make_candidate(shop, "C", selling_points=[], scored=True)
    with pytest.raises(services.SkusMissing):
        services.approve_candidate(actor=owner, candidate_id=make_candidate(shop, "D", skus=[], scored=True).pk, now=NOW)
    assert nothing_was_made()


@pytest.mark.django_db(transaction=True)
def test_of_two_people_who_approve_at_once_one_wins(shop, owner):
    candidate = make_candidate(shop, scored=True)
    second = make_actor("bea", "selection", shop=shop)
    outcomes: list[str] = []
    start = threading.Barrier(2)

    def approve(actor) -> None:
        start.wait()
        try:
            services.approve_candidate(actor=actor, candidate_id=candidate.pk, now=NOW)
            outcomes.append("won")
        except services.CandidateAlreadyDecided:
            outcomes.append("told")
        finally:
            connection.close()

    threads = [threading.Thread(target=approve, args=(actor,)) for actor in (owner, second)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert sorted(outcomes) == ["told", "won"]
    assert (Product.objects.count(), Launch.objects.count(), OutboxFact.objects.filter(name="selection.candidate_approved").count()) == (1, 1, 1)


ACTORS = [("host", "own", False), ("operations", "own", False), ("selection", "other", False), ("selection", "own", True)]


@pytest.mark.django_db
@pytest.mark.parametrize(("role", "where", "may"), ACTORS)
def test_only_who_may_decide_here_decides(shop, role, where, may):
    candidate = make_candidate(shop, scored=True)
    actor = make_actor("kim", role, shop=shop if where == "own" else make_shop("other", "别的店"))
    if may:
        assert services.approve_candidate(actor=actor, candidate_id=candidate.pk, now=NOW).state == "approved"
        return
    with pytest.raises((Forbidden, queries.CandidateUnknown)):
        services.approve_candidate(actor=actor, candidate_id=candidate.pk, now=NOW)
    candidate.refresh_from_db()
    assert candidate.state == "scored"
    assert nothing_was_made()


@pytest.mark.django_db
def test_the_score_keeps_the_markets_figures_of_that_moment(shop):
    market = make_market(shop, reference_fen=60_000)
    for n in range(4):
        make_competitor(market, f"低价外套{n}", 18_900 + n, sales=1_000 - n, points="工厂价")
    make_reviews(market, [f"第{n}件质量太差" for n in range(40)])
    sheet = make_candidate(shop, market=market, scored=True).score_sheet
    assert (sheet["verdict"], sheet["complaints"], sheet["quality_bp"], sheet["on_price"]) == ("recommended", 40, 10_000, 4)
    assert sheet["floor_bp"] == 3_000


@pytest.mark.django_db
def test_a_reference_price_needs_a_source(shop, owner):
    market = make_market(shop)
    with pytest.raises(services.ReferenceNeedsSource):
        services.set_reference_price(actor=owner, market_id=market.pk, reference_fen=50_000, source="  ", now=NOW)
    market.refresh_from_db()
    assert market.reference_fen is None


@pytest.mark.django_db
def test_a_closed_case_comes_back_to_the_candidate_once_and_turns_the_gate_red(shop, owner):
    candidate = services.approve_candidate(actor=owner, candidate_id=make_candidate(shop, scored=True).pk, now=NOW)
    launch_id = candidate.launch_id
    assert gates.gate([launch_id], NOW)[launch_id].state == "ok"
    facts = [
        CaseClosed(case_id=uuid.uuid4(), order_id=None, product_id=candidate.product_id, reason="洗后起球", severity="一般", refunded_fen=59_900, closed_at=NOW)
        for _ in range(5)
    ]
    for fact in [*facts, facts[0]]:
        note_case(fact, NOW)
    assert Feedback.objects.filter(candidate=candidate).count() == 5
    assert queries.feedback_counts([candidate.product_id]) == {candidate.product_id: (5, 299_500)}
    found = gates.gate([launch_id], NOW)[launch_id]
    assert (found.state, "5 起售后" in found.reason) == ("red", True)


@pytest.mark.django_db
def test_the_gate_says_why_it_is_red_and_asks_the_same_number_of_queries_for_many(shop, owner, django_assert_max_num_queries):
    from kaibo.master.launches.services import begin_launch

    bare = [begin_launch(actor=owner, shop_id=shop.pk, title=f"上新{n}", owner_id=owner.person_id, now=NOW).pk for n in range(20)]
    with django_assert_max_num_queries(4):
        found = gates.gate(bare, NOW)
    assert {one.state for one in found.values()} == {"red"}
    assert all(one.reason and one.source and one.repair_href for one in found.values())
    candidate = services.approve_candidate(actor=owner, candidate_id=make_candidate(shop, scored=True).pk, now=NOW)
    Candidate.objects.filter(pk=candidate.pk).update(cost_fen=50_000)
    assert gates.gate([candidate.launch_id], NOW)[candidate.launch_id].state == "red"
