"""Grounds in English."""

from __future__ import annotations

import pytest
from django.utils import translation

from kaibo.plumbing.citations import cited
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
