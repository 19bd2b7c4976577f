"""Documents, screenings, releases and reminders on a real database."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from kaibo.kit.errors import Forbidden
from kaibo.language.screening import Screening
from kaibo.master.launches.services import begin_launch
from kaibo.plumbing.access.actor import KAIBO
from kaibo.plumbing.intake.models import QuarantinedRow
from kaibo.plumbing.notices.models import Notice
from kaibo.plumbing.outbox.models import OutboxFact
from kaibo.stages.compliance import gates, queries, rules, services
from kaibo.stages.compliance.models import Document, ScreenedText
from tests.make.compliance import NOW, make_channel, make_document, make_food_category, make_papers
from tests.make.goods import make_product
from tests.make.people import make_actor, make_shop
from tests.make.selection import csv_bytes, run_import

pytestmark = pytest.mark.django_db


@pytest.fixture
def product(shop):
    return make_product(shop)


def test_a_product_with_all_papers_and_plain_words_has_no_findings(shop, product):
    make_channel(shop)
    make_papers(shop)
    assert queries.findings_for_products([product.pk], NOW) == {product.pk: []}


def test_a_missing_licence_is_red_with_reason_source_and_repair(shop, product):
    make_channel(shop)
    found = queries.findings_for_products([product.pk], NOW)[product.pk]
    assert [(one.state, "缺" in one.reason) for one in found] == [("red", True), ("run", True)]
    assert "营业执照" in found[0].reason
    assert "电子商务法" in found[0].source
    assert "kind=business_licence" in found[0].repair_href


def test_an_expired_licence_turns_red_the_day_after_its_last_day(shop, product):
    make_channel(shop)
    make_document(shop, valid_until=date(2026, 11, 22))
    last_moment, next_day = NOW.replace(hour=15, minute=59), NOW.replace(hour=16)  # 23:59 and 00:00 in Shanghai
    assert "red" not in {one.state for one in queries.findings_for_products([product.pk], last_moment)[product.pk]}
    assert "red" in {one.state for one in queries.findings_for_products([product.pk], next_day)[product.pk]}


def test_a_category_inherits_what_those_above_it_need(shop):
    make_channel(shop)
    make_food_category()
    tea = make_product(shop, "T-1", "明前龙井", category="food.tea")
    kinds = {need.kind for cell in queries.matrix_for([tea.pk], NOW)[tea.pk] for need in cell.needs if need.is_red}
    assert kinds == {"business_licence", "food_licence", "food_producer_licence", "quarantine_certificate"}


def test_a_title_with_a_forbidden_word_is_found_without_anybody_asking(shop):
    make_channel(shop)
    make_papers(shop)
    bad = make_product(shop, "KB-9", "国家级工艺双面呢外套")
    found = queries.findings_for_products([bad.pk], NOW)[bad.pk]
    assert [one.state for one in found] == ["red"]
    assert "国家级" in found[0].reason
    assert "广告法第九条" in found[0].source


def test_findings_take_the_same_number_of_queries_for_one_and_for_twenty(shop, django_assert_num_queries):
    make_channel(shop)
    make_papers(shop)
    products = [make_product(shop, f"K-{n}", f"外套{n}").pk for n in range(20)]
    with django_assert_num_queries(13):
        queries.findings_for_products(products[:1], NOW)
    with django_assert_num_queries(13):
        queries.findings_for_products(products, NOW)


def test_every_screening_is_kept_with_its_lexicon_and_exact_places(owner, product):
    text = "秋冬新款，国家级面料，最后剪标"
    found = services.screen_text(actor=owner, text=text, surface="title", category="服装", subject=f"product:{product.pk}/title", now=NOW)
    assert isinstance(found, Screening)
    kept = ScreenedText.objects.get()
    assert (kept.verdict, kept.state, kept.lexicon_version, kept.product) == ("block", "open", found.lexicon_version, product)
    assert [(text[hit["start"] : hit["end"]], hit["text"]) for hit in kept.hits] == [("国家级", "国家级")]
    pieces = queries.pieces_of(text, queries.hits_of(kept))
    assert "".join(piece.text for piece in pieces) == text
    assert [piece.text for piece in pieces if piece.number] == ["国家级"]


def test_a_rewritten_text_replaces_the_one_before_it(owner, product):
    subject = f"product:{product.pk}/detail"
    services.screen_text(actor=owner, text="国家级面料", surface="detail", category="服装", subject=subject, now=NOW)
    services.screen_text(actor=owner, text="九成羊毛面料", surface="detail", category="服装", subject=subject, now=NOW)
    assert sorted(ScreenedText.objects.values_list("state", flat=True)) == ["clear", "replaced"]
    services.screen_text(actor=owner, text="九成羊毛面料", surface="detail", category="服装", subject=subject, now=NOW)
    assert ScreenedText.objects.count() == 2


def review_text(actor, product) -> ScreenedText:
    kept = services.keep_screening(actor=actor, text="2026最新款外套", surface="title", category="服装", now=NOW, product_id=product.pk, subject=f"product:{product.pk}/title")
    assert kept.verdict == "review"
    return kept


def test_a_second_person_with_a_ground_releases_what_needs_judgement(shop, owner, product):
    make_channel(shop)
    make_papers(shop)
    first, second = make_actor("cao", "compliance", shop=shop), make_actor("ding", "operations", shop=shop)
    kept = review_text(first, product)
    assert [one.state for one in queries.findings_for_products([product.pk], NOW)[product.pk]] == ["run"]
    with pytest.raises(rules.SecondPersonNeeded):
        services.release_text(actor=first, screening_id=kept.pk, reason="2026年9月上市", now=NOW)
    with pytest.raises(rules.ReasonMissing):
        services.release_text(actor=second, screening_id=kept.pk, reason=" ", now=NOW)
    kept.refresh_from_db()
    assert kept.state == "open"
    services.release_text(actor=second, screening_id=kept.pk, reason="2026年9月上市，见上市记录", now=NOW)
    assert queries.findings_for_products([product.pk], NOW)[product.pk] == []
    with pytest.raises(services.TextNotOpen):
        services.release_text(actor=second, screening_id=kept.pk, reason="再来", now=NOW)


def test_forbidden_words_are_never_released(shop, owner, product):
    kept = services.keep_screening(actor=owner, text="国家级面料", surface="title", category="服装", now=NOW, product_id=product.pk)
    with pytest.raises(rules.BlockedCannotBeReleased):
        services.release_text(actor=make_actor("ding", "compliance", shop=shop), screening_id=kept.pk, reason="老板说可以", now=NOW)
    kept.refresh_from_db()
    assert (kept.state, kept.released_at) == ("open", None)


def test_nobody_replaces_another_shops_text_by_naming_its_subject(shop, owner, product):
    from kaibo.master.catalog.queries import ProductUnknown

    kept = review_text(owner, product)
    stranger = make_actor("zoe", "compliance", shop=make_shop("other", "别的店"))
    with pytest.raises((ProductUnknown, Forbidden)):
        services.screen_text(actor=stranger, text="干净的", surface="title", category="", subject=f"product:{product.pk}/title", now=NOW)
    with pytest.raises((queries.ScreeningUnknown, Forbidden)):
        services.release_text(actor=stranger, screening_id=kept.pk, reason="x", now=NOW)
    kept.refresh_from_db()
    assert kept.state == "open"


def test_empty_endless_and_placeless_texts_are_refused(owner):
    for text, surface, error in (("  ", "title", services.NothingToScreen), ("字" * 20_001, "title", services.TextTooLong), ("好", "poster", services.SurfaceUnknown)):
        with pytest.raises(error):
            services.keep_screening(actor=owner, text=text, surface=surface, category="", now=NOW)
    assert not ScreenedText.objects.exists()


@pytest.mark.parametrize(("role", "where"), [("host", "own"), ("quality", "own"), ("compliance", "other")])
def test_only_compliance_of_the_shop_confirms_a_document(shop, role, where):
    document = make_document(shop, confirmed=False)
    actor = make_actor("kim", role, shop=shop if where == "own" else make_shop("other", "别的店"))
    with pytest.raises((Forbidden, queries.DocumentUnknown)):
        services.confirm_document(actor=actor, document_id=document.pk, now=NOW)
    document.refresh_from_db()
    assert document.state == "filed"
    services.confirm_document(actor=make_actor("lin", "compliance", shop=shop), document_id=document.pk, now=NOW)
    document.refresh_from_db()
    assert (document.state, document.confirmed_by) == ("confirmed", "Lin")


def test_reminders_are_told_once_and_the_end_is_announced_once(shop, owner):
    document = make_document(shop, valid_until=date(2026, 12, 22))
    assert services.remind_expiring(NOW) == 1
    services.remind_expiring(NOW + timedelta(days=1))
    assert Notice.objects.filter(person_id=owner.person_id).count() == 1
    services.remind_expiring(NOW + timedelta(days=24))
    services.remind_expiring(NOW + timedelta(days=29))
    assert set(Notice.objects.values_list("key", flat=True)) == {f"qualification:{document.pk}:{days}" for days in (30, 7, 1)}
    assert not OutboxFact.objects.filter(name="compliance.qualification_expired").exists()
    for _ in range(3):
        services.remind_expiring(NOW + timedelta(days=31))
    assert OutboxFact.objects.filter(name="compliance.qualification_expired").count() == 1
    assert Notice.objects.filter(state="red").count() == 1


def test_a_renewed_document_is_not_reminded_of(shop, owner):
    make_document(shop, number="OLD", valid_until=date(2026, 11, 25))
    make_document(shop, number="NEW", valid_until=date(2029, 11, 25))
    assert services.remind_expiring(NOW) == 0
    assert not Notice.objects.exists()


def test_the_list_of_documents_imports_and_changes_must_be_checked_again(shop, product):
    header = ["证照类型", "证照编号", "发证机关", "发证日期", "有效期至", "款号"]
    rows = [["营业执照", "9133", "市监局", "2021-03-15", "长期", ""], ["检测报告", "WT-1", "质检院", "2026/11/02", "2027/11/01", "KB-2417"], ["营业执照", "9134", "市监局", "2021-03-15", "2020-03-15", ""], ["质检报告", "WT-2", "", "2026-11-02", "", "没有这个"]]
    run = run_import("qualifications", csv_bytes(header, rows), shop)
    assert (run.rows_new, run.rows_quarantined) == (2, 2)
    assert {row.reasons[0]["code"] for row in QuarantinedRow.objects.all()} == {"compliance.dates_reversed", "compliance.product_code_unknown"}
    report = Document.objects.get(number="WT-1")
    assert (report.product, report.valid_until, Document.objects.get(number="9133").valid_until) == (product, date(2027, 11, 1), None)
    services.confirm_document(actor=KAIBO, document_id=report.pk, now=NOW)
    assert run_import("qualifications", csv_bytes(header, rows[:2]), shop, name="b.csv").rows_same == 2
    rows[1][4] = "2028/11/01"
    assert run_import("qualifications", csv_bytes(header, rows[:2]), shop, name="c.csv").rows_changed == 1
    report.refresh_from_db()
    assert (report.state, report.valid_until) == ("filed", date(2028, 11, 1))


def test_the_gate_names_the_gravest_finding_and_how_many_more(shop, owner, product):
    make_channel(shop)
    launch = begin_launch(actor=owner, shop_id=shop.pk, title="上新", owner_id=owner.person_id, now=NOW, product_id=product.pk)
    bare = begin_launch(actor=owner, shop_id=shop.pk, title="没商品", owner_id=owner.person_id, now=NOW)
    found = gates.gate([launch.pk, bare.pk], NOW)
    assert (found[launch.pk].state, "营业执照" in found[launch.pk].reason, "另有 1 项" in found[launch.pk].reason) == ("red", True, True)
    assert found[launch.pk].repair_href
    assert found[bare.pk].state == "none"
    make_papers(shop)
    assert gates.gate([launch.pk], NOW)[launch.pk].state == "ok"
