"""The category adviser and the reader of title words, on small made titles and on real ones that nobody trained on."""

from __future__ import annotations

import argparse

import pytest

from kaibo.cli.benches import category as bench
from kaibo.language.categories import CategoryAdviser, leaf_of
from kaibo.language.title_words import NamedWord, TitleReader, words_from_parts
from tests.corpora import shared_data

EXAMPLES = [
    ("羊毛双面呢外套女短款", "女装/毛呢外套"), ("手工双面呢大衣秋冬", "女装/毛呢外套"), ("小个子呢子大衣", "女装/毛呢外套"), ("羊绒围巾女冬季双色", "配饰/围巾"), ("加厚披肩围脖保暖", "配饰/围巾"),
    ("格子围巾男", "配饰/围巾"), ("直筒牛仔裤高腰显瘦", "女装/牛仔裤"), ("加绒牛仔裤女", "女装/牛仔裤"), ("阔腿牛仔长裤", "女装/牛仔裤"),
]


def test_a_title_is_advised_with_the_words_that_spoke_for_it():
    best = CategoryAdviser(EXAMPLES).advise("秋冬羊毛双面呢短大衣")[0]
    assert best.path == "女装/毛呢外套"
    assert "双面" in "".join(best.words) or "大衣" in "".join(best.words)
    assert 0 < best.share <= 1


def test_keywords_alone_are_a_cold_start_and_the_shops_titles_outweigh_them():
    keywords = {"配饰/围巾": ["围巾"], "家纺/被子": ["被子"]}
    assert CategoryAdviser((), keywords).advise("冬季羊绒围巾")[0].path == "配饰/围巾"
    taught = [(f"围巾毯{n}号盖被", "家纺/被子") for n in range(12)]
    assert CategoryAdviser(taught, keywords).advise("围巾毯七号盖被")[0].path == "家纺/被子"


def test_unknown_words_get_no_advice():
    assert CategoryAdviser(EXAMPLES).advise("zzz") == []
    assert CategoryAdviser().advise("围巾") == []


def test_shares_sum_to_one_and_learning_twice_is_the_same():
    one, other = (CategoryAdviser(EXAMPLES).advise("羊绒大衣", most=3) for _ in range(2))
    assert one == other
    assert sum(each.share for each in one) == pytest.approx(1.0)


def test_the_leaf_is_the_last_name_of_a_path():
    assert (leaf_of("女装 > 毛呢外套"), leaf_of("围巾")) == ("毛呢外套", "围巾")


def test_a_reader_learns_words_from_saved_titles():
    titles = [(f"{scene}{attribute}{core}", core, [attribute], [scene]) for scene in ("秋冬", "通勤", "居家") for attribute in ("羊毛", "短款", "加厚") for core in ("外套", "围巾", "毛衣")]
    reader = TitleReader((title, words_from_parts(title, core, attributes, scenes, "")) for title, core, attributes, scenes in titles)
    assert reader.read("居家羊毛围巾") == [NamedWord(0, 2, "scene"), NamedWord(2, 4, "attribute"), NamedWord(4, 6, "core")]


def test_overlapping_parts_of_a_title_keep_the_longest():
    assert words_from_parts("双面羊绒围巾", "羊绒围巾", ["羊绒"], [], "") == [NamedWord(2, 6, "core")]


@pytest.mark.corpus
def test_real_titles_that_were_held_out_are_advised_better_than_by_their_last_known_term(capsys):
    train = list(bench.read_titles(shared_data("ecommerce_title_ner/train.txt")))
    held = list(bench.read_titles(shared_data("ecommerce_title_ner/dev.txt")))
    bench._categories(train[:3_000], held)
    lines = [line for line in capsys.readouterr().out.splitlines() if "前一" in line]
    written, hidden = ([float(part.split("%")[0]) for part in line.replace("：", " ").replace("前一 ", "|").split("|")[1:]][0] for line in lines)
    assert written > 85
    assert hidden > 50


@pytest.mark.corpus
def test_the_bench_refuses_a_missing_file(tmp_path):
    assert bench.run(argparse.Namespace(train=tmp_path / "no", held_out=tmp_path / "no")) == 2
