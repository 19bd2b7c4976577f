"""
Take the screenshots of docs/pictures from a running example shop.

`python -m tools.screenshots http://127.0.0.1:8000 http://127.0.0.1:8001` (console, room), best some minutes after `./kaibo demo`.
A development tool: needs the test dependencies (playwright, pillow) and a Chromium.
"""

from __future__ import annotations

import argparse
import io
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from PIL import Image

from kaibo.demo.accounts import PASSWORD

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

PICTURES = Path(__file__).resolve().parent.parent / "docs" / "pictures"
ROOM = "linxia-1122"
MOST_BYTES = 300_000
CHROMIUM = next((found for name in ("chromium", "chromium-browser", "google-chrome") if (found := shutil.which(name))), "")


@dataclass(frozen=True, slots=True)
class Shot:
    """A picture: where to go, or which link to follow from there, and how it is looked at."""

    name: str
    path: str
    follow: str = ""
    then: str = ""
    width: int = 1440
    height: int = 1000
    theme: str = "light"
    language: str = "zh-hans"
    who: str = "linxia"


DESK = "main a[href^='/live/0']"
SHOTS = (
    Shot("home", "/"),
    Shot("board", "/launches/"),
    Shot("launch", "/launches/", follow="main a[href^='/launches/0']"),
    Shot("selection", "/selection/"),
    Shot("complaints", "/selection/", follow="main a[href*='/selection/markets/']"),
    Shot("candidate", "/selection/candidates", follow="main a[href*='/selection/candidates/0']"),
    Shot("supply", "/supply/"),
    Shot("inspection", "/supply/inspections", follow="main a[href*='/supply/inspections/0']", who="wuyue"),
    Shot("compliance", "/compliance/"),
    Shot("listing", "/listing/"),
    Shot("listing-page", "/listing/", follow="main a[href^='/listing/0']"),
    Shot("showplan", "/showplan/"),
    Shot("session", "/showplan/", follow="main a[href^='/showplan/0']"),
    Shot("warmup", "/warmup/"),
    Shot("campaign", "/warmup/", follow="main a[href^='/warmup/0']"),
    Shot("desk", "/live/", follow="main a[href^='/live/0']", theme="dark", who="zhouzhou"),
    Shot("desk-light", "/live/", follow="main a[href^='/live/0']", who="zhouzhou"),
    Shot("orders", "/orders/"),
    Shot("verification", "/orders/verify"),
    Shot("order", "/orders/", follow="main a[href^='/orders/0']"),
    Shot("picking", "/orders/pick"),
    Shot("aftersales", "/aftersales/"),
    Shot("case", "/aftersales/", follow="main a[href^='/aftersales/0']", who="qiuyu"),
    Shot("analytics", "/analytics/"),
    Shot("retrospective", "/analytics/", follow="main tbody tr:nth-child(2) a[href^='/analytics/0']"),
    Shot("members", "/members/"),
    Shot("risk", "/risk/"),
    Shot("market-board", "/selection/board"),
    Shot("market-brief", "/selection/briefs", follow="main a[href*='/selection/briefs/0']"),
    Shot("scorecard", "/selection/candidates", follow="main a[href*='/selection/candidates/0']", then="card"),
    Shot("price-research", "/selection/candidates", follow="main a[href*='/selection/candidates/0']", then="price"),
    Shot("house-words", "/compliance/words"),
    Shot("price-guard", "/compliance/prices"),
    Shot("rights", "/compliance/rights"),
    Shot("trials", "/listing/trials"),
    Shot("ab-tests", "/listing/tests"),
    Shot("parcels", "/orders/parcels"),
    Shot("courier-rules", "/orders/routes"),
    Shot("rolling", "/supply/rolling"),
    Shot("suppliers", "/supply/suppliers"),
    Shot("stock-age", "/supply/age"),
    Shot("platform-cases", "/aftersales/platforms"),
    Shot("goods", "/goods/"),
    Shot("stock", "/stock/"),
    Shot("people", "/people/"),
    Shot("shops", "/shops/"),
    Shot("imports", "/imports/"),
    Shot("components", "/components"),
    Shot("board-english", "/launches/", language="en"),
    Shot("verification-english", "/orders/verify", language="en"),
    Shot("board-dark", "/launches/", theme="dark"),
    Shot("orders-phone", "/orders/", width=390, height=844),
    Shot("home-phone", "/", width=390, height=844),
    Shot("prompter", "/live/", follow=DESK, then="prompter", width=1024, height=768, theme="dark"),
    Shot("talk", "/live/", follow=DESK, then="talk", who="qiuyu"),
    Shot("draws", "/live/", follow=DESK, then="draws", who="zhouzhou"),
    Shot("playbooks", "/live/playbooks", who="zhouzhou"),
    Shot("incident", "/live/playbooks", follow="main a[href*='/live/incidents/']", who="zhouzhou"),
    Shot("replies", "/live/replies", who="hemu"),
    Shot("push", "/showplan/", follow="main a[href^='/showplan/0']", then="push", who="luming"),
    Shot("reconcile", "/orders/reconcile"),
)


def compress(png: bytes) -> bytes:
    """This function will make a picture small enough for a repository: fewer colours until it is."""
    picture = Image.open(io.BytesIO(png)).convert("RGB")
    for colours in (256, 128, 64, 32):
        out = io.BytesIO()
        picture.quantize(colours, method=Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE).save(out, "PNG", optimize=True)
        if out.tell() < MOST_BYTES:
            break
    return out.getvalue()


def take(browser: Browser, console: str, shot: Shot) -> str:
    """This function will take one picture and give what was wrong with the page, if anything."""
    context = browser.new_context(viewport={"width": shot.width, "height": shot.height}, base_url=console, color_scheme=shot.theme, locale="zh-CN")
    context.add_cookies([{"name": "kaibo_theme", "value": shot.theme, "url": console}])
    page = context.new_page()
    said: list[str] = []
    page.on("console", lambda one: said.append(one.text) if one.type == "error" else None)
    page.on("pageerror", lambda error: said.append(str(error)))
    sign_in(page, shot)
    if shot.language == "en":
        speak(page, "en")
    status = go(page, shot)
    wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    (PICTURES / f"{shot.name}.png").write_bytes(compress(page.screenshot()))
    if shot.language == "en":
        speak(page, "zh-hans")
    context.close()
    return " ".join(filter(None, (f"HTTP {status}" if status != 200 else "", f"{wide} px too wide" if wide > 0 else "", *said)))


def sign_in(page: Page, shot: Shot) -> None:
    page.goto("/sign-in")
    page.locator("input[name=account]").fill(shot.who)
    page.locator("input[name=password]").fill(PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url("**/")


def speak(page: Page, language: str) -> None:
    """This function will change the person's language, as the person does."""
    page.goto("/profile")
    page.locator(f"main button[name=language][value={language}]").click()
    page.wait_for_load_state("networkidle")


def go(page: Page, shot: Shot) -> int:
    answer = page.goto(shot.path)
    if shot.follow:
        link = page.locator(shot.follow).first
        if link.count() == 0:
            return 404
        href = link.get_attribute("href") or ""
        answer = page.goto(f"{href.rstrip('/')}/{shot.then}" if shot.then else href)
    page.wait_for_timeout(1_800)  # charts draw, the desk hears its stream
    return answer.status if answer else 0


def take_room(browser: Browser, room: str) -> None:
    """This function will take what a viewer sees on a phone: the room, paying for a claim, the wallet, a draw computed again."""
    context = browser.new_context(viewport={"width": 390, "height": 844}, device_scale_factor=2, is_mobile=True, locale="zh-CN")
    page = context.new_page()

    def keep(name: str) -> None:
        (PICTURES / f"{name}.png").write_bytes(compress(page.screenshot()))
        print(name, "ok", flush=True)

    page.goto(f"{room}/r/{ROOM}")
    page.wait_for_timeout(6_000)
    keep("room")
    page.click("#buy")
    page.wait_for_timeout(1_200)
    keep("room-claimed")
    if page.locator("#pay-go").is_visible():
        page.click("#pay-go")
        for field, value in (("name", "李小梅"), ("phone", "13812345678"), ("address", "浙江省杭州市西湖区文三路478号3幢")):
            page.fill(f"#to-{field}", value)
        keep("room-pay")
        page.click("#pay-submit")
        page.wait_for_selector("#amount")
        keep("wallet")
        page.click("#pay")
        page.wait_for_selector("#pay-state[data-state=paid]")
        keep("room-paid")
    drawn = [one["draw"] for one in page.request.get(f"{room}/rooms/{ROOM}").json()["draws"] if one["state"] == "drawn"]
    if drawn:
        page.goto(f"{room}/draw/{ROOM}/{drawn[0]}")
        page.click("#verify")
        page.wait_for_selector("#verdict.good")
        keep("proof")
    context.close()


def main(argv: list[str] | None = None) -> int:
    from playwright.sync_api import sync_playwright

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("console")
    parser.add_argument("room")
    parser.add_argument("--only", nargs="*", help="names of pictures to take")
    args = parser.parse_args(argv)
    PICTURES.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM or None, args=["--no-sandbox", "--disable-gpu"])
        for shot in SHOTS:
            if args.only and shot.name not in args.only:
                continue
            wrong = take(browser, args.console, shot)
            print(shot.name, wrong or "ok", flush=True)
        if not args.only or "room" in args.only:
            take_room(browser, args.room)
        browser.close()
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
