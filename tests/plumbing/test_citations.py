"""Grounds in English."""

from __future__ import annotations

import pytest
from django.utils import translation

from kaibo.plumbing.citations import advised, cited, glossed, in_both, objected, objections
from kaibo.plumbing.listed import clauses, listed, named

LAW = "化妆品监督管理条例第十六条、第三十条（特殊化妆品须注册）；广告法第九条第三项"


@pytest.mark.parametrize(
    ("source", "english"),
    [
        (LAW, "Cosmetics Regulation art. 16, art. 30 (special cosmetics must be registered); Advertising Law art. 9 item 3"),
        ("消费者权益保护法实施条例", "Regulation implementing the Consumer Law"),
        ("CMP-1、CMP-2", "CMP-1, CMP-2"),
        ("店内约定", "店内约定"),
        ("", ""),
    ],
)
def test_a_ground_is_cited_in_the_readers_language(source, english):
    with translation.override("en"):
        assert cited(source) == english
    with translation.override("zh-hans"):
        assert cited(source) == source


def test_words_are_parted_as_the_language_parts_them():
    with translation.override("en"):
        assert (listed("ab"), clauses("ab"), named("a", "b")) == ("a, b", "a; b", "a: b")
    with translation.override("zh-hans"):
        assert (listed("ab"), clauses("ab"), named("a", "b")) == ("a、b", "a；b", "a：b")


class Hit:
    text, source = "最好", "广告法第九条第三项"


def test_advice_and_what_a_replacement_means_are_read_in_english_only_by_those_who_read_english():
    with translation.override("en"):
        assert advised("删去") == "Delete"
        assert (glossed("好"), objected("absolute")) == ("good", "claims to be the best, first or only")
        assert advised("别处") == "别处", "a house's own words stay"
    with translation.override("zh-hans"):
        assert (advised("删去"), glossed("好"), objected("absolute")) == ("删去", "", "")


def test_an_error_holds_its_grounds_in_both_languages():
    assert objections([Hit, Hit]) == {
        "hits": "“最好”（广告法第九条第三项）、“最好”（广告法第九条第三项）", "hits_en": "“最好” (Advertising Law art. 9 item 3), “最好” (Advertising Law art. 9 item 3)",
    }
    assert in_both("广告法第二十八条", "删去") == {"source": "广告法第二十八条", "suggestion": "删去", "source_en": "Advertising Law art. 28", "suggestion_en": "Delete"}
