"""The pages, files and addresses of the house's words, through the browser's door (CMP-4)."""

from __future__ import annotations

import pytest
from django.urls import reverse

from kaibo.master.people.services import make_token
from kaibo.plumbing.intake.models import QuarantinedRow
from kaibo.stages.compliance import house_words, lexicon_versions
from kaibo.stages.compliance.models import HouseWord, LexiconVersion, ScreenedText
from tests.make.compliance import NOW
from tests.make.people import make_actor, make_person
from tests.make.selection import csv_bytes, run_import

pytestmark = pytest.mark.django_db
SAID = {"word": "雪花绒", "severity": "block", "source": "店内约定", "suggestion": "仿羊绒", "surfaces": ["title", "chat"]}


@pytest.fixture
def cao(client, shop):
    client.force_login(make_person("cao", "compliance", shop=shop))
    return client


@pytest.fixture
def actor(shop):
    return make_actor("he", "compliance", shop=shop)


def page_of(answer):
    assert answer.status_code == 200, answer.content.decode()[:500]
    return answer.content.decode()


def keep(text, shop):
    ScreenedText.objects.create(shop=shop, surface="title", text=text, verdict="pass", lexicon_version="t", state="clear", screened_by="x", screened_at=NOW)


def test_what_a_word_would_hit_is_shown_before_it_is_published_and_then_it_is(cao, shop):
    keep("雪花绒外套", shop)
    shown = page_of(cao.post(reverse("compliance:words"), {**SAID, "do": "try"}))
    assert "1 条结论会变" in shown and "雪花绒" in shown and "加入并生效" in shown
    assert not HouseWord.objects.exists() and not LexiconVersion.objects.exists()
    assert cao.post(reverse("compliance:words"), {**SAID, "do": "publish", "reason": "绒不是羊绒"}).status_code == 302
    assert LexiconVersion.objects.get().reason == "绒不是羊绒"
    assert "雪花绒" in page_of(cao.get(reverse("compliance:words")))


def test_a_word_is_edited_with_a_reason_and_a_change_that_hits_nothing_says_so(cao, actor):
    word = house_words.add_word(actor=actor, word="雪花绒", severity="block", source="店内约定", now=NOW)
    address = reverse("compliance:word-edit", args=[word.pk])
    assert "雪花绒" in page_of(cao.get(address))
    body = {"severity": "review", "source": "店内约定", "surfaces": ["title"], "reason": "太严"}
    assert "结论都不变" in page_of(cao.post(address, {**body, "do": "try"}))
    assert "name=\"reason\"" in page_of(cao.post(address, {**body, "reason": "", "do": "publish"}))  # asked for again
    assert HouseWord.objects.get().severity == "block"
    assert cao.post(address, {**body, "do": "publish"}).status_code == 302
    assert (HouseWord.objects.get().severity, HouseWord.objects.get().surfaces) == ("review", ["title"])


def test_versions_stand_side_by_side_and_one_is_brought_back(cao, actor):
    assert "还没有改过词" in page_of(cao.get(reverse("compliance:word-versions")))
    house_words.add_word(actor=actor, word="甲词", severity="block", source="店内约定", now=NOW)
    older = lexicon_versions.versions().first().number
    house_words.add_word(actor=actor, word="乙词", severity="review", source="店内约定", now=NOW)
    shown = page_of(cao.get(reverse("compliance:word-versions")))
    assert "乙词" in shown and "新增" in shown and "甲词" not in shown.split("所有版本")[0].split("原来")[-1]
    assert "结论都不变" in page_of(cao.get(reverse("compliance:word-versions"), {"older": older, "newer": older + 1, "effect": "1"}))
    back = reverse("compliance:word-roll-back", args=[older])
    assert cao.post(back, {"reason": ""}).status_code == 422
    assert cao.post(back, {"reason": "加错了"}).status_code == 302
    assert [one.word for one in HouseWord.objects.filter(retired_at=None)] == ["甲词"]
    assert lexicon_versions.versions().first().deed == "roll_back"
    assert cao.get(reverse("compliance:word-versions"), {"older": "999999"}).status_code == 404


def test_a_text_is_tried_by_today_an_older_and_no_version_of_ours(cao, actor):
    house_words.add_word(actor=actor, word="甲词", severity="block", source="店内约定", now=NOW)
    older = lexicon_versions.versions().first().number
    house_words.add_word(actor=actor, word="乙词", severity="block", source="店内约定", now=NOW)
    shown = page_of(cao.post(reverse("compliance:word-trial"), {"text": "<b>乙词</b>", "surface": "title", "number": older}))
    assert shown.count("不能用") >= 1 and f"第 {older} 版" in shown and "只用随程序来的词库" in shown
    assert "<b>乙词</b>" not in shown  # nothing typed is ever markup
    assert not ScreenedText.objects.exists()


def test_who_only_writes_may_look_and_try_and_change_nothing(client, shop, actor):
    word = house_words.add_word(actor=actor, word="甲词", severity="block", source="店内约定", now=NOW)
    client.force_login(make_person("host", "host", shop=shop))
    for name in ("compliance:words", "compliance:word-versions", "compliance:word-trial"):
        assert "停用" not in page_of(client.get(reverse(name)))
    before = LexiconVersion.objects.count()
    for address, body in (
        (reverse("compliance:words"), {**SAID, "do": "publish"}), (reverse("compliance:words"), {**SAID, "do": "try"}),
        (reverse("compliance:word-edit", args=[word.pk]), {**SAID, "reason": "x"}), (reverse("compliance:word-retire", args=[word.pk]), {}),
        (reverse("compliance:word-roll-back", args=[0]), {"reason": "x"}),
    ):  # fmt: skip
        assert client.post(address, body).status_code == 403
    assert (LexiconVersion.objects.count(), HouseWord.objects.filter(retired_at=None).count()) == (before, 1)


def test_a_file_of_words_is_one_version_and_what_cannot_be_taken_waits(owner, shop):
    header = ["敏感词", "处理", "依据", "替换为", "用途"]
    rows = [
        ["隔壁家", "不能用", "店内约定", "别处", "话术、客服回复"], ["转运珠", "白名单", "品名", "", "全部"], ["怪词", "不知道", "x", "", ""],
        ["又一词", "审核", "x", "", "墙上"],
    ]  # fmt: skip
    run_import("house_words", csv_bytes(header, rows), shop, actor=owner)
    kept = {one.word: (one.severity, one.suggestion, one.surfaces) for one in HouseWord.objects.all()}
    assert kept == {"隔壁家": ("block", "别处", ["script", "reply"]), "转运珠": ("innocent", "", ["title", "detail", "script", "chat", "reply"])}
    assert QuarantinedRow.objects.count() == 2
    assert [(one.deed, len(one.words)) for one in lexicon_versions.versions()] == [("import", 2)]
    run_import("house_words", csv_bytes(header, rows[:2]), shop, actor=owner, name="again.csv")
    assert LexiconVersion.objects.count() == 1  # nothing new in it


def caller(account, *roles):
    """Headers of a script with a token that may no more than somebody of these roles."""
    owner, alike = make_actor(f"{account}-boss", "owner"), make_actor(account, *roles)
    return {"HTTP_AUTHORIZATION": f"Bearer {make_token(actor=owner, title='脚本', abilities=list(alike.abilities), now=NOW)}"}


def test_words_are_edited_compared_and_brought_back_over_json(client, actor):
    word = house_words.add_word(actor=actor, word="甲词", severity="block", source="店内约定", now=NOW)
    first = lexicon_versions.versions().first().number
    body = {"severity": "review", "source": "店内约定", "reason": "太严"}
    base, may, may_not = "/api/v1/compliance", caller("script", "compliance"), caller("looker", "host")
    back = f"{base}/lexicon-versions/{first}/roll-back"

    def send(verb, address, said, headers, key):
        return getattr(client, verb)(address, said, content_type="application/json", **headers, HTTP_IDEMPOTENCY_KEY=key)

    assert send("put", f"{base}/words/{word.pk}", body, may_not, "a").status_code == 403
    assert send("put", f"{base}/words/{word.pk}", body, may, "b").json()["severity"] == "review"
    assert client.get(f"{base}/lexicon-versions", **may).json()["items"][0]["reason"] == "太严"
    changes = client.get(f"{base}/lexicon-versions/difference", {"older": first, "newer": first + 1}, **may).json()
    assert [(one["word"], one["sort"], one["before"]["severity"], one["after"]["severity"]) for one in changes] == [("甲词", "changed", "block", "review")]
    assert send("post", back, {"reason": "x"}, may_not, "c").status_code == 403
    assert HouseWord.objects.get(retired_at=None).severity == "review"
    answer = send("post", back, {"reason": "还是要禁"}, may, "d")
    assert (answer.status_code, answer.json()["number"]) == (201, first + 2)
    assert HouseWord.objects.get(retired_at=None).severity == "block"
