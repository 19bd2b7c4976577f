"""What the packaged rules say has an English reading."""

from __future__ import annotations

import re

import pytest

from kaibo.language.lexicon import packaged_lexicon
from kaibo.language.readings import advice_in_english, ground_in_english, kind_in_english, meaning_in_english, readings

HAN = re.compile("[\u3400-\u9fff]")
UNQUOTED = re.compile("“[^”]*”")


def entries():
    lexicon = packaged_lexicon()
    return [*lexicon.words, *(entry for _, entry in lexicon.patterns)]


def test_every_ground_of_the_lexicon_is_cited_without_chinese():
    assert sorted({one.source for one in entries() if HAN.search(ground_in_english(one.source))}) == []


def test_every_advice_of_the_lexicon_has_an_english_reading_that_quotes_only_what_is_to_be_written():
    given = {one.suggestion: advice_in_english(one.suggestion) for one in entries()}
    assert sorted(zh for zh, en in given.items() if zh == en or HAN.search(UNQUOTED.sub("", en))) == []


def test_every_replacement_and_every_kind_of_the_lexicon_says_what_it_means():
    assert sorted({one.instead for one in entries() if one.instead and not meaning_in_english(one.instead)}) == []
    assert sorted({one.kind for one in entries() if not kind_in_english(one.kind)}) == []


def test_no_reading_is_left_of_a_text_that_went():
    spoken = {one.suggestion for one in entries()} | {"换一种说法"}
    assert sorted(set(readings()["suggestions"]) - spoken) == []
    assert sorted(set(readings()["rewrites"]) - {one.instead for one in entries()}) == []


@pytest.mark.parametrize("said", ["店内约定：不提同行", ""])
def test_what_a_house_wrote_keeps_its_words(said):
    assert (advice_in_english(said), meaning_in_english(said), kind_in_english(said)) == (said, "", "")
