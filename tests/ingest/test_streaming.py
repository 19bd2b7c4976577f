"""A real test signal through real nginx to a real browser: it moves, its break is known in time, the backup takes over (LIV-8, LIV-9)."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import httpx
import psycopg
import pytest

from kaibo.ingest.keys import playlist_url
from kaibo.ingest.server import NginxMissing, find_nginx
from kaibo.kit.clock import utc_now
from kaibo.room import backoffice, video
from tests.make.processes import free_ports
from tests.room.house import database_name, drop_database, make_sale, own_database, served

pytestmark = [pytest.mark.processes, pytest.mark.browser]
SRC = Path(__file__).resolve().parents[2] / "src"


@dataclass
class Ingest:
    """A running `./kaibo media` and what a technician does with it."""

    environment: dict
    process: subprocess.Popen
    media_url: str
    dsn: str

    def tool(self, *arguments):
        return [sys.executable, "-m", "kaibo.cli", "media", *arguments]

    @contextlib.contextmanager
    def pushing(self, room, *, source="main", seconds=120):
        command = self.tool("signal", "--room", room, "--source", source, "--seconds", str(seconds), "--size", "180x320", "--rate", "15")
        encoder = subprocess.Popen(command, env=self.environment, stdin=subprocess.DEVNULL, stderr=subprocess.PIPE)
        try:
            yield encoder
        finally:
            with contextlib.suppress(ProcessLookupError):
                encoder.send_signal(signal.SIGCONT)
                encoder.kill()
            encoder.wait()
            encoder.stderr.close()

    def states(self, room):
        with psycopg.connect(self.dsn) as connection, connection.cursor() as cur:
            return {one.source: one for one in video.ingests(cur, room, now=utc_now())}

    def log(self):
        return (Path(self.environment["KAIBO_DATA"]) / "media.log").read_text(errors="replace")[-3000:]

    def wait_for(self, room, source, *states, seconds=60.0):
        give_up_at = time.monotonic() + seconds
        while time.monotonic() < give_up_at:
            found = self.states(room).get(source)
            # the bytes flow before nginx has read what the picture is
            if found is not None and found.state in states and (found.state != "on_air" or found.width):
                return found
            time.sleep(0.05)
        raise AssertionError(f"{source} of {room} never became {states}: {self.states(room)} {self.log()}")


def start(environment):
    log = Path(environment["KAIBO_DATA"]) / "media.log"
    with log.open("ab") as kept:
        process = subprocess.Popen([sys.executable, "-m", "kaibo.cli", "media"], env=environment, stdin=subprocess.DEVNULL, stderr=kept)
    url = f"http://127.0.0.1:{environment['KAIBO_MEDIA_PORT']}/health"
    give_up_at = time.monotonic() + 30
    while time.monotonic() < give_up_at:
        with contextlib.suppress(httpx.HTTPError):
            if httpx.get(url).status_code == 200:
                return process
        if process.poll() is not None:
            raise AssertionError(log.read_text(errors="replace"))
        time.sleep(0.1)
    process.kill()
    raise AssertionError("the ingest did not start")


@pytest.fixture(scope="module")
def ingest(tmp_path_factory):
    try:
        find_nginx()
    except NginxMissing as missing:
        pytest.skip(f"{missing.details['what']} is not installed")
    if shutil.which("ffmpeg") is None:
        pytest.skip("ffmpeg is not installed")
    dsn = own_database(database_name("ingest"))
    media_port, rtmp_port = free_ports(2)
    environment = {
        **os.environ, "KAIBO_DATABASE_URL": dsn, "KAIBO_DATA": str(tmp_path_factory.mktemp("ingest")), "PYTHONPATH": str(SRC),
        "KAIBO_MEDIA_PORT": str(media_port), "KAIBO_RTMP_PORT": str(rtmp_port),
    }  # fmt: skip
    running = Ingest(environment, start(environment), f"http://127.0.0.1:{media_port}", dsn)
    yield running
    running.process.terminate()
    running.process.wait(15)
    drop_database(dsn)


@pytest.fixture(scope="module")
def page(ingest):
    chromium = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if chromium is None:
        pytest.skip("Chromium is not installed")
    from playwright.sync_api import sync_playwright

    with served(ingest.dsn) as room, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu", "--autoplay-policy=no-user-gesture-required"])
        context = browser.new_context(base_url=room.url, viewport={"width": 390, "height": 844})
        yield context.new_page()
        browser.close()


PICTURE = """() => { const video = document.querySelector("video"); if (!video || !video.videoWidth) return null;
  const canvas = document.createElement("canvas"); canvas.width = 18; canvas.height = 32;
  const pen = canvas.getContext("2d"); pen.drawImage(video, 0, 0, 18, 32);
  return [video.videoWidth, video.videoHeight, ...pen.getImageData(0, 0, 18, 32).data].join(","); }"""


def moving_picture(page):
    """Wait for a picture, then for another one, and give the size of both."""
    page.wait_for_function(PICTURE, timeout=30_000)
    first = page.evaluate(PICTURE)
    page.wait_for_function(f"(first) => {{ const now = ({PICTURE})(); return now && now !== first; }}", arg=first, timeout=10_000)
    return tuple(int(side) for side in first.split(",")[:2])


def show(ingest, room, source):
    with psycopg.connect(ingest.dsn) as connection, connection.cursor() as cur:
        video.show_video(cur, room=room, video_url=playlist_url(ingest.media_url, room=room, source=source))


def test_a_pushed_picture_moves_on_the_viewers_page_and_the_backup_takes_over(ingest, page):
    sale = make_sale(ingest.dsn)
    with ingest.pushing(sale.room):
        told = ingest.wait_for(sale.room, "main", "on_air")
        assert (told.width, told.height, told.promised_frame_rate) == (180, 320, 15)
        show(ingest, sale.room, "main")
        page.goto(f"/r/{sale.room}")
        assert moving_picture(page) == (180, 320)
        with ingest.pushing(sale.room, source="backup"):
            ingest.wait_for(sale.room, "backup", "on_air")
            show(ingest, sale.room, "backup")
            with page.expect_response(lambda answer: f"/hls/backup/{sale.room}" in answer.url and answer.status == 200, timeout=30_000):
                pass
            assert moving_picture(page) == (180, 320)


def test_a_silent_encoder_is_known_within_five_seconds_and_so_is_its_return(ingest):
    sale = make_sale(ingest.dsn)
    with ingest.pushing(sale.room) as encoder:
        ingest.wait_for(sale.room, "main", "on_air")
        os.kill(encoder.pid, signal.SIGSTOP)
        stopped_at = time.monotonic()
        told = ingest.wait_for(sale.room, "main", "broken", seconds=15)
        assert told.why in {"silent", "gone"}
        assert time.monotonic() - stopped_at < 5
        os.kill(encoder.pid, signal.SIGCONT)
        ingest.wait_for(sale.room, "main", "on_air", "weak", seconds=15)


def test_a_killed_encoder_is_a_break_until_the_show_is_over(ingest):
    sale = make_sale(ingest.dsn)
    with ingest.pushing(sale.room) as encoder:
        ingest.wait_for(sale.room, "main", "on_air")
        encoder.kill()
        killed_at = time.monotonic()
        assert ingest.wait_for(sale.room, "main", "broken").why == "gone"
        assert time.monotonic() - killed_at < 5
    sale.do(backoffice.set_room_state, room=sale.room, state="ended")
    ingest.wait_for(sale.room, "main", "off")


def test_a_wrong_key_an_unknown_room_and_an_ended_one_are_turned_away(ingest):
    sale = make_sale(ingest.dsn)
    other = make_sale(ingest.dsn)
    sale.do(backoffice.set_room_state, room=sale.room, state="ended")
    with ingest.pushing(sale.room, seconds=5) as encoder:
        assert encoder.wait(20) != 0
    with ingest.pushing("nobody-made-this", seconds=5) as encoder:
        assert encoder.wait(20) != 0
    address = f"rtmp://127.0.0.1:{ingest.environment['KAIBO_RTMP_PORT']}/main/{other.room}?expires=9999999999&sign=00"
    forged = ["ffmpeg", "-loglevel", "quiet", "-f", "lavfi", "-i", "testsrc2=size=64x64:rate=5", "-t", "2", "-f", "flv", address]
    assert subprocess.run(forged, stdin=subprocess.DEVNULL, check=False, timeout=20).returncode != 0
    assert ingest.states(sale.room) == ingest.states(other.room) == {}
    assert httpx.get(playlist_url(ingest.media_url, room=other.room, source="main")).status_code == 404


def test_a_killed_ingest_comes_back_on_the_same_ports_and_takes_the_push_again(ingest):
    """kill -9 leaves nginx holding the ports; the next start clears it away."""
    sale = make_sale(ingest.dsn)
    ingest.process.kill()
    ingest.process.wait()
    ingest.process = start(ingest.environment)
    with ingest.pushing(sale.room):
        ingest.wait_for(sale.room, "main", "on_air")
    kept = [file.name for file in (Path(ingest.environment["KAIBO_DATA"]) / "video" / "recordings").iterdir()]
    assert any(name.startswith(f"{sale.room}-main-") and name.endswith(".flv") for name in kept)
