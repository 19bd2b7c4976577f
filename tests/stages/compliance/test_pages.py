"""The pages of compliance through the browser's door."""

from __future__ import annotations

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from kaibo.stages.compliance.models import Document, ScreenedText
from tests.make.compliance import make_channel, make_document
from tests.make.goods import make_product
from tests.make.people import make_person, make_shop

pytestmark = pytest.mark.django_db
PNG = bytes.fromhex("89504e470d0a1a0a0000000d4948445200000001000000010802000000907753de0000000c4944415408d763f8cfc000000301010018dd8db00000000049454e44ae426082")


@pytest.fixture
def cao(client, shop):
    client.force_login(make_person("cao", "compliance", shop=shop))
    return client


def test_the_matrix_says_why_a_cell_is_red_on_what_ground_and_where_to_upload(cao, shop):
    make_channel(shop)
    product = make_product(shop)
    page = cao.get(reverse("compliance:matrix")).content.decode()
    for words in ("不能上架", "缺 营业执照", "电子商务法", "?kind=business_licence", "影响 1 个商品×渠道"):
        assert words in page
    detail = cao.get(reverse("compliance:product", args=[product.pk])).content.decode()
    assert "上传资质" in detail


def test_an_empty_matrix_teaches_the_first_step(cao):
    assert "还没有商品" in cao.get(reverse("compliance:matrix")).content.decode()


def test_a_document_is_uploaded_with_its_scan_checked_and_withdrawn(cao, shop):
    answer = cao.post(
        reverse("compliance:document-new"),
        {"shop": str(shop.pk), "kind": "business_licence", "number": "9133", "valid_from": "2021-03-15", "file": SimpleUploadedFile("执照.png", PNG, "image/png")},
    )
    assert answer.status_code == 302
    document = Document.objects.get()
    assert (document.media.name, document.media.width, document.state) == ("执照.png", 1, "filed")
    cao.post(reverse("compliance:confirm", args=[document.pk]))
    page = cao.get(reverse("compliance:documents") + "?q=9133").content.decode()
    assert f'data-opens="w-{document.pk}"' in page and f'<dialog id="w-{document.pk}"' in page
    assert cao.post(reverse("compliance:withdraw", args=[document.pk])).status_code == 422
    document.refresh_from_db()
    assert document.state == "confirmed"
    cao.post(reverse("compliance:withdraw", args=[document.pk]), {"reason": "换证"})
    document.refresh_from_db()
    assert document.state == "withdrawn"


def test_a_wrong_file_and_a_taken_number_change_nothing(cao, shop):
    make_document(shop, number="9133")
    fields = {"shop": str(shop.pk), "kind": "business_licence", "number": "9133", "valid_from": "2021-03-15"}
    wrong = cao.post(reverse("compliance:document-new"), {**fields, "number": "1", "file": SimpleUploadedFile("a.exe", b"MZ", "application/x-msdownload")})
    assert (wrong.status_code, "只收图片" in wrong.content.decode()) == (422, True)
    assert cao.post(reverse("compliance:document-new"), fields).status_code == 409
    assert Document.objects.count() == 1


def test_a_pasted_text_is_shown_with_each_hit_at_its_place(cao, shop):
    answer = cao.post(reverse("compliance:screening"), {"text": "<b>国家级</b>面料", "surface": "title"})
    kept = ScreenedText.objects.get()
    assert answer["Location"] == reverse("compliance:screened", args=[kept.pk])
    page = cao.get(answer["Location"]).content.decode()
    assert '<mark class="block" id="hit-1">国家级<sup>1</sup></mark>' in page
    assert "&lt;b&gt;" in page
    assert "广告法第九条第三项" in page
    assert "不能放行" in page


def test_the_second_person_sees_the_release_and_the_first_does_not(client, shop):
    first, second = make_person("cao", "compliance", shop=shop), make_person("ding", "operations", shop=shop)
    product = make_product(shop)
    client.force_login(first)
    client.post(reverse("compliance:screening"), {"text": "2026最新款外套", "surface": "title", "product": str(product.pk)})
    kept = ScreenedText.objects.get()
    release = reverse("compliance:release", args=[kept.pk])
    here = reverse("compliance:screened", args=[kept.pk])
    assert release not in client.get(here).content.decode()
    assert client.post(release, {"reason": "上市记录"}).status_code == 409
    client.force_login(second)
    assert release in client.get(here).content.decode()
    client.post(release, {"reason": "2026年9月上市"})
    kept.refresh_from_db()
    assert (kept.state, kept.released_by) == ("released", "Ding")


def test_strangers_wrong_roles_and_other_shops_stay_outside(client, shop):
    document = make_document(shop, confirmed=False)
    assert client.get(reverse("compliance:matrix")).status_code == 302
    client.force_login(make_person("wu", "warehouse", shop=shop))
    assert client.get(reverse("compliance:matrix")).status_code == 403
    assert client.post(reverse("compliance:confirm", args=[document.pk])).status_code == 403
    client.force_login(make_person("zoe", "compliance", shop=make_shop("other", "别的店")))
    assert client.post(reverse("compliance:confirm", args=[document.pk])).status_code == 404
    document.refresh_from_db()
    assert document.state == "filed"
