"""The pages of titles, pictures, detail pages, trials and A/B tests through the browser's door."""

from __future__ import annotations

import io
import zipfile
from datetime import timedelta

import pypdfium2
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from kaibo.kit.clock import business_date
from kaibo.plumbing.audit.models import AuditRow
from kaibo.stages.listing.models import AbDecision, AbTest, DetailVersion, IndustryMean, ListingCategory, ListingPicture, Trial
from tests.kit.test_pictures import as_file, coat, dress
from tests.make.listing import make_listing, make_published
from tests.make.people import make_person, make_shop

pytestmark = pytest.mark.django_db

DETAIL = {
    "number": "0", "pain_title": "零下早高峰，大衣一厚就显矮", "pain_text": "小个子穿长大衣压身", "solution_text": "短款双面呢，手工缝", "advantages": "羊毛含量：92 %\n衣长：58 cm",
    "reports": "检测报告 R-2417-26 合格", "reviews": "155 穿 S 刚好（老客试穿反馈）", "action_text": "48 小时发货，七天无理由", "button": "buy",
}


@pytest.fixture
def ou(client, shop):
    client.force_login(make_person("ou", "operations", shop=shop))
    return client


def upload(client, listing, picture, role="main", name="a.png"):
    return client.post(reverse("listing:add-picture", args=[listing.pk]), {"role": role, "pictures": SimpleUploadedFile(name, as_file(picture).read(), "image/png")})


def test_titles_are_proposed_with_their_reasons(ou, shop):
    page = ou.get(reverse("listing:proposals", args=[make_listing().pk])).content.decode()
    assert "双面呢外套" in page
    assert "用了长度的" in page
    assert "data-use-title" in page


def test_a_forbidden_word_offers_the_press_that_mends_it(ou, shop):
    listing = make_listing()
    fields = {"core": "双面呢外套", "attributes": "", "scenes": "", "revision": listing.revision, "title": "双面呢外套双面呢外套驰名商标"}
    page = ou.post(reverse("listing:lint", args=[listing.pk]), fields).content.decode()
    assert 'data-rewrite="双面呢外套驰名商标"' in page or 'data-rewrite="双面呢外套"' in page
    assert "只留一次" in page


def test_the_category_is_advised_with_its_words_and_chosen(ou, shop):
    listing = make_listing()
    page = ou.get(reverse("listing:category", args=[listing.pk])).content.decode()
    assert "女装/毛呢外套" in page
    assert "最精准" in page
    ou.post(reverse("listing:choose-category", args=[listing.pk]), {"path": "女装 > 毛呢外套", "reason": "词说的"})
    assert ListingCategory.objects.get().path == "女装/毛呢外套"
    assert ou.post(reverse("listing:choose-category", args=[listing.pk]), {"path": " > "}).status_code == 422


def test_a_picture_is_measured_and_compared_with_competitors(ou, shop):
    listing = make_listing()
    upload(ou, listing, coat(), role="competitor", name="竞品.png")
    upload(ou, listing, coat(1_000))
    upload(ou, listing, dress(400))
    page = ou.get(reverse("listing:pictures", args=[listing.pk])).content.decode()
    assert "几乎一样" in page
    assert "短边不到 800" in page
    copied = ListingPicture.objects.get(role="main", position=1)
    assert (copied.width, copied.white_border_bp) == (1_000, 10_000)


def test_what_is_no_picture_is_refused_and_nothing_is_kept(ou, shop):
    listing = make_listing()
    answer = ou.post(reverse("listing:add-picture", args=[listing.pk]), {"role": "main", "pictures": SimpleUploadedFile("a.png", b"<svg onload=alert(1)>", "image/png")})
    assert answer.status_code == 422
    assert upload(ou, listing, coat(), role="banner").status_code == 422
    assert not ListingPicture.objects.exists()


def test_the_checklist_is_answered_by_a_person_and_pictures_change_places(ou, shop):
    listing = make_listing()
    upload(ou, listing, coat())
    upload(ou, listing, dress())
    second = ListingPicture.objects.get(position=2)
    ou.post(reverse("listing:lead-picture", args=[listing.pk, second.pk]))
    assert list(ListingPicture.objects.order_by("position").values_list("pk", flat=True))[0] == second.pk
    ou.post(reverse("listing:answer-picture", args=[listing.pk, second.pk]), {"role": "main", "who": "yes", "why": "no", "hack": "yes"})
    second.refresh_from_db()
    assert (second.answers, second.answered_by) == ({"who": True, "why": False}, "Ou")
    ou.post(reverse("listing:remove-picture", args=[listing.pk, second.pk]))
    assert ListingPicture.objects.count() == 1


def test_a_detail_page_is_written_reviewed_saved_previewed_and_exported(ou, shop):
    listing = make_listing()
    upload(ou, listing, coat())
    scene = str(ListingPicture.objects.get().pk)
    assert "首屏没有痛点场景" in ou.get(reverse("listing:detail", args=[listing.pk])).content.decode()
    review = ou.post(reverse("listing:review-detail", args=[listing.pk]), {**DETAIL, "scene_picture": scene}).content.decode()
    assert "四段都齐" in review
    assert not DetailVersion.objects.exists()
    ou.post(reverse("listing:save-detail", args=[listing.pk]), {**DETAIL, "scene_picture": scene})
    preview = ou.get(reverse("listing:preview-detail", args=[listing.pk]))
    assert preview["Content-Security-Policy"].startswith("default-src 'none'")
    assert "零下早高峰" in preview.content.decode()
    packed = ou.get(reverse("listing:export-detail", args=[listing.pk]))
    with zipfile.ZipFile(io.BytesIO(b"".join(packed.streaming_content) if packed.streaming else packed.content)) as folder:
        assert sorted(folder.namelist()) == ["index.html", "long.jpg", "pictures/01.png", "texts.txt"]
        assert 'src="pictures/01.png"' in folder.read("index.html").decode()


def test_a_detail_page_that_somebody_else_saved_meanwhile_is_not_overwritten(ou, shop):
    listing = make_listing()
    ou.post(reverse("listing:save-detail", args=[listing.pk]), DETAIL)
    answer = ou.post(reverse("listing:save-detail", args=[listing.pk]), {**DETAIL, "pain_title": "另一版"}, headers={"hx-request": "true"})
    assert (answer.status_code, answer["X-Kaibo-Error"]) == (409, "listing.detail_changed")
    assert DetailVersion.objects.count() == 1


def test_words_of_a_detail_page_run_nothing(ou, shop):
    listing = make_listing()
    ou.post(reverse("listing:save-detail", args=[listing.pk]), {**DETAIL, "pain_title": "<script>alert(1)</script>"})
    assert "<script>" not in ou.get(reverse("listing:preview-detail", args=[listing.pk])).content.decode()


def test_a_trial_runs_from_its_first_day_to_promotion(ou, shop):
    listing = make_published()
    ou.post(reverse("listing:begin-trial", args=[listing.pk]), {"audience": "小个子老客 800 人"})
    trial = Trial.objects.get()
    assert trial.ends_at - trial.started_at == timedelta(days=3)
    here = reverse("listing:trial", args=[trial.pk])
    assert "还没有行业均值可比" in ou.get(here).content.decode()
    today = business_date(trial.started_at).isoformat()
    for metric, rate in (("click", "3"), ("order", "2.5")):
        ou.post(reverse("listing:trial-mean", args=[trial.pk]), {"metric": metric, "rate": rate, "source": "后台同行对比", "dated_on": today})
    assert set(IndustryMean.objects.values_list("metric", "rate_bp")) == {("click", 300), ("order", 250)}
    ou.post(reverse("listing:trial-day", args=[trial.pk]), {"day": today, "views": "12000", "clicks": "180", "orders": "2"})
    page = ou.get(here).content.decode()
    assert "先改主图和首句" in page
    ou.post(reverse("listing:trial-change", args=[trial.pk]), {"kind": "picture", "note": "换场景图"})
    ou.post(reverse("listing:trial-step", args=[trial.pk, "locked"]), {"reason": "第二天点击回升"})
    ou.post(reverse("listing:trial-step", args=[trial.pk, "promoted"]))
    trial.refresh_from_db()
    assert (trial.state, trial.locked_version) == ("promoted", 1)
    assert ou.post(reverse("listing:trial-step", args=[trial.pk, "running"]), headers={"hx-request": "true"}).status_code == 409
    assert "试卖" in ou.get(reverse("listing:trials")).content.decode()


TEST = {
    "code": "AB-1", "kind": "first_screen", "question": "场景图更好吗", "a_words": "商品图", "b_words": "场景图", "metric": "click", "baseline": "5", "lift": "20", "share": "50",
    "visitors": "2000",
}


def test_an_ab_test_says_its_size_before_and_names_a_winner_only_with_evidence(ou, shop):
    listing = make_published()
    size = ou.post(reverse("listing:size-test", args=[listing.pk]), TEST).content.decode()
    assert "16,316" in size
    ou.post(reverse("listing:begin-test", args=[listing.pk]), TEST)
    test = AbTest.objects.get()
    today = business_date(test.started_at).isoformat()
    ou.post(reverse("listing:test-day", args=[test.pk]), {"day": today, "a_shown": "1000", "a_acted": "50", "b_shown": "1000", "b_acted": "58"})
    early = ou.post(reverse("listing:test-decide", args=[test.pk, "b"]), headers={"hx-request": "true"})
    assert (early.status_code, early["X-Kaibo-Error"]) == (409, "listing.test_not_decided")
    ou.post(reverse("listing:test-day", args=[test.pk]), {"day": today, "a_shown": "20000", "a_acted": "1000", "b_shown": "20100", "b_acted": "1300"})
    assert "可以选 B" in ou.get(reverse("listing:test", args=[test.pk])).content.decode()
    ou.post(reverse("listing:test-decide", args=[test.pk, "b"]), {"reason": "证据够"})
    test.refresh_from_db()
    assert (test.state, test.decision) == ("ended", "b")
    assert AbDecision.objects.get(action="decide").figures["b"] == [20_100, 1_300]
    assert "选了 B" in ou.get(reverse("listing:tests")).content.decode()


def test_a_leaking_split_stops_the_decision(ou, shop):
    listing = make_published()
    ou.post(reverse("listing:begin-test", args=[listing.pk]), TEST)
    test = AbTest.objects.get()
    today = business_date(test.started_at).isoformat()
    ou.post(reverse("listing:test-day", args=[test.pk]), {"day": today, "a_shown": "20000", "a_acted": "1000", "b_shown": "17000", "b_acted": "1300"})
    assert "分流和计划不符" in ou.get(reverse("listing:test", args=[test.pk])).content.decode()
    answer = ou.post(reverse("listing:test-decide", args=[test.pk, "b"]), headers={"hx-request": "true"})
    assert (answer.status_code, answer["X-Kaibo-Error"]) == (409, "listing.split_leaks")
    assert AbTest.objects.get().state == "running"


POSTS = (
    ("listing:choose-category", {"path": "女装/大衣"}), ("listing:add-picture", {"role": "main"}), ("listing:save-detail", DETAIL), ("listing:begin-trial", {"audience": "老客"}),
    ("listing:begin-test", TEST),
)


@pytest.mark.parametrize("who", ["anonymous", "host", "stranger"])
def test_who_may_not_edit_changes_nothing(client, shop, who):
    listing = make_published()
    if who == "host":
        client.force_login(make_person("zhu", "host", shop=shop))
    elif who == "stranger":
        client.force_login(make_person("fang", "operations", shop=make_shop("别家")))
    for name, fields in POSTS:
        given = dict(fields)
        if name == "listing:add-picture":
            given["pictures"] = SimpleUploadedFile("a.png", as_file(coat(300)).read(), "image/png")
        answer = client.post(reverse(name, args=[listing.pk]), given, headers={"hx-request": "true"})
        assert answer.status_code in {302, 401, 403, 404} or "sign-in" in answer.headers.get("HX-Redirect", ""), name
    assert not any(model.objects.exists() for model in (ListingCategory, ListingPicture, DetailVersion, Trial, AbTest))


@pytest.mark.parametrize("name", ["trials", "tests"])
def test_the_lists_teach_the_first_step_when_empty(ou, shop, name):
    assert "打开一个在售的商品页" in ou.get(reverse(f"listing:{name}")).content.decode()


def test_the_pages_speak_english_to_those_who_want_it(ou, shop):
    listing = make_published()
    ou.post(reverse("listing:begin-trial", args=[listing.pk]), {"audience": "VIP"})
    ou.post(reverse("listing:begin-test", args=[listing.pk]), TEST)
    ou.post("/preferences", {"language": "en", "next": "/"})
    for name, pk, words in (
        ("listing", listing.pk, "Proposed titles"), ("pictures", listing.pk, "differ from competitors"), ("detail", listing.pk, "From pain to action"), ("category", listing.pk, "most precise"),
        ("trial", Trial.objects.get().pk, "There is no trade mean"), ("test", AbTest.objects.get().pk, "Settled before the start"), ("new-test", listing.pk, "Begin an A/B test"),
    ):
        assert words in ou.get(reverse(f"listing:{name}", args=[pk])).content.decode(), name


def text_of(answer):
    return "".join(page.get_textpage().get_text_bounded() for page in pypdfium2.PdfDocument(b"".join(answer.streaming_content)))


def test_a_detail_page_goes_out_as_word_and_pdf_with_its_pictures_and_that_is_recorded(ou, shop):
    listing = make_listing()
    upload(ou, listing, coat(1_000), role="detail")
    picture = str(ListingPicture.objects.get().pk)
    ou.post(reverse("listing:save-detail", args=[listing.pk]), DETAIL | {"scene_picture": picture})
    word = b"".join(ou.get(reverse("listing:detail-file", args=[listing.pk, "docx"])).streaming_content)
    folder = zipfile.ZipFile(io.BytesIO(word))
    text = folder.read("word/document.xml").decode()
    assert "零下早高峰，大衣一厚就显矮" in text and "92 %" in text and "第 1 版" in text
    assert "word/media/picture1.jpg" in folder.namelist()
    pdf = text_of(ou.get(reverse("listing:detail-file", args=[listing.pk, "pdf"])))
    parts = [pdf.index(words) for words in ("1 痛点", "零下早高峰", "2 方案", "羊毛含量", "3 信任", "R-2417-26", "155 穿 S", "4 行动", "48 小时发货")]
    assert parts == sorted(parts)
    assert [one.details for one in AuditRow.objects.filter(deed="listing:detail:download").order_by("pk")] == [{"kind": "docx", "version": 1}, {"kind": "pdf", "version": 1}]


def test_a_draft_goes_out_too_and_says_that_it_is_one_and_what_it_lacks(ou, shop):
    listing = make_listing()
    said = text_of(ou.get(reverse("listing:detail-file", args=[listing.pk, "pdf"])))
    assert "草稿，还没有存过版本" in said
    assert "必须补" in said and "首屏没有痛点场景" in said
    assert ou.get(reverse("listing:detail-file", args=[listing.pk, "exe"])).status_code == 404


def test_refused_words_stand_in_the_document_with_their_law(ou, shop):
    listing = make_listing()
    DetailVersion.objects.create(listing=listing, number=1, content={"pain_title": "国家级保暖", "pain_text": "冷"}, saved_by="欧", saved_at=listing.created_at)
    said = text_of(ou.get(reverse("listing:detail-file", args=[listing.pk, "pdf"]))).replace("\n", "").replace("\r", "")
    assert "“国家级保暖”里的“国家级”" in said and "广告法第九条" in said and "不能用" in said


def test_a_stranger_to_the_shop_gets_no_document_and_nothing_is_recorded(client, shop):
    listing = make_listing()
    client.force_login(make_person("zhao", "operations", shop=make_shop("别家")))
    assert client.get(reverse("listing:detail-file", args=[listing.pk, "pdf"])).status_code == 404
    assert not AuditRow.objects.filter(deed="listing:detail:download").exists()


def test_the_pictures_page_begins_with_the_first_three_seconds_and_says_where_to_mend(ou, shop):
    listing = make_listing()
    page = ou.get(reverse("listing:pictures", args=[listing.pk])).content.decode()
    assert "三秒检查" in page and "还没有主图" in page and "首屏没有场景图" in page
    assert reverse("listing:detail", args=[listing.pk]) in page
