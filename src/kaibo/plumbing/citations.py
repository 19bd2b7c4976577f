"""Grounds as the reader reads them: Chinese laws are cited by their article, in English by the name they are known by there."""

from __future__ import annotations

import re

from django.utils.translation import get_language, gettext

LAWS = {
    "互联网广告管理办法": "Internet Advertising Measures",
    "个人信息保护法": "Personal Information Protection Law",
    "人工智能生成合成内容标识办法": "Measures on Labelling AI-generated Content",
    "保健食品原料目录与保健功能目录": "Catalogue of Health Food Ingredients and Functions",
    "化妆品功效宣称评价规范": "Rules on Evaluating Cosmetic Claims",
    "化妆品分类规则和分类目录": "Cosmetics Classification Rules",
    "化妆品监督管理条例": "Cosmetics Regulation",
    "化妆品网络经营监督管理办法": "Measures on Selling Cosmetics Online",
    "反不正当竞争法": "Anti-Unfair Competition Law",
    "反电信网络诈骗法": "Anti-Telecom and Online Fraud Law",
    "商标法": "Trademark Law",
    "专利法": "Patent Law",
    "著作权法": "Copyright Law",
    "广告法": "Advertising Law",
    "广告绝对化用语执法指南": "Guide on Absolute Terms in Advertising",
    "明码标价和禁止价格欺诈规定": "Rules on Price Marking and Price Fraud",
    "未成年人保护法": "Law on the Protection of Minors",
    "治安管理处罚法": "Public Security Penalties Law",
    "消费者权益保护法实施条例": "Regulation implementing the Consumer Law",
    "消费者权益保护法": "Consumer Protection Law",
    "电子商务法": "E-Commerce Law",
    "电子烟管理办法": "E-Cigarette Measures",
    "直播电商监督管理办法": "Live-Commerce Measures",
    "网络信息内容生态治理规定": "Rules on Online Content",
    "网络反不正当竞争暂行规定": "Interim Rules against Unfair Competition Online",
    "网络直播营销管理办法": "Measures on Live Marketing",
    "规范促销行为暂行规定": "Interim Rules on Promotions",
    "防范和处置非法集资条例": "Regulation on Illegal Fundraising",
    "食品安全法": "Food Safety Law",
}
NOTES = {
    "（分类注册、备案）": " (registration or filing by class)", "（办理登记并公示，依法不需登记的除外）": " (register and show it, unless exempt)",
    "（保健食品注册或备案）": " (registration or filing of health food)", "（查验供货者许可证和合格证明）": " (check the supplier's licence and certificates)",
    "（特殊化妆品须注册）": " (special cosmetics must be registered)", "（保健食品注册或备案，功能须与之一致）": " (registration or filing of health food; claims must match it)",
    "（披露注册或备案信息）": " (show the registration or filing)", "（有奖销售）": " (prize sales)", "（试行）": " (trial)", "（2023年第6号）": " (2023 no. 6)",
    "（交易应在平台内完成）": " (deals stay on the platform)", "（赠品的品名、规格、数量）": " (name, size and number of gifts)", "：可用文献或实验室数据": ": literature or laboratory data will do",
    "：人体功效评价试验": ": test on people", "：人体试验或消费者使用测试": ": test on people or by consumers", "：禁止站外引流": ": no leading away from the platform",
    "平台规则": "platform rules", "客服规范": "service rules", "（条文未核实）": " (article not verified)",
}
_DIGITS = {one: place for place, one in enumerate("零一二三四五六七八九")}
_PARTS = {"条": "art.", "款": "para.", "项": "item"}
_PART = re.compile("第([零一二三四五六七八九十]+)([条款项])")


def cited(source: object) -> str:
    """This function will say a ground in the reader's language; what is neither translated nor a law keeps its words."""
    text = str(source)
    if not (get_language() or "").startswith("en"):
        return text
    said = gettext(text) if text else text
    if said != text:
        return said
    for words, english in (*NOTES.items(), *LAWS.items()):
        said = said.replace(words, english)
    said = _PART.sub(lambda part: f" {_PARTS[part[2]]} {_number(part[1])}", said)
    return re.sub(r" {2,}", " ", said.replace("、", ", ").replace("；", "; ").replace("（", " (").replace("）", ")")).strip()


def _number(written: str) -> int:
    """十二 is 12, 三十 is 30: articles end before a hundred."""
    tens, ten, ones = written.rpartition("十")
    if not ten:
        return _DIGITS[ones]
    return 10 * (_DIGITS[tens] if tens else 1) + (_DIGITS[ones] if ones else 0)
