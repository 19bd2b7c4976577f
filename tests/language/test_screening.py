"""CMP-2, CMP-3, CMP-4: what is found, where it stands in the original, and what is left in peace."""

import csv

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kaibo.language.lexicon import packaged_lexicon, read_lexicon
from kaibo.language.screening import Screener, default_screener
from tests.corpora import shared_data


def found(text, **where):
    return [(hit.text, hit.start, hit.end) for hit in default_screener().screen(text, **where).hits]


def verdict(text, **where):
    return default_screener().screen(text, **where).verdict


@pytest.mark.parametrize(
    "text",
    [
        "国家级品质",
        "全网销量第一",
        "最安全的儿童椅",
        "NO.1 连衣裙",
        "史无前例的舒适",
        "顶级面料",
        "最帅的外套",
        "行业第一",
    ],
)
def test_absolute_terms_are_blocked_in_titles_with_the_article_of_the_law(text):
    screening = default_screener().screen(text)
    assert screening.verdict == "block"
    assert screening.hits[0].source == "广告法第九条第三项"
    assert screening.hits[0].suggestion
    assert screening.lexicon_version == "2026-11-22"


@pytest.mark.parametrize(
    "text",
    [
        "最后上架的几款",
        "最近天气转凉",
        "第一次穿羊毛",
        "第一天到货",
        "唯一的缺点是贵",
        "质量第一，服务第一",
        "100%棉 T恤",
        "最大承重50kg",
        "万能胶水",
        "统一老坛酸菜",
        "姓名牌定制",
        "完美日记口红",
        "内增高皮鞋",
        "招财猫摆件",
        "大麻花零食",
        "周转运输箱",
        "最高可减30",
    ],
)
def test_innocent_words_that_hold_a_forbidden_one_pass(text):
    assert found(text) == []


def test_an_innocent_word_shelters_only_what_lies_inside_it():
    assert found("最后一波最低价") == [("最后一波", 0, 4), ("最低价", 4, 7)]
    assert found("第一次买到全国第一") == [("全国第一", 5, 9)]


@pytest.mark.parametrize(
    ("text", "start", "end"),
    [
        ("国-家-级面料", 0, 5),
        ("质量 最 好 的", 3, 6),
        ("Ｎｏ．１连衣裙", 0, 4),
        ("面料最\u200b好", 2, 5),
        ("專櫃品質，頂級面料", 5, 7),
        ("第★一品牌", 0, 5),
        ("🎉🎉最佳搭配", 2, 4),
    ],
)
def test_disguised_words_are_found_where_they_stand_in_the_original(text, start, end):
    assert [hit[1:] for hit in found(text)] == [(start, end)]
    assert found(text)[0][0] == text[start:end]


def test_a_sentence_mark_parts_words_and_a_number_keeps_its_point():
    assert found("这是我最，好的") == [("最", 3, 4)]
    assert found("版本3.1的第.一次") == []


@pytest.mark.parametrize("text", ["三天瘦5斤", "7天美白", "一周见效", "月瘦20斤", "一个疗程见效"])
def test_promises_nobody_can_keep_are_blocked(text):
    assert verdict(text, surface="detail") == "block"


def test_medical_claims_are_blocked_but_for_medical_goods():
    assert verdict("专门治疗失眠", category="女装") == "block"
    assert verdict("专门治疗失眠", category="医疗器械") == "pass"
    assert verdict("草药治疗手册", category="图书") == "pass"


def test_a_category_word_is_blocked_in_its_category_and_nowhere_else():
    assert verdict("杀菌面膜", category="护肤") == "block"
    assert verdict("杀菌洗衣液", category="家清") == "pass"
    assert verdict("益智积木", category="玩具") == "pass"
    assert verdict("益智奶粉", category="奶粉") == "block"


def test_the_host_may_say_in_passing_what_a_title_may_not():
    assert verdict("这件我最帅", surface="title") == "block"
    assert verdict("这件我最帅", surface="script") == "review"
    assert verdict("这件我最帅", surface="chat") == "pass"


@pytest.mark.parametrize(
    "text", ["加我微信便宜", "+V信 领券", "加v: abcd1234", "微信号abcd_1234", "我的电话13800138000", "扣扣：38316122"]
)
def test_chat_that_leads_away_or_bares_a_number_is_blocked(text):
    assert verdict(text, surface="chat") == "block"


@pytest.mark.parametrize(
    "text", ["质量太差了骗人", "这个主播卖假货吧", "退款！垃圾", "最喜欢这件", "加微辣可以吗", "有没有+vip价"]
)
def test_complaints_and_talk_of_viewers_are_not_silenced(text):
    assert verdict(text, surface="chat") == "pass"


def test_the_specific_word_speaks_for_the_general_one():
    assert found("2026最新款") == [("最新款", 4, 7)]
    assert verdict("2026最新款") == "review"


def test_a_lighter_word_never_covers_a_grave_one_of_another_kind():
    group = {"source": "法", "suggestion": "改", "since": "2026-01-01"}
    lexicon = read_lexicon(
        [
            {
                "version": "t",
                "group": [
                    {**group, "kind": "light", "severity": "review", "words": ["甲乙丙"]},
                    {**group, "kind": "grave", "severity": "block", "words": ["乙"]},
                ],
            }
        ]
    )
    screening = Screener(lexicon).screen("甲乙丙")
    assert [(hit.kind, hit.start, hit.end) for hit in screening.hits] == [("grave", 1, 2)]


def test_letters_inside_a_longer_word_are_not_a_hit():
    assert found("SPF50 topaz1 stop1") == []
    assert found("爆款top1") == [("top1", 2, 6)]


def test_every_entry_is_complete_and_finds_itself_somewhere():
    lexicon, screener = packaged_lexicon(), default_screener()
    assert len(lexicon.words) > 300
    lost = []
    for entry in lexicon.words:
        assert entry.source and entry.suggestion and entry.severities
        category = next(iter(entry.only_in), "其他")
        surface = next(iter(entry.severities))
        if not screener.screen(entry.word, surface=surface, category=category).hits:
            lost.append(entry.word)
    assert lost == []


@given(st.text(alphabet=st.sampled_from("最第一好国家级 ★-\u200b，。1.%+加微信ＶAa頂級後𠮷é\ufe0f\n"), max_size=30))
def test_positions_always_point_into_the_original_and_never_overlap(text):
    hits = default_screener().screen(text).hits
    for hit in hits:
        assert 0 <= hit.start < hit.end <= len(text)
        assert text[hit.start : hit.end] == hit.text
    assert all(left.end <= right.start for left, right in zip(hits, hits[1:], strict=False))


def titles_of(path):
    title = []
    for line in path.read_text("utf-8").splitlines():
        if line.strip():
            title.append(line.rsplit(" ", 1)[0])
        elif title:
            yield "".join(title)
            title = []


@pytest.mark.corpus
def test_real_product_titles_are_rarely_objected_to():
    titles = list(titles_of(shared_data("ecommerce_title_ner/train.txt")))
    verdicts = [verdict(title) for title in titles]
    assert len(titles) > 5000
    assert verdicts.count("block") / len(titles) < 0.01
    assert verdicts.count("review") / len(titles) < 0.03


@pytest.mark.corpus
def test_real_live_chat_is_almost_never_blocked():
    with shared_data("live_danmaku/live_danmaku.csv").open(encoding="utf-8-sig") as file:
        texts = [row["text"] for row in csv.DictReader(file)]
    blocked = [text for text in texts if verdict(text, surface="chat") == "block"]
    assert len(texts) > 30_000
    assert len(blocked) <= 3, blocked


def test_what_is_forbidden_of_one_kind_of_goods_is_listed_by_its_law_the_own_laws_first():
    rules = default_screener().forbidden_in("护肤 面膜", "script")
    assert [(one.source.split("第")[0], one.is_own) for one in rules] == [("化妆品监督管理条例", True), ("广告法", False), ("广告法", False)]
    assert "药妆" in rules[0].words and "治疗" in rules[1].words
    coats = default_screener().forbidden_in("服装 外套", "script")
    assert {word for one in coats for word in one.words} >= {"治疗", "转运"}
    assert not {word for one in coats for word in one.words} & {"药妆", "减肥", "显瘦"}
    for rule in (*rules, *coats):  # each word of the list is one the screener objects to for these very goods
        category = "护肤 面膜" if rule in rules else "服装 外套"
        assert all(default_screener().screen(word, "script", category).verdict == "block" for word in rule.words), rule.source
    assert default_screener().forbidden_in(None, "script") == () == default_screener().forbidden_in("  ", "script")
    assert [one.source for one in default_screener().forbidden_in("药品 非处方", "script")] == ["广告法第九条第八项"]
