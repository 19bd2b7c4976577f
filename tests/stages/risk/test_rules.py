"""What makes a mention burn."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kaibo.language.themes import default_reader
from kaibo.stages.risk.rules import STEPS, Name, State, assess, pieces, what_to_say

NAMES = [Name("林夏的衣橱"), Name("双面呢外套", "p1")]


def of(text: str):
    return assess(text, names=NAMES, reader=default_reader())


@pytest.mark.parametrize(
    ("text", "severity", "theme"),
    [
        ("林夏的衣橱买的衣服，穿了全身过敏起红疹", "critical", "safety"), ("双面呢外套是假货，退一赔三", "critical", "fake"),
        ("林夏的衣橱不退钱，已经打12315投诉", "high", "authority"), ("双面呢外套穿两次就起球", "normal", "fabric"),
    ],
)  # fmt: skip
def test_a_complaint_about_us_burns_as_bad_as_its_worst_word(text, severity, theme):
    found = of(text)
    assert (found.is_ours, found.is_negative, found.severity) == (True, True, severity)
    assert theme in found.themes


@pytest.mark.parametrize("text", ["林夏的衣橱的双面呢外套真好看，暖和", "双面呢外套敏感肌穿了没有过敏", "双面呢外套会过敏吗？", "林夏的衣橱今晚开播"])
def test_praise_denial_and_questions_do_not_burn(text):
    found = of(text)
    assert (found.is_ours, found.is_negative, found.severity) == (True, False, "")


def test_a_word_denied_once_and_said_once_burns():
    assert of("双面呢外套别人没有过敏，我穿了过敏，很难受").severity == "critical"


def test_what_names_neither_shop_nor_goods_is_not_ours():
    assert of("隔壁家的毛衣过敏了，避雷").is_ours is False


def test_a_mention_of_a_product_knows_which():
    assert of("双面呢外套起球").product_id == "p1"
    assert of("林夏的衣橱起球").product_id == ""


@given(st.text(alphabet="林夏的衣橱双面呢外套过敏投诉没有吗？，起球好", max_size=40))
def test_the_pieces_of_a_text_are_the_text(text):
    found = of(text)
    hits = [{"start": one.start, "end": one.end, "kind": one.kind} for one in found.hits]
    assert "".join(piece for piece, _kind in pieces(text, hits)) == text
    assert all(text[one.start : one.end] for one in found.hits)


def test_the_gravest_matter_decides_what_to_say():
    say, do, title = what_to_say(["authority", "safety", "fabric"])
    assert "就医凭证" in str(say)
    assert (len(do), str(title)) == (3, "人身与食品安全")
    assert "退换" in str(what_to_say(["fabric"])[0])


def test_what_we_propose_to_say_passes_our_own_screening():
    from kaibo.language.screening import default_screener

    for themes in (["safety"], ["fake"], ["authority"], []):
        assert default_screener().screen(str(what_to_say(themes)[0]), "reply").verdict != "block"


def test_nothing_closes_before_it_was_answered():
    assert not STEPS.allows(State.NEW, State.CLOSED)
    assert not STEPS.allows(State.ANSWERING, State.CLOSED)
    assert STEPS.is_final(State.CLOSED)
