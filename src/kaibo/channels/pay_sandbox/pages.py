"""The wallet's page, where the buyer presses 支付, and its calls to the merchant's notify address."""

from __future__ import annotations

import asyncio
import contextlib
import html
import logging
import urllib.error
import urllib.request
from collections.abc import Sequence
from datetime import UTC, datetime
from importlib import resources

import psycopg
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from kaibo.channels.pay_sandbox import signing
from kaibo.channels.pay_sandbox.channel import Channel
from kaibo.kit.payments import PayNotice, PayOrder

log = logging.getLogger("kaibo.channels.pay_sandbox")

CALL_SECONDS = 5.0
SWEEP_SECONDS = 2.0


def _now() -> datetime:
    return datetime.now(UTC)  # the wallet is its own house with its own clock


class WalletPages:
    """Serves the pay page and tells the merchant of payments until it heard."""

    def __init__(self, channel: Channel) -> None:
        self._channel = channel
        self._page = resources.files(__package__).joinpath("page.html").read_text(encoding="utf-8")

    def routes(self) -> Sequence[BaseRoute]:
        return [
            Route("/sandbox-wallet/style.css", self._style),
            Route("/sandbox-wallet/{sealed}", self._show, methods=["GET"]),
            Route("/sandbox-wallet/{sealed}", self._pay, methods=["POST"]),
        ]

    async def run(self) -> None:
        """This function will call the merchant about payments it did not hear of, until it is cancelled."""
        while True:
            try:
                due = await asyncio.to_thread(self._channel.wallet.unheard, now=_now())
                for notice, address in due:
                    await self._tell(notice, address)
            except psycopg.Error as away:
                log.warning("the sandbox wallet's book is away", extra={"reason": type(away).__name__})
            await asyncio.sleep(SWEEP_SECONDS)

    async def _style(self, request: Request) -> Response:
        css = resources.files(__package__).joinpath("page.css").read_bytes()
        return Response(css, media_type="text/css", headers={"cache-control": "max-age=300"})

    async def _show(self, request: Request) -> Response:
        order = signing.open_order(self._channel.settings.secret, request.path_params["sealed"])
        if order is None:
            return Response("这个付款地址不对。This pay address is not valid.", 404, media_type="text/plain; charset=utf-8")
        is_paid = await asyncio.to_thread(self._channel.wallet.find, order.out_trade_no) is not None
        state = "paid" if is_paid else "late" if _now() >= order.expires_at else "open"
        return self._answer(order, state)

    async def _pay(self, request: Request) -> Response:
        order = signing.open_order(self._channel.settings.secret, request.path_params["sealed"])
        if order is None:
            return Response("这个付款地址不对。This pay address is not valid.", 404, media_type="text/plain; charset=utf-8")
        notice = await asyncio.to_thread(self._channel.wallet.pay, order, now=_now())
        if notice is None:
            return self._answer(order, "late")
        await self._tell(notice, order.notify_url)
        return RedirectResponse(order.return_url, 303)

    async def _tell(self, notice: PayNotice, address: str) -> None:
        headers, body = signing.notice_request(self._channel.settings.secret, notice, now=_now())
        if await asyncio.to_thread(_call, address, headers, body):
            await asyncio.to_thread(self._channel.wallet.heard, notice.out_trade_no, now=_now())

    def _answer(self, order: PayOrder, state: str) -> Response:
        words = {
            "open": ("等待付款", "Waiting for payment"),
            "paid": ("已付款", "Paid"),
            "late": ("付款时间已过，没有扣款", "The time to pay is over; nothing was taken"),
        }[state]
        page = self._page
        for name, value in {
            "title": order.title, "amount": f"¥{order.amount_fen // 100:,}.{order.amount_fen % 100:02d}", "number": order.out_trade_no,
            "state": state, "state_zh": words[0], "state_en": words[1], "back": order.return_url,
        }.items():  # fmt: skip
            page = page.replace("{{" + name + "}}", html.escape(value))
        policy = "default-src 'none'; style-src 'self'; form-action 'self' http: https:; base-uri 'none'; frame-ancestors 'none'"
        headers = {"content-security-policy": policy, "cache-control": "no-store", "referrer-policy": "no-referrer"}
        return Response(page, 200, headers, "text/html; charset=utf-8")


def _call(address: str, headers: dict[str, str], body: bytes) -> bool:
    """Tell the merchant; whether it heard."""
    request = urllib.request.Request(address, data=body, headers=headers, method="POST")  # noqa: S310  the merchant's own address
    with contextlib.suppress(urllib.error.URLError, OSError), urllib.request.urlopen(request, timeout=CALL_SECONDS) as answer:  # noqa: S310
        return bool(answer.status == 200)
    return False
