"""How the host's words are read across line borders, and what a poll or a reply must be. No database."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kaibo.language.questions import alike_one, gist, is_alike, is_question
from kaibo.language.screening import default_screener
from kaibo.stages.live.talk_rules import PollWrong, ReplyWrong, SayingEmpty, check_keywords, check_poll, check_saying, heard, spoken_words


def screen(text):
    return default_screener().screen(text, "script", "服装").hits


def texts(found):
    return [hit.text for hit in found.hits]


def test_a_word_cut_by_the_recogniser_is_found_across_the_border():
    assert texts(heard("", "这款面料是国家", screen)) == []
    found = heard("这款面料是国家", "级的品质", screen)
    assert (texts(found), found.hits[0].start, found.hits[0].end) == (["国家级"], -2, 1)


def test_a_word_of_the_line_before_is_not_found_again():
    assert texts(heard("", "这是国家级的", screen)) == ["国家级"]
    again = heard("这是国家级的", "面料", screen)
    assert (texts(again), again.standing) == ([], frozenset({(2, 5)}))


def test_what_the_next_line_shows_to_be_innocent_no_longer_stands():
    assert texts(heard("", "我们家面料最", screen)) == ["最"]
    assert (5, 6) not in heard("我们家面料最", "后再说", screen).standing


@given(st.text(alphabet="这款面料很好国家级最后第一次穿", max_size=20), st.text(alphabet="国家级最好后第一面料", max_size=12))
def test_places_point_at_the_words_themselves(before, text):
    for hit in heard(before, text, screen).hits:
        assert (before + text)[len(before) + hit.start : len(before) + hit.end] == hit.text
        assert hit.end > 0


@pytest.mark.parametrize(("text", "words"), [("", 0), ("这件 599 元", 4), ("xl 码有货", 4), ("，。！", 0), ("3.5 折", 2)])
def test_spoken_words_are_counted(text, words):
    assert spoken_words(text) == words


def test_a_poll_has_two_to_six_different_options():
    assert check_poll("  先讲 哪个 ", ["雾蓝", "", " 燕麦 "], 3) == ("先讲 哪个", ("雾蓝", "燕麦"))
    for title, options, minutes in (
        ("", ["a", "b"], 3), ("?", ["a"], 3), ("?", ["a", "a"], 3), ("?", list("abcdefg"), 3), ("?", ["a", "b" * 21], 3), ("?", ["a", "b"], 0), ("?", ["a", "b"], 61), ("题" * 61, ["a", "b"], 3),
    ):  # fmt: skip
        with pytest.raises(PollWrong):
            check_poll(title, options, minutes)


def test_keywords_are_few_and_not_too_short():
    assert check_keywords(["尺码", " 尺码", "XL 码"], 60) == ("尺码", "xl 码")
    for words, pause in (([], 60), (["码"], 60), (["一二"] * 1 + [f"词{n}" for n in range(5)], 60), (["尺码"], 9)):
        with pytest.raises(ReplyWrong):
            check_keywords(words, pause)


def test_a_saying_is_neither_empty_nor_endless():
    assert check_saying(" 你好  呀 ") == "你好 呀"
    for text in ("", "  ", "长" * 201):
        with pytest.raises(SayingEmpty):
            check_saying(text)


@pytest.mark.parametrize(
    ("text", "asks"),
    [("155斤穿什么码", True), ("有黑色吗", True), ("多少钱", True), ("什么时候发货", True), ("怎么这么好看", False), ("好看", False), ("拍了两件", False), ("？", False), ("姐妹们好吗", False)],
)
def test_questions_are_told_from_other_talk(text, asks):
    assert is_question(text) is asks


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("这个多少钱？", "多少钱啊主播", True), ("起球吗", "会不会起球", True), ("可以机洗吗", "这件能机洗吗", True), ("155斤穿什么码", "160斤穿什么码", False),
        ("黑色还有吗", "白色还有吗", False), ("会掉色吗", "起球吗", False), ("有没有黑色", "黑色还有吗", True), ("能开发票吗", "什么时候下播", False),
    ],
)  # fmt: skip
def test_questions_that_ask_the_same_are_put_together(one, other, same):
    assert is_alike(gist(one), gist(other)) is same


@given(st.text(max_size=40))
def test_every_question_asks_the_same_as_itself(text):
    assert alike_one(gist(text), [gist(text)]) == 0
