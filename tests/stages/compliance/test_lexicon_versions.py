"""The house's words as versions: made, compared, brought back, tried before they are published, and read again after (CMP-4)."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from django.db import connection, connections

from kaibo.kit.errors import Forbidden, KaiboError
from kaibo.language.lexicon import packaged_lexicon
from kaibo.plumbing.audit.models import AuditRow
from kaibo.plumbing.notices.models import Notice
from kaibo.room import moderation
from kaibo.stages.compliance import house_words, lexicon_trials, lexicon_versions, queries, services
from kaibo.stages.compliance.house_words import Wording
from kaibo.stages.compliance.models import HouseWord, LexiconSweep, LexiconVersion, ScreenedText
from tests.make.compliance import NOW
from tests.make.goods import make_product
from tests.make.people import make_actor, make_person

pytestmark = pytest.mark.django_db


@pytest.fixture
def cao(shop):
    return make_actor("cao", "compliance", shop=shop)


def add(actor, word, severity="block", **more):
    return house_words.add_word(actor=actor, word=word, severity=severity, source="店内约定", now=NOW, **more)


def published():
    with connection.cursor() as cursor:
        return {one["word"]: one["severity"] for one in moderation.house_words(cursor)}


def number():
    return lexicon_versions.versions().first().number


def code_of(deed, **values):
    with pytest.raises(KaiboError) as refused:
        deed(**values)
    return refused.value.code


def test_each_change_is_a_version_with_its_author_reason_and_the_whole_list(cao):
    word = add(cao, "隔壁家", reason="同行投诉过")
    house_words.edit_word(actor=cao, word_id=word.pk, wording=Wording("review", "店内约定", "别家"), reason="太严了", now=NOW)
    house_words.retire_word(actor=cao, word_id=word.pk, now=NOW, reason="不用了")
    house_words.bring_back_word(actor=cao, word_id=word.pk, now=NOW)
    kept = list(lexicon_versions.versions())
    assert [(one.deed, one.reason, one.made_by, len(one.words)) for one in kept] == [
        ("bring_back", "恢复“隔壁家”", "Cao", 1), ("retire", "不用了", "Cao", 0), ("edit", "太严了", "Cao", 1), ("add", "同行投诉过", "Cao", 1),
    ]  # fmt: skip
    assert [one.number for one in kept] == list(range(kept[0].number, kept[0].number - 4, -1))
    assert [one.packaged for one in kept] == [packaged_lexicon().version] * 4
    assert published() == {"隔壁家": "review"}


def test_an_edited_word_judges_by_its_new_wording_and_its_proposal_can_be_pasted(cao):
    word = add(cao, "隔壁家")
    house_words.edit_word(actor=cao, word_id=word.pk, wording=Wording("review", "店内约定", "别的店", ("script",)), reason="口播可商量", now=NOW)
    assert queries.screen_now("隔壁家没有", surface="title", category="").verdict == "pass"
    hit = queries.screen_now("隔壁家没有", surface="script", category="").hits[0]
    assert (hit.severity, hit.rewrite) == ("review", "别的店")
    assert code_of(house_words.edit_word, actor=cao, word_id=word.pk, wording=Wording("review", "店内约定"), reason=" ", now=NOW) == "compliance.change_reason_missing"
    assert code_of(house_words.edit_word, actor=cao, word_id=word.pk, wording=Wording("grave", "店内约定"), reason="x", now=NOW) == "compliance.severity_unknown"
    house_words.retire_word(actor=cao, word_id=word.pk, now=NOW)
    assert code_of(house_words.edit_word, actor=cao, word_id=word.pk, wording=Wording("block", "店内约定"), reason="x", now=NOW) == "compliance.word_unknown"


def test_two_versions_differ_by_what_came_went_and_changed(cao):
    stays, changed, goes = (add(cao, word) for word in ("甲词", "乙词", "丙词"))
    older = number()
    house_words.edit_word(actor=cao, word_id=changed.pk, wording=Wording("review", "店内约定"), reason="放宽", now=NOW)
    house_words.retire_word(actor=cao, word_id=goes.pk, now=NOW)
    add(cao, "丁词")
    changes = lexicon_versions.difference(lexicon_versions.words_of(older), lexicon_versions.words_of(number()))
    assert [(one.sort, one.word) for one in changes] == [("new", "丁词"), ("changed", "乙词"), ("gone", "丙词")]
    assert (changes[1].before["severity"], changes[1].after["severity"]) == ("block", "review")
    assert lexicon_versions.difference(lexicon_versions.words_of(0), lexicon_versions.words_of(older))[0].sort == "new"
    assert stays.word not in {one.word for one in changes}


def test_the_same_press_twice_makes_one_version(cao):
    word = add(cao, "甲词")
    older = number()
    wording = Wording("review", "店内约定", "别的店")
    house_words.edit_word(actor=cao, word_id=word.pk, wording=wording, reason="放宽", now=NOW)
    assert code_of(house_words.edit_word, actor=cao, word_id=word.pk, wording=wording, reason="放宽", now=NOW) == "compliance.nothing_changes"
    house_words.roll_back(actor=cao, number=older, reason="改错了", now=NOW)
    assert code_of(house_words.roll_back, actor=cao, number=older, reason="改错了", now=NOW) == "compliance.nothing_changes"
    assert number() == older + 2
    assert AuditRow.objects.filter(deed__in=["compliance:word:edit", "compliance:word:roll_back"]).count() == 2


def test_a_word_that_came_back_otherwise_is_named_when_it_stands_already(cao):
    gone = add(cao, "甲词")
    house_words.retire_word(actor=cao, word_id=gone.pk, now=NOW)
    add(cao, "甲词")
    with pytest.raises(house_words.WordTaken) as refused:
        house_words.bring_back_word(actor=cao, word_id=gone.pk, now=NOW)
    assert refused.value.message("zh") == "“甲词”已在自己的词库里"


def test_rolling_back_puts_an_earlier_list_into_force_as_a_new_version(cao):
    first = add(cao, "甲词", suggestion="甲甲")
    older = number()
    house_words.edit_word(actor=cao, word_id=first.pk, wording=Wording("review", "店内约定"), reason="放宽", now=NOW)
    add(cao, "乙词")
    house_words.retire_word(actor=cao, word_id=first.pk, now=NOW)
    made = house_words.roll_back(actor=cao, number=older, reason="改错了", now=NOW)
    assert made == number() == older + 4
    assert published() == {"甲词": "block"}
    assert lexicon_versions.difference(lexicon_versions.words_of(older), lexicon_versions.words_of(made)) == []
    assert queries.screen_now("乙词", surface="title", category="").verdict == "pass"
    assert house_words.roll_back(actor=cao, number=0, reason="清空", now=NOW) == made + 1
    assert published() == {} and not HouseWord.objects.filter(retired_at=None).exists()
    assert code_of(house_words.roll_back, actor=cao, number=10**9, reason="x", now=NOW) == "compliance.version_unknown"
    assert AuditRow.objects.filter(deed="compliance:word:roll_back").count() == 2


def test_nobody_without_the_ability_changes_tries_or_brings_back(cao, shop):
    word = add(cao, "甲词")
    before = number()
    host = make_actor("host", "host", shop=shop)
    for deed, values in (
        (house_words.edit_word, {"word_id": word.pk, "wording": Wording("review", "x"), "reason": "x", "now": NOW}),
        (house_words.retire_word, {"word_id": word.pk, "now": NOW}),
        (house_words.roll_back, {"number": 0, "reason": "x", "now": NOW}),
        (lexicon_trials.effect_of, {"words": []}),
    ):
        with pytest.raises(Forbidden):
            deed(actor=host, **values)
    assert number() == before and published() == {"甲词": "block"}


def test_what_a_change_would_judge_otherwise_is_told_before_it_is_published(cao, shop):
    for text in ("雪花绒外套", "雪花绒围巾", "羊毛围巾"):
        services.keep_screening(actor=cao, text=text, surface="title", category="", now=NOW, shop_id=shop.pk)
    with connection.cursor() as cursor:
        cursor.execute("insert into room.rooms (room, title, operator, host, company, state) values ('r1', 't', 'o', 'h', 'c', 'live') on conflict do nothing")
        cursor.execute(
            "insert into room.messages (message, room, visitor, nickname, text, verdict, sent_at) values"
            " (gen_random_uuid(), 'r1', 'v', '阿柚', '雪花绒好看', 'pass', now()), (gen_random_uuid(), 'r1', 'v', '阿柚', '好看', 'pass', now())"
        )
    before = LexiconVersion.objects.count()
    draft = {"word": "雪花绒", "severity": "block", "kind": "店内用语", "source": "x", "suggestion": "仿羊绒", "since": "2026-11-22", "surfaces": ["title", "chat"]}
    effect = lexicon_trials.effect_of(actor=cao, words=[draft])
    assert (effect.texts, effect.messages, effect.counts) == (3, 2, {("pass", "block"): 3})
    assert {(one.text, one.where) for one in effect.changed} == {("雪花绒外套", "title"), ("雪花绒围巾", "title"), ("雪花绒好看", "chat")}
    assert LexiconVersion.objects.count() == before and published() == {}
    assert lexicon_trials.effect_of(actor=cao, words=[]).total == 0


def test_a_text_is_tried_against_any_version_without_being_kept(cao):
    add(cao, "甲词")
    older = number()
    add(cao, "乙词")
    tried = lexicon_trials.try_text(actor=cao, text="甲词和乙词", surface="title", category="", numbers=(0, older, number()))
    assert [(at, [hit.text for hit in screening.hits]) for at, screening in tried] == [(0, []), (older, ["甲词"]), (number(), ["甲词", "乙词"])]
    assert ScreenedText.objects.count() == 0
    with pytest.raises(lexicon_versions.VersionUnknown):
        lexicon_trials.try_text(actor=cao, text="甲", surface="title", category="", numbers=(10**9,))


def test_what_is_in_use_is_read_again_when_the_words_change_and_its_owners_are_told_once(cao, shop):
    owner = make_person("mi", "owner", shop=shop)
    product = make_product(shop, title="雪花绒外套")
    subject = f"product:{product.pk}/detail"
    kept = services.keep_screening(actor=cao, text="雪花绒面料", surface="detail", category="", now=NOW, subject=subject)
    other = services.keep_screening(actor=cao, text="羊毛面料", surface="detail", category="", now=NOW, subject=f"product:{product.pk}/script")
    assert lexicon_trials.sweep(NOW) == 0  # where it starts
    add(cao, "雪花绒", reason="绒不是羊绒")
    assert lexicon_trials.sweep(NOW) == 2  # the kept text and the product's title
    kept.refresh_from_db()
    again = ScreenedText.objects.get(subject=subject, state="open")
    assert (kept.state, kept.verdict, again.verdict, again.text) == ("replaced", "pass", "block", "雪花绒面料")
    assert again.lexicon_version.endswith(f"+{number()}") and again.screened_by == "开播"
    other.refresh_from_db()
    assert other.state == "clear" and other.lexicon_version == packaged_lexicon().version
    told = Notice.objects.filter(person_id=owner.pk, key__startswith="lexicon:")
    assert [(one.values["count"], one.state) for one in told] == [(2, "red")]
    assert lexicon_trials.sweep(NOW + timedelta(minutes=1)) == 0
    assert told.count() == 1 and LexiconSweep.objects.count() == 2


@pytest.mark.django_db(transaction=True)
def test_two_who_change_the_words_at_once_lose_neither_word(cao):
    together = threading.Barrier(2)

    def change(word):
        together.wait()
        add(cao, word)
        connections.close_all()

    threads = [threading.Thread(target=change, args=(word,)) for word in ("甲词", "乙词")]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert published() == {"甲词": "block", "乙词": "block"}
    assert [len(one.words) for one in lexicon_versions.versions()] == [2, 1]
