"""
The house's words change again and again while viewers talk to a room in a process of its own: every message is judged by
exactly one version, kept with its name, and none is lost or goes unscreened (CMP-4, CMP-9).
"""

from __future__ import annotations

import threading
from collections import Counter

import pytest

from kaibo.room import moderation
from tests.make.room_process import RoomProcess
from tests.room.house import Viewer, database_name, drop_database, make_sale, own_database

pytestmark = pytest.mark.processes

SWAPS, VIEWERS = 8, 3
TWO_LISTS = ("紫罗兰", "绣球花")
"""One list forbids the first, the next list the second: whoever was judged by both, by none or by a mixture is seen."""


@pytest.fixture(scope="module")
def dsn():
    made = own_database(database_name("words_fire"))
    yield made
    drop_database(made)


@pytest.fixture
def room(dsn, tmp_path):
    process = RoomProcess(dsn, tmp_path)
    process.start()
    yield process
    process.kill()


def words(forbidden):
    return [
        {"word": forbidden, "severity": "block", "kind": "店内用语", "source": "店内约定", "suggestion": "换一种说法", "since": "2026-11-22", "surfaces": ["chat"]}
    ]


class Talk:
    """Viewers who go on talking, and what each was told."""

    def __init__(self) -> None:
        self.told: list[tuple[str, tuple[str, ...]]] = []
        self.is_over = False
        self.is_new = threading.Condition()

    def go_on(self, viewer: Viewer, name: str) -> None:
        number = 0
        while not self.is_over:
            number += 1
            text = f"{name}第{number}句 紫罗兰和绣球花"
            answer = viewer.post("messages", {"text": text})
            if answer.status_code == 429:
                continue
            hits = tuple(hit["text"] for hit in answer.json()["details"]["hits"]) if answer.status_code == 422 else (f"let through: {answer.status_code}",)
            with self.is_new:
                self.told.append((text, hits))
                self.is_new.notify_all()

    def wait_until_judged_by(self, word: str) -> None:
        with self.is_new:
            start = len(self.told)
            assert self.is_new.wait_for(lambda: any(hits == (word,) for _text, hits in self.told[start:]), 60)


def test_every_message_is_judged_by_exactly_one_version_while_the_words_are_swapped(dsn, room):
    sale = make_sale(dsn, is_bench=True)
    viewers = [Viewer(room.url, sale.room, f"观众{n}") for n in range(VIEWERS)]
    numbers = {sale.do(moderation.publish_words, words=words(TWO_LISTS[0])): TWO_LISTS[0]}
    while viewers[0].post("messages", {"text": "紫罗兰"}).status_code != 422:  # the first list is in force before anybody counts
        pass
    talk = Talk()
    threads = [threading.Thread(target=talk.go_on, args=(viewer, f"甲{n}")) for n, viewer in enumerate(viewers)]
    for one in threads:
        one.start()
    try:
        for swap in range(1, SWAPS + 1):
            word = TWO_LISTS[swap % 2]
            numbers[sale.do(moderation.publish_words, words=words(word))] = word
            talk.wait_until_judged_by(word)
    finally:
        talk.is_over = True
        for one in threads:
            one.join()
    assert {len(hits) for _text, hits in talk.told} == {1}
    assert {hits[0] for _text, hits in talk.told} == set(TWO_LISTS)

    check_what_was_kept(sale, talk, numbers)


def check_what_was_kept(sale, talk, numbers):
    told = dict(talk.told)
    assert len(told) == len(talk.told)
    waiting = threading.Event()
    for _ in range(600):
        kept = sale.ask("select text, verdict, hits, lexicon from room.messages where room = %s and text like '甲%%'", sale.room)
        if len(kept) >= len(told):
            break
        waiting.wait(0.05)
    assert Counter(text for text, *_rest in kept) == Counter(told.keys())  # each once: none lost, none twice
    for text, verdict, hits, lexicon in kept:
        version = int(lexicon.partition("+")[2])
        assert (verdict, tuple(hit["text"] for hit in hits)) == ("block", told[text])
        assert numbers[version] == told[text][0]  # the version it names is the one that judged it
    assert len({lexicon for *_rest, lexicon in kept}) == len(numbers)
