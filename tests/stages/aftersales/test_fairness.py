"""Nothing is ever offered in return for a review, however it is written."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kaibo.stages.aftersales import fairness, review_calls, rules

TIED = [
    "退您全款，您把差评删了吧", "给个五星好评返10元", "删 * 除 评 价 后补偿50元", "不用担心，删掉评价就给您退款", "请刪除差評", "评价改一下可以吗", "帮忙改成好评",
    "把评论撤了再退", "方便的话追加一条好评哦", "如果满意麻烦给我们点个赞", "不能退款除非删掉差评", "别忘了给个好评", "不删差评不退", "改成５星", "差评\u200b帮忙删\u200b一下",
    "Please delete your review and we refund", "we cannot refund unless you remove the review", "五星返现", "无需修改评价。评价改一下可以吗", "把差评删了。运费由您出",
]  # fmt: skip
FREE = [
    "不以删改评价为条件", "您的评价由您决定，补偿都一样", "无需修改评价", "衣服给您换一件新的，运费我们出", "删改评价与补偿无关", "您可以保留评价，我们照样退款", "收到差评我们很重视",
    "改善评价体系", "我们不能要求您删评价", "no need to change your review", "we refund; your review is yours to keep", "好评不是条件",
]  # fmt: skip


@pytest.mark.parametrize("text", TIED)
def test_a_tie_is_found(text):
    assert fairness.ties_in(text), text


@pytest.mark.parametrize("text", FREE)
def test_what_ties_nothing_is_left_alone(text):
    assert fairness.ties_in(text) == [], text


@given(st.sampled_from(TIED), st.sampled_from(FREE), st.text(alphabet="您好 的衣服退款换货运费，。", max_size=30))
def test_a_tie_is_found_wherever_it_stands_and_shown_where_it_is(tied, free, between):
    text = f"{free}。{between}。{tied}"
    found = fairness.ties_in(text)
    assert found
    assert all(text[one.start : one.end] == one.text for one in found)


def test_the_words_kaibo_brings_tie_nothing():
    brought = [words for level in rules.LEVELS.values() for pair in (*level.steps, *level.phrases) for words in pair]
    brought += [words for part in review_calls.AGENDA for pair in part.say for words in pair]
    for words in brought:
        fairness.refuse_tied(words)


def test_a_refusal_names_the_words_and_the_law():
    with pytest.raises(fairness.ReviewTied) as refused:
        fairness.refuse_tied("给您补偿 20 元", "删掉差评就退")
    assert "删掉差评" in refused.value.message("zh") and "17 条" in refused.value.message("zh")
