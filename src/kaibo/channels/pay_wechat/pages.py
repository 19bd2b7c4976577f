"""The pay page for buyers inside WeChat's browser (JSAPI): they come back from WeChat's login, the order is made, the browser takes the money."""

from __future__ import annotations

import asyncio
import html
import json
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime
from importlib import resources

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from kaibo.channels.pay_wechat import signing
from kaibo.channels.pay_wechat.channel import Channel
from kaibo.kit.payments import ChannelAway, ChannelRefused, PayOrder

MOST_ORDER_CHARACTERS = 4_096
MOST_CODE_CHARACTERS = 512
NOT_OURS = "这个付款地址不对。This pay address is not valid."
TOO_LATE = "付款时间已过，没有扣款 The time to pay is over; nothing was taken"
WAITING = "正在打开微信支付… Opening WeChat Pay…"
_POLICY = "default-src 'none'; script-src 'self'; style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"


class InsideWeChat:
    """Serves `/pay/wechat/jsapi`, the merchant's pay directory (支付授权目录), to which WeChat's login leads back."""

    def __init__(self, channel: Channel) -> None:
        self._channel = channel
        files = resources.files(__package__)
        self._page = files.joinpath("page.html").read_text(encoding="utf-8")
        self._kept = {name: files.joinpath(f"page.{name}").read_bytes() for name in ("css", "js")}

    def routes(self) -> Sequence[BaseRoute]:
        return [
            Route("/pay/wechat/jsapi", self._show, methods=["GET"]),
            Route("/pay/wechat/jsapi.css", self._file("css", "text/css")),
            Route("/pay/wechat/jsapi.js", self._file("js", "text/javascript")),
        ]

    def _file(self, name: str, kind: str) -> Callable[[Request], Awaitable[Response]]:
        async def serve(request: Request) -> Response:
            return Response(self._kept[name], media_type=kind, headers={"cache-control": "max-age=300", "x-content-type-options": "nosniff"})

        return serve

    async def _show(self, request: Request) -> Response:
        asked = request.query_params
        sealed, code = asked.get("order", ""), asked.get("code", "")
        order = signing.open_order(self._channel.settings.notice_key, sealed) if len(sealed) <= MOST_ORDER_CHARACTERS else None
        if order is None or asked.get("state") != order.out_trade_no or not 0 < len(code) <= MOST_CODE_CHARACTERS:
            return Response(NOT_OURS, 404, media_type="text/plain; charset=utf-8")
        now = datetime.now(UTC)
        if now >= order.expires_at:
            return self._answer(order, None, TOO_LATE)
        try:
            payer = await asyncio.to_thread(self._channel.payer_of, code)
            if payer is None:
                return RedirectResponse(self._channel.login_address(order), 303)
            told = await asyncio.to_thread(self._channel.order_inside, order, payer, now=now)
        except (ChannelAway, ChannelRefused) as problem:
            return self._answer(order, None, f"{problem.message('zh')} {problem.message('en')}")
        return self._answer(order, told, WAITING)

    def _answer(self, order: PayOrder, told: dict[str, str] | None, state: str) -> Response:
        page = self._page
        for name, value in {
            "title": order.title, "amount": f"¥{order.amount_fen // 100:,}.{order.amount_fen % 100:02d}", "state": state, "back": order.return_url,
            "order": json.dumps(told) if told else "",
        }.items():  # fmt: skip
            page = page.replace("{{" + name + "}}", html.escape(value))
        headers = {"content-security-policy": _POLICY, "cache-control": "no-store", "referrer-policy": "no-referrer"}
        return Response(page, 200, headers, "text/html; charset=utf-8")
