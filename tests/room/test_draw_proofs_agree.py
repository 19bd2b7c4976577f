"""
The browser's proof and Python's judge the same draws, half of them tampered with, and say the same of each.

DRAWS=10000 compares ten thousand; without it a thousand are compared, so that the suite stays quick.
"""

from __future__ import annotations

import base64
import functools
import http.server
import json
import os
import random
import shutil
import threading
from pathlib import Path

import pytest

import kaibo.room
from kaibo.kit import draw_proof, draws
from tests.kit.test_draws import fields_of, with_changed
from tests.make.draws import make_published

pytestmark = pytest.mark.browser

DRAWS = int(os.environ.get("DRAWS", "1000"))
BATCH = 500
STATIC = Path(kaibo.room.__file__).parent / "static"


@pytest.fixture(scope="module")
def page():
    """A page of the room's static folder, nothing else."""
    chromium = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if chromium is None:
        pytest.skip("Chromium is not installed")
    from playwright.sync_api import sync_playwright

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *_said):
            pass

    served = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=STATIC))
    threading.Thread(target=served.serve_forever, daemon=True).start()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        page = browser.new_page()
        page.goto(f"http://127.0.0.1:{served.server_address[1]}/icon.svg")
        yield page
        browser.close()
    served.shutdown()
    served.server_close()


JUDGE = """async (files) => {
  const { verify, selfCheck } = await import('/draw_proof.js');
  const bytes = (words) => Uint8Array.from(atob(words), (one) => one.charCodeAt(0));
  return [await selfCheck(), files.map((one) => verify(bytes(one)))];
}"""


def draw_number(number: int, rng: random.Random) -> bytes:
    """One small draw: every second one untouched, the others with a flipped bit or a changed field and a fitting digest."""
    kind = rng.choice((draws.WITNESSES, draws.BEACON))
    told = make_published(
        entrants=rng.randrange(9), seed=number, kind=kind, witnesses=rng.randrange(1, 4), absent=(1,) if rng.random() < 0.3 else (),
        draw=f"d-{number}", prizes=[(rng.randrange(1, 3), 9_900) for _ in range(rng.randrange(1, 3))], alternates=rng.randrange(3),
    )  # fmt: skip
    if number % 4 == 1:
        told = with_changed(told, rng.choice(fields_of(told)[:-1]))
    text = bytearray(draws.canonical(told))
    if number % 4 == 3:
        text[rng.randrange(len(text))] ^= 1 << rng.randrange(8)
    return bytes(text)


def test_both_verifiers_agree_on_every_draw(page):
    rng, found, differing = random.Random(20_261_122), {}, []
    for first in range(0, DRAWS, BATCH):
        files = [draw_number(number, rng) for number in range(first, first + BATCH)]
        wanted = [draw_proof.verify(one) for one in files]
        is_sound, got = page.evaluate(JUDGE, [base64.b64encode(one).decode() for one in files])
        assert is_sound
        differing += [(first + at, mine, theirs) for at, (mine, theirs) in enumerate(zip(wanted, got, strict=True)) if mine != theirs]
        for reasons in wanted:
            found[tuple(reasons)] = found.get(tuple(reasons), 0) + 1
    assert differing == []
    assert sum(found.values()) == DRAWS
    assert found[()] >= DRAWS // 2
    named = {reason for reasons in found for reason in reasons}
    print(json.dumps({"draws": DRAWS, "proved": found[()], "reasons_seen": sorted(named)}))
    assert len(named) >= 14


def test_every_reason_has_words_in_both_languages_on_the_page(page):
    for language in ("zh", "en"):
        page.goto(page.url.split("?")[0] + f"?lang={language}")
        assert sorted(page.evaluate("async () => Object.keys((await import('/draw_words.js')).REASONS)")) == sorted(draw_proof.REASONS)


def test_a_planted_remainder_in_the_browser_would_be_seen(page):
    """The comparison can fail: a browser that ranks by something else disagrees at once."""
    told = make_published(entrants=9)
    broken = """async (told) => {
      const { leafOf, outcome, hex } = await import('/draw_proof.js');
      const right = outcome(told, told.entrants.map(leafOf)).winners[0].entry;
      return [right, told.entrants[parseInt(told.seed.slice(0, 8), 16) % told.entrants.length][0]];
    }"""
    pairs = [(page.evaluate(broken, one), one["winners"][0]["entry"]) for one in (make_published(entrants=9, seed=seed) for seed in range(5))]
    assert all(right == wanted for (right, _), wanted in pairs)
    assert any(remainder != wanted for (_, remainder), wanted in pairs)
    assert told["winners"]
