"""What is acknowledged is on disk, once; what is not, is refused whole (DESIGN §2, behaviour events)."""

import asyncio
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from kaibo.lake import reading, sealing, segments
from kaibo.lake.append import Appended, EventsNotWritten, Journal, JournalTaken
from kaibo.lake.recent import RecentIds
from kaibo.lake.schema import EventUnfit
from tests.lake.makers import make_event, make_events


def kept(lake):
    """Every event readers would see before dedupe, sealed or not."""
    return sorted(
        [event.id for payload in reading.unsealed_payloads(lake) for event in segments.events_of(payload)]
        + [event_id for _, event_id in sealing.recent_ids(lake, limit=10**9)]
    )


def test_an_event_is_kept_once_however_often_it_is_sent(tmp_path):
    with Journal(tmp_path) as journal:
        first, second = make_event("a"), make_event("b")
        assert journal.append("r1", [first, first, second]) == Appended(accepted=2, duplicates=1)
        assert journal.append("r1", [second]) == Appended(accepted=0, duplicates=1)
        assert journal.append("r2", [make_event("a", room="r2")]) == Appended(accepted=1, duplicates=0)
    assert kept(tmp_path) == ["a", "a", "b"]


def test_duplicates_are_known_after_a_restart_sealed_or_not(tmp_path):
    with Journal(tmp_path) as journal:
        journal.append("r1", make_events(0, 10))
        assert journal.seal() == 1
        journal.append("r1", make_events(10, 20))
    with Journal(tmp_path) as journal:
        assert journal.append("r1", make_events(5, 25)) == Appended(accepted=5, duplicates=15)
    assert kept(tmp_path) == sorted(f"e{number}" for number in range(25))


def test_one_writer_a_folder_several_writers_a_lake(tmp_path):
    with Journal(tmp_path, writer="room-1") as journal, Journal(tmp_path, writer="room-2") as other:
        with pytest.raises(JournalTaken):
            Journal(tmp_path, writer="room-1")
        journal.append("r1", [make_event("a")])
        other.append("r1", [make_event("b")])
        assert reading.figures_of(tmp_path, "s1").event_counts == {"enter": 2}
        assert reading.count_of(tmp_path, "s1", "enter") == 2


def test_many_threads_share_commits_and_each_gets_its_own_answer(tmp_path):
    answers = []

    def send(which):
        for number in range(50):
            answers.append(journal.append("r1", [make_event(f"{which}-{number}"), make_event(f"all-{number}")]))

    with Journal(tmp_path) as journal:
        threads = [threading.Thread(target=send, args=(which,)) for which in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert sum(answer.accepted for answer in answers) == 8 * 50 + 50
    assert sum(answer.duplicates for answer in answers) == 7 * 50
    assert len(kept(tmp_path)) == 450 == len(set(kept(tmp_path)))


def test_the_loop_is_not_blocked_while_events_are_written(tmp_path):
    async def send():
        with Journal(tmp_path) as journal:
            return await asyncio.gather(
                *(journal.append_async("r1", [make_event(f"e{number}")]) for number in range(200))
            )

    assert asyncio.run(send()) == [Appended(accepted=1, duplicates=0)] * 200
    assert len(kept(tmp_path)) == 200


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"session": "../../etc"}, "session"),
        ({"room": ""}, "room"),
        ({"kind": "hack"}, "kind"),
        ({"id": "x" * 129}, "id"),
        ({"visitor": ""}, "visitor"),
        ({"value": 2**63}, "value"),
    ],
)
def test_an_unfit_event_is_refused_and_nothing_of_its_call_is_kept(tmp_path, wrong, field):
    with Journal(tmp_path) as journal:
        with pytest.raises(EventUnfit) as complaint:
            journal.append("r1", [make_event("good"), make_event(**wrong)])
        assert complaint.value.details == {"field": field}
    assert kept(tmp_path) == []


def test_a_closed_journal_takes_nothing(tmp_path):
    journal = Journal(tmp_path)
    journal.close()
    journal.close()
    with pytest.raises(EventsNotWritten):
        journal.append("r1", [make_event()])


def only_segment(lake):
    (path,) = [path for path in segments.segments_in(lake / "journal" / "room") if path.stat().st_size > 8]
    return path


def test_whatever_byte_a_segment_is_torn_at_the_whole_records_before_it_stay(tmp_path):
    with Journal(tmp_path) as journal:
        journal.append("r1", [make_event("a")])
        after_first = only_segment(tmp_path).stat().st_size
        journal.append("r1", [make_event("b")])
    whole = only_segment(tmp_path).read_bytes()
    for cut in range(len(whole) + 1):
        lake = tmp_path / f"torn-{cut}"
        folder = lake / "journal" / "room"
        folder.mkdir(parents=True)
        segments.segment_path(folder, 1).write_bytes(whole[:cut])
        with Journal(lake) as journal:
            assert journal.append("r1", [make_event("c")]) == Appended(accepted=1, duplicates=0)
        expected = ["a", "b", "c"] if cut == len(whole) else ["a", "c"] if cut >= after_first else ["c"]
        assert kept(lake) == expected, cut
    # A cut tail is not damage: sealing leaves nothing behind for a person to look at.
    sealing.seal_abandoned(lake)
    assert list(folder.glob("*.damaged")) == []
    torn = tmp_path / "torn-20"
    sealing.seal_abandoned(torn)
    assert list((torn / "journal" / "room").glob("*.damaged")) == [] and kept(torn) == ["c"]


def test_a_flipped_bit_is_noticed_and_the_damaged_segment_is_kept_for_a_person(tmp_path):
    with Journal(tmp_path) as journal:
        journal.append("r1", [make_event("a")])
        journal.append("r1", [make_event("b")])
        path = only_segment(tmp_path)
        journal.seal()  # closes it and turns it into Parquet; put it back as if it had not been
        number = 9
        damaged = bytearray(
            segments.MAGIC + b"".join(segments.record_of(segments.payload_of([make_event(x)])) for x in "cd")
        )
        damaged[-5] ^= 1
        segments.segment_path(path.parent, number).write_bytes(damaged)
        assert [
            event.id
            for payload in segments.scan(segments.segment_path(path.parent, number)).payloads
            for event in segments.events_of(payload)
        ] == ["c"]
    sealing.seal_abandoned(tmp_path)
    assert kept(tmp_path) == ["a", "b", "c"]
    assert [path.name for path in path.parent.glob("*.damaged")] == ["000000000009.damaged"]


def test_segments_turn_over_by_size_and_numbers_never_return(tmp_path):
    with Journal(tmp_path, segment_bytes=500) as journal:
        for number in range(20):
            journal.append("r1", [make_event(f"e{number}")])
        assert len(segments.segments_in(tmp_path / "journal" / "room")) > 5
        journal.seal()
    before = {part.name for part in sealing.parts_in(tmp_path)}
    with Journal(tmp_path, segment_bytes=500) as journal:
        journal.append("r1", [make_event("later")])
        journal.seal()
    assert len({part.name for part in sealing.parts_in(tmp_path)} - before) == 1
    assert len(kept(tmp_path)) == 21


def test_ids_are_remembered_in_bounded_memory():
    recent = RecentIds(limit=100)
    recent.update(range(1000))
    assert len(recent) <= 100
    assert 999 in recent and 951 in recent and 0 not in recent


WRITER = """
import sys
from pathlib import Path
from kaibo.lake.append import Journal
from tests.lake.makers import make_event
import threading
life = sys.argv[2]
out = threading.Lock()
with Journal(Path(sys.argv[1]), segment_bytes=20_000) as journal:
    def send(which):
        number = 0
        while True:
            ids = [f"{life}-{which}-{number}-{place}" for place in range(3)]
            answer = journal.append("r1", [make_event(one, "heartbeat", number) for one in ids])
            assert answer.accepted == 3, answer
            with out:
                sys.stdout.write(" ".join(ids) + "\\n")
                sys.stdout.flush()
            number += 1
    for which in range(4):
        threading.Thread(target=send, args=(which,), daemon=True).start()
    while True:
        threading.Event().wait(0.02)
        journal.seal()
"""


@pytest.mark.processes
def test_nothing_acknowledged_is_lost_or_doubled_when_the_writer_is_killed_again_and_again(tmp_path):
    root = Path(__file__).resolve().parent.parent.parent
    acknowledged = []
    for life in range(12):
        writer = subprocess.Popen(
            [sys.executable, "-c", WRITER, str(tmp_path), str(life)],
            stdout=subprocess.PIPE,
            cwd=root,
            env={"PYTHONPATH": f"{root / 'src'}:{root}", "PATH": ""},
        )
        lines = [writer.stdout.readline() for _ in range(40 + 13 * life)]
        writer.send_signal(signal.SIGKILL)
        lines += writer.stdout.readlines()
        writer.wait()
        assert writer.returncode == -signal.SIGKILL
        acknowledged += [one for line in lines if line.endswith(b"\n") for one in line.decode().split()]
    assert len(acknowledged) > 12 * 40
    with Journal(tmp_path) as journal:
        again = [make_event(one, "heartbeat") for one in acknowledged]
        assert journal.append("r1", again) == Appended(accepted=0, duplicates=len(again))
    figures = reading.figures_of(tmp_path, "s1")
    on_disk = set(kept(tmp_path))
    assert set(acknowledged) <= on_disk
    # At most the four calls in flight at each kill may be there without having been answered.
    assert figures.event_counts["heartbeat"] == len(on_disk) <= len(acknowledged) + 12 * 4 * 3
    sealing.seal_abandoned(tmp_path)
    assert reading.figures_of(tmp_path, "s1").event_counts["heartbeat"] == len(on_disk)


FULL_DISK = """
import resource, signal, sys
from pathlib import Path
from kaibo.lake.append import EventsNotWritten, Journal
from tests.lake.makers import make_event
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
with Journal(Path(sys.argv[1])) as journal:
    journal.append("r1", [make_event("before")])
    resource.setrlimit(resource.RLIMIT_FSIZE, (300, resource.RLIM_INFINITY))
    refused = 0
    for number in range(5):
        try:
            journal.append("r1", [make_event(f"big-{number}-{place}") for place in range(20)])
        except EventsNotWritten as complaint:
            refused += 1
            assert complaint.status == 503 and complaint.details["reason"]
    assert refused == 5
    try:
        journal.seal()
    except EventsNotWritten:
        pass
    else:
        raise AssertionError("sealing should not have fitted")
    resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    # The refused events were not remembered as known: their retry is taken.
    print(journal.append("r1", [make_event("big-0-0"), make_event("before")]))
    print(journal.seal() > 0)
"""


@pytest.mark.processes
def test_a_full_disk_refuses_clearly_and_loses_nothing(tmp_path):
    root = Path(__file__).resolve().parent.parent.parent
    ran = subprocess.run(
        [sys.executable, "-c", FULL_DISK, str(tmp_path)],
        capture_output=True,
        text=True,
        cwd=root,
        env={"PYTHONPATH": f"{root / 'src'}:{root}", "PATH": ""},
        check=False,
    )
    assert ran.stderr == ""
    assert ran.stdout.splitlines() == ["Appended(accepted=1, duplicates=1)", "True"]
    assert kept(tmp_path) == ["before", "big-0-0"]
