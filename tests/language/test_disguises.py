"""CMP-7: words hidden from lists are found where they stand; ordinary words that sound or look alike are left in peace."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kaibo.cli.benches.evasions import EVASIONS, is_found, variants
from kaibo.cli.benches.screening import large_lexicon
from kaibo.language.anchors import anchors_of, fewest_digits
from kaibo.language.disguises import is_pinyin, stands_alone
from kaibo.language.lexicon import packaged_lexicon
from kaibo.language.normaliser import normalise
from kaibo.language.screening import Screener, default_screener
from kaibo.language.tables import splits
from tests.corpora import shared_data


def found(text, surface="detail"):
    return [(hit.text, hit.disguise) for hit in default_screener().screen(text, surface).hits]


@pytest.mark.parametrize(
    ("text", "said", "how"),
    [
        ("国佳级面料", "国佳级", "sound"),
        ("guo jia ji面料", "guo jia ji", "pinyin"),
        ("国jia级好物", "国jia级", "pinyin"),
        ("最女子的", "最女子", "split"),
        ("加薇倍领券", "加薇倍", "look"),
        ("第①品牌", "第①品牌", ""),
        ("国“家”级", "国“家”级", ""),
        ("ТОР1爆款", "ТОР1", ""),
    ],
)
def test_each_way_of_hiding_is_seen_through_and_named(text, said, how):
    assert (said, how) in [(one[: len(said)], way) for one, way in found(text)]


@pytest.mark.parametrize("text", ["质地一般", "第1次买", "第12章", "16寸屏幕", "大码卫衣", "女子运动鞋", "very nice women shoes", "日月潭", "低级错误"])
def test_what_only_sounds_or_looks_so_is_left_in_peace(text):
    assert [one for one in found(text) if one[1]] == []


def test_a_digit_of_a_longer_number_is_no_word():
    assert found("排名第15") == []
    assert [one for one, _ in found("排名第1")] == ["排名第1"]


def test_characters_a_word_needs_do_not_stand_alone():
    assert not stands_alone("质地一般", 1, 3)
    assert stands_alone("第衣品牌", 0, 2)


def test_letters_are_syllables_or_not():
    assert is_pinyin("guojiaji") and is_pinyin("") and not is_pinyin("pvc")


def test_a_pattern_names_what_each_of_its_matches_holds():
    for pattern, _ in packaged_lexicon().patterns:
        assert anchors_of(pattern) or fewest_digits(pattern) >= 5, pattern.pattern
    assert splits()["弓虽"] == "强"


@pytest.mark.parametrize("evasion", EVASIONS)
def test_each_class_of_evasion_is_found_as_often_as_it_should(evasion):
    made = variants(default_screener(), evasion, count=120, seed=77)
    lost = [one.text for one in made if not is_found(default_screener(), one)]
    assert len(made) >= 40
    assert 1 - len(lost) / len(made) >= EVASIONS[evasion][1] - 0.02, lost


MIXED = "最第一①壹好国家级佳薇信微加女子弓虽 ★-\u200b，。1.%+ＶAaguojijaw頂級後𠮷é\ufe0f\n“”《》…㎏Тο嘴罪三天瘦5斤治疗见效"


@settings(max_examples=80, deadline=None)
@given(st.lists(st.text(alphabet=st.sampled_from(MIXED), max_size=30), max_size=12), st.sampled_from(["title", "chat", "detail"]))
def test_many_at_once_are_screened_as_each_alone(texts, surface):
    screener = default_screener()
    assert screener.screen_many(texts, surface) == [screener.screen(text, surface) for text in texts]
    for text in texts:
        for hit in screener.screen(text, surface).hits:
            assert text[hit.start : hit.end] == hit.text


@pytest.mark.parametrize("text", ["3…5国佳级产品", "加薇信1…2国佳级", "1…2薇信弓虽女子", "…国佳级…"])
def test_dots_between_digits_do_not_move_what_is_found_behind_them(text):
    screener = default_screener()
    assert screener.screen_many([text, "好", text]) == [screener.screen(one) for one in (text, "好", text)]
    assert any("国佳级" in hit.text for hit in screener.screen(text).hits) == ("国佳级" in text)


@pytest.mark.parametrize(("written", "word"), [("躺著賺錢", "躺着赚钱"), ("瞞著爸媽", "瞒着爸妈"), ("加ⅴ信", "加v信"), ("五星返现", "五星返现"), ("Ⅴ星返现", "五星返现")])
def test_a_character_with_two_meanings_is_compared_as_the_words_write_it(written, word):
    assert [hit.kind for hit in default_screener().screen(written).hits] == [hit.kind for hit in default_screener().screen(word).hits] != []


def test_a_word_of_sentences_keeps_its_traditional_form():
    assert normalise("著名商标").text == "著名商标"


def test_hidden_words_are_found_among_many_as_alone():
    screener = default_screener()
    texts = [one.text for evasion in EVASIONS for one in variants(screener, evasion, count=40, seed=5)]
    assert screener.screen_many(texts) == [screener.screen(text) for text in texts]


@pytest.mark.corpus
def test_real_reviews_are_screened_at_once_as_each_alone_and_hardly_any_is_blocked_for_a_disguise():
    lines = shared_data("reviews_waimai_10k/waimai_10k.csv").read_text("utf-8").splitlines()[1::8]
    screener = default_screener()
    alone = [screener.screen(line, "detail") for line in lines]
    assert screener.screen_many(lines, "detail") == alone
    blocked = [hit.text for one in alone for hit in one.hits if hit.disguise and hit.severity == "block"]
    assert len(lines) > 1_000 and len(blocked) / len(lines) <= 0.002, blocked


@pytest.mark.corpus
def test_a_large_lexicon_screens_at_once_as_each_alone():
    words = shared_data("sensitive_lexicon/konsheng_补充词库.txt").read_text("utf-8", errors="replace").splitlines()
    lexicon = large_lexicon(words)
    screener = Screener(replace(lexicon, words=lexicon.words[:3_000]))
    lines = shared_data("reviews_waimai_10k/waimai_10k.csv").read_text("utf-8").splitlines()[1::40]
    assert screener.screen_many(lines, "chat") == [screener.screen(line, "chat") for line in lines]


def test_a_long_hostile_text_costs_its_length():
    # Counted in hits rather than in seconds: every place is one, none is lost, and they do not overlap.
    text = "国家国家级最最最弓虽女子guojiaji" * 500
    hits = default_screener().screen(text, "detail").hits
    assert len(hits) == 3 * 500
    assert all(left.end <= right.start for left, right in zip(hits, hits[1:], strict=False))
