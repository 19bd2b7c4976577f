"""
`GET /r/{room}/licence`: who sells here and by which papers 亮照, one press from the room, readable without any script.

Source: facts/law L2 (disclosure by the operator), L4 (电子商务法第十五条).
"""

from __future__ import annotations

from datetime import date
from html import escape
from typing import Any, NamedTuple

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from kaibo.kit.clock import business_date, utc_now
from kaibo.room.duties import LICENCE_FACTS
from kaibo.room.pages import Pages
from kaibo.room.rooms import AWAY, Pool, Rooms, RoomsAway

POLICY = "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'self'"
_WORDS = {
    "zh": {
        "page": "营业执照与许可信息", "back": "回到直播间", "other": "English", "other_href": "?lang=en", "operator": "经营者", "company": "公司全称", "licence": "统一社会信用代码",
        "company_type": "企业类型", "legal_person": "法定代表人（负责人）", "registered_capital": "注册资本", "registered_address": "住所（经营场所）",
        "host": "主播", "ai": "AI 数字人，并非真人", "contact": "联系方式", "service": "退换货与售后", "permits": "证照与许可", "number": "证号", "issuer": "发证机关", "until": "有效期至",
        "endless": "长期", "none": "没有需要另外公示的许可。", "missing": "经营者还没有填写", "ad": "广告", "ad_said": "本直播间推销商品，内容属于商业广告。",
        "source": "依据：电子商务法第十五条、网络交易监督管理办法第十二条、直播电商监督管理办法、广告法第十四条。信息由经营者登记，如有不符可在直播间“举报”。",
    },
    "en": {
        "page": "Licence and permits", "back": "Back to the room", "other": "中文", "other_href": "?lang=zh", "operator": "Operator", "company": "Company", "licence": "Unified social credit code",
        "company_type": "Type of company", "legal_person": "Legal representative", "registered_capital": "Registered capital", "registered_address": "Registered address",
        "host": "Host", "ai": "AI-generated, not a real person", "contact": "Contact", "service": "Returns and service", "permits": "Papers and permits", "number": "Number", "issuer": "Issued by", "until": "Valid until",
        "endless": "without end", "none": "No further permit has to be shown.", "missing": "not given by the operator yet", "ad": "Advertisement", "ad_said": "This room sells goods: what it shows is commercial advertising.",
        "source": "Ground: E-commerce Law art. 15, Measures on Online Trade art. 12, Measures for Live E-commerce, Advertising Law art. 14. Given by the operator; what is untrue can be reported in the room.",
    },
}  # fmt: skip


class Shown(NamedTuple):
    """What a room tells of its operator, as the page draws it."""

    title: str
    operator: str
    company: str
    host: str
    licence_number: str
    contact: str
    service_url: str
    is_ai_host: bool
    permits: list[dict[str, Any]]
    licence: dict[str, str]


class LicencePages:
    """Draws the page from the room's row: a few hundred bytes, asked for seldom."""

    def __init__(self, rooms: Rooms, pool: Pool, pages: Pages) -> None:
        self._rooms = rooms
        self._pool = pool
        self._pages = pages

    def routes(self) -> list[Route]:
        return [Route("/r/{room}/licence", self._page)]

    async def _page(self, request: Request) -> Response:
        live = await self._rooms.get(request.path_params["room"])
        language = "en" if request.query_params.get("lang") == "en" else "zh"
        try:
            async with self._pool.connection(timeout=3) as connection:
                cursor = await connection.execute(
                    "select title, operator, company, host, licence_number, contact, service_url, is_ai_host, permits, licence from room.rooms where room = %s", (live.name,)
                )
                row = await cursor.fetchone()
        except AWAY as away:
            raise RoomsAway from away
        if row is None:
            raise RoomsAway
        page = drawn(live.name, Shown(*row), business_date(utc_now()), language, build=self._pages.build)
        headers = {"content-security-policy": POLICY, "referrer-policy": "same-origin", "x-content-type-options": "nosniff", "cache-control": "no-cache"}
        return Response(page, headers=headers, media_type="text/html; charset=utf-8")


def drawn(room: str, shown: Shown, today: date, language: str, *, build: str) -> str:
    """This function will write the page; whatever an operator typed is text, never markup."""
    words = _WORDS[language]
    here = f"/r/{escape(room)}"
    host = f"{shown.host}（{words['ai']}）" if shown.is_ai_host else shown.host
    facts = [(words["operator"], shown.operator), (words["company"], shown.company), (words["licence"], shown.licence_number)]
    facts += [(words[name], shown.licence.get(name, "")) for name in LICENCE_FACTS]
    facts += [(words["host"], host), (words["contact"], shown.contact)]
    rows = "".join(f"<dt>{name}</dt><dd>{escape(value) if value else _missing(words)}</dd>" for name, value in facts)
    if shown.service_url.startswith(("http://", "https://", "/")):
        rows += f'<dt>{words["service"]}</dt><dd><a href="{escape(shown.service_url)}" rel="noopener">{escape(shown.service_url)}</a></dd>'
    permits = "".join(_permit(one, words, language) for one in shown.permits if not one.get("until") or date.fromisoformat(one["until"]) >= today)
    permits = permits or f"<p>{words['none']}</p>"
    return (
        f'<!doctype html>\n<html lang="{"en" if language == "en" else "zh-CN"}"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">'
        f'<meta name="color-scheme" content="light dark"><title>{words["page"]} · {escape(shown.title)}</title><link rel="icon" href="/static/{build}/icon.svg" type="image/svg+xml">'
        f'<link rel="stylesheet" href="/static/{build}/room.css"><link rel="stylesheet" href="/static/{build}/draw.css"></head><body class="proof-page"><main class="proof">'
        f'<header><h1>{words["page"]} <span class="pill">{words["ad"]}</span></h1><p class="lead">{escape(shown.title)} · {words["ad_said"]}</p></header>'
        f"<section><dl>{rows}</dl></section><section><h2>{words['permits']}</h2>{permits}</section>"
        f'<p class="lead">{words["source"]}</p><div class="actions"><a class="act main" href="{here}">{words["back"]}</a><a class="act" href="{words["other_href"]}">{words["other"]}</a></div>'
        "</main></body></html>\n"
    )


def _missing(words: dict[str, str]) -> str:
    return f'<span class="quiet">— {words["missing"]}</span>'


def _permit(one: dict[str, Any], words: dict[str, str], language: str) -> str:
    rows = [(words["number"], one.get("number", "")), (words["issuer"], one.get("issuer", "")), (words["until"], one.get("until") or words["endless"])]
    told = "".join(f"<dt>{name}</dt><dd>{escape(str(value))}</dd>" for name, value in rows if value)
    return f"<h3>{escape(str(one.get('title_' + language, '')))}</h3><dl>{told}</dl>"
