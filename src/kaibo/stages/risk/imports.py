"""Mentions as monitoring tools and people export them: one row a post or comment."""

from __future__ import annotations

from kaibo.plumbing.intake.cells import moment, text
from kaibo.plumbing.intake.kinds import Column, ImportContext, ImportKind, Outcome, ParsedRow, Refused
from kaibo.stages.risk import services
from kaibo.stages.risk.permissions import IMPORT
from kaibo.stages.risk.services import Told


def apply(context: ImportContext, rows: list[ParsedRow]) -> list[Outcome]:
    """This function will take a batch of mentions; what names neither shop nor goods waits, so that a watch word can be added."""
    assert context.shop_id is not None
    told = [
        Told(row.get("platform") or context.platform or "", row.get("author") or "", row["text"], row.get("url") or "", row.get("posted_at") or context.now)
        for row in rows
    ]
    names = services.names_of_shop(context.shop_id)
    outcomes = services.take_mentions(shop_id=context.shop_id, told=told, names=names, now=context.now)
    not_ours = Refused(
        "risk.not_about_us", "没有提到店铺或商品；如果是在说我们，请先加监看词再重新导入", "It names neither the shop nor its goods; add a watch word if it means us", "text"
    )
    return [not_ours if outcome is None else outcome for outcome in outcomes]


MENTIONS = ImportKind(
    key="mentions",
    title_zh="舆情（提及）",
    title_en="Mentions",
    ability=IMPORT,
    needs_shop=True,
    columns=(
        Column("platform", "平台", ("来源平台", "来源", "渠道", "媒体"), parse=text),
        Column("author", "作者", ("用户", "昵称", "发布者", "账号", "作者昵称"), parse=text, personal=True),
        Column("text", "内容", ("正文", "评论内容", "原文", "全文", "标题/微博内容", "笔记内容"), required=True, parse=text),
        Column("url", "链接", ("网址", "URL", "原文链接", "地址"), parse=text),
        Column("posted_at", "发布时间", ("时间", "日期", "评论时间"), parse=moment),
    ),
    apply=apply,
    row_key=("platform", "url", "author", "text"),
    sample_rows=(
        {"平台": "小红书", "作者": "爱穿羊毛的小陈", "内容": "林夏的衣橱那件双面呢外套，穿两次就起球，客服还不回，准备投诉", "链接": "https://www.example.com/note/1", "发布时间": "2026-11-22 19:40:00"},
    ),
)  # fmt: skip
