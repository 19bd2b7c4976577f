"""A real Chromium against a running console; where none is installed, these tests are skipped by that name."""

from __future__ import annotations

import os
import shutil
from contextlib import contextmanager

import pytest

from tests.make.people import PASSWORD, make_person, make_shop

CHROMIUM = next((found for name in ("chromium", "chromium-browser", "google-chrome") if (found := shutil.which(name))), "")
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]


def pytest_collection_modifyitems(items):
    for item in items:
        if "tests/browser/" in item.nodeid:
            item.add_marker(pytest.mark.browser)
            item.add_marker(pytest.mark.django_db(transaction=True))
            if not CHROMIUM:
                item.add_marker(pytest.mark.skip(reason="Chromium is not installed"))


@pytest.fixture(scope="module")
def chromium():
    """One browser a file: while it lives, its event loop runs in this thread, where other files want their own."""
    from playwright.sync_api import sync_playwright

    # Playwright's own event loop runs in this thread; the ORM calls of these tests are nevertheless plain ones.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield browser
        browser.close()
    del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]


@pytest.fixture
def alice(transactional_db):
    make_shop()
    return make_person("alice", "owner", password=PASSWORD)


LOST_WITH_THE_NETWORK = ("htmx:sendError", "htmx:afterRequest")


@pytest.fixture
def unplug():
    """Takes a page's network away and gives it back; a request that was under way then may be lost, and htmx says so in the console."""

    @contextmanager
    def unplugged(page):
        unplugged.contexts.append(page.context)
        page.context.set_offline(True)
        try:
            yield
        finally:
            page.context.set_offline(False)

    unplugged.contexts = []
    return unplugged


@pytest.fixture
def open_browser(chromium, live_server, unplug):
    """Opens pages of a given width and look; what the page complains about in its console fails the test."""
    contexts, complaints = [], []
    expected = ("Failed to load resource", "Response Status Error Code 4")  # refusals are part of the stories

    def opened(*, width: int = 1440, height: int = 900, theme: str = "light"):
        context = chromium.new_context(viewport={"width": width, "height": height}, base_url=live_server.url, color_scheme=theme)
        context.add_cookies([{"name": "kaibo_theme", "value": theme, "url": live_server.url}])
        page = context.new_page()
        page.set_default_timeout(15_000)

        def hear(text: str) -> None:
            if not text.startswith(expected) and not (context in unplug.contexts and text.startswith(LOST_WITH_THE_NETWORK)):
                complaints.append(text)

        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("console", lambda said: hear(said.text) if said.type == "error" else None)
        contexts.append(context)
        return page

    yield opened
    for context in contexts:
        context.close()
    assert complaints == []


@pytest.fixture
def sign_in():
    def signed_in(page, account: str = "alice"):
        page.goto("/sign-in")
        page.get_by_label("账号").fill(account)
        page.get_by_label("密码").fill(PASSWORD)
        page.keyboard.press("Enter")
        page.wait_for_url("**/")
        return page

    return signed_in


@pytest.fixture
def alice_at(open_browser, sign_in, alice):
    def at(path: str = "/", **how):
        page = sign_in(open_browser(**how))
        if path != "/":
            page.goto(path)
        return page

    return at
