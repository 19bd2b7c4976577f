"""Readers on lent connections: one shared chunk, nothing out of order, nobody holds memory for ever (LIV-9)."""

from __future__ import annotations

import asyncio
import json

from kaibo.room.hub import MOST_AT_ONCE, MOST_BACKLOG_BYTES, STALLED_SECONDS, Channel, Memory, Parcel, Reliable


class Line:
    """A connection that takes what is written, or holds it back."""

    def __init__(self) -> None:
        self.written: list[bytes] = []
        self.is_blocked = False
        self.waiting = 0

    def write(self, data: bytes) -> None:
        self.written.append(data)
        if self.is_blocked:
            self.waiting += len(data)

    def get_write_buffer_size(self) -> int:
        return self.waiting


def notice(seq: int, size: int = 10) -> Reliable:
    return Reliable(seq, "notice", json.dumps({"text": "x" * size}))


def run(scene) -> None:
    asyncio.run(scene())


def test_all_lent_connections_get_the_very_same_chunk():
    async def scene():
        channel = Channel("r", published=0)
        lines = [Line() for _ in range(3)]
        for line in lines:
            channel.connect(line)[0].release()
        channel.tell([notice(1), notice(2)])
        channel.flush()
        assert lines[0].written[0] is lines[1].written[0] is lines[2].written[0]
        size, body, end = lines[0].written[0].partition(b"\r\n")[0], lines[0].written[0].split(b"\r\n")[1], b"\r\n"
        assert int(size, 16) == len(body)
        assert lines[0].written[0].endswith(end)
        assert body.count(b"id: ") == 2

    run(scene)


def test_what_comes_while_the_missed_is_fetched_waits_its_turn():
    async def scene():
        channel = Channel("r", published=4)
        line = Line()
        reader, joined_at = channel.connect(line)
        channel.tell([notice(5)])
        channel.flush()
        assert (joined_at, line.written) == (4, [])
        line.write(b"what was missed")
        reader.release()
        channel.tell([notice(6)])
        channel.flush()
        assert [b"missed" in one or one.split(b"id: ")[1][:1] for one in line.written] == [True, b"5", b"6"]

    run(scene)


def test_a_slow_connection_is_let_go_with_the_number_before_what_it_did_not_get():
    async def scene():
        channel = Channel("r", published=0)
        slow, quick = Line(), Line()
        slow.is_blocked = True
        reader = channel.connect(slow)[0]
        reader.release()
        channel.connect(quick)[0].release()
        seq = 0
        while not reader.ended.done():
            seq += 1
            channel.tell([notice(seq, 20_000)])
            channel.flush()
        assert reader.resume_after == seq - 1
        assert len(slow.written) == seq - 1
        assert slow.waiting < MOST_BACKLOG_BYTES + 25_000
        assert len(quick.written) == seq
        assert (channel.slow_readers, reader in channel.subscribers) == (1, False)

    run(scene)


def test_a_connection_that_takes_nothing_for_a_minute_is_let_go_and_a_slow_one_that_catches_up_is_not():
    async def scene():
        line = Line()
        channel = Channel("r", published=0)
        reader = channel.connect(line)[0]
        reader.release()
        line.waiting = 10
        assert reader.beat(100.0)
        assert reader.beat(100.0 + STALLED_SECONDS)
        line.waiting = 0
        assert reader.beat(170.0)
        line.waiting = 10
        assert reader.beat(180.0)
        assert not reader.beat(181.0 + STALLED_SECONDS)
        assert reader.ended.done()

    run(scene)


def test_a_crowd_is_served_in_handfuls_and_a_newcomer_in_between_hears_nothing_twice():
    async def scene():
        channel = Channel("r", published=0)
        lines = [Line() for _ in range(MOST_AT_ONCE * 2 + 1)]
        for line in lines:
            channel.connect(line)[0].release()
        channel.tell([notice(1)])
        channel.gather()
        assert channel.deliver()
        assert sum(len(line.written) for line in lines) == MOST_AT_ONCE
        late = Line()
        reader, joined_at = channel.connect(late)
        reader.release()
        channel.tell([notice(2)])
        channel.gather()
        while channel.deliver():
            pass
        assert joined_at == 1
        assert [len(line.written) for line in lines] == [2] * len(lines)
        assert [one.split(b"id: ")[1][:1] for one in late.written] == [b"2"]
        assert all(line.written[0].split(b"id: ")[1][:1] == b"1" for line in lines)

    run(scene)


def test_memory_gives_exactly_what_is_asked_and_knows_where_it_ends():
    memory = Memory(limit=10)
    for seq in range(5, 40):
        memory.keep(seq, b"%d;" % seq)
    assert memory.between(36, 39) == memory.between(36, 39) == b"37;38;39;"
    assert memory.between(39, 39) == b""
    assert memory.between(3, 39) is None
    first = next(after for after in range(40) if memory.between(after, 39) is not None)
    assert 39 - first >= 10
    memory.keep(50, b"50;")
    assert memory.between(38, 50) is None
    assert memory.between(49, 50) == b"50;"


def test_a_parcel_is_framed_for_http():
    assert Parcel(b"x" * 20, seq_before=1).chunk == b"14\r\n" + b"x" * 20 + b"\r\n"
