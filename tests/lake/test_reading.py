"""INS-1: figures of a small session computed by hand, and of a real shop's log whose counts are known."""

import csv
from datetime import datetime, timedelta
from itertools import islice

import pytest

from kaibo.lake import reading
from kaibo.lake.append import Journal
from kaibo.lake.schema import Event, believable_time
from tests.corpora import shared_data
from tests.lake.makers import START, make_event

# Four visitors, ten minutes. a: 0–300 and again 400–460 with heartbeats but no leave; b: 60–360; c: 60 only, silent;
# d: never entered here (came before the window), heartbeat at 590.
STORY = [
    make_event("1", "enter", 0, "a"),
    make_event("2", "heartbeat", 30, "a"),
    make_event("3", "expose", 40, "a", item="coat"),
    make_event("4", "click", 50, "a", item="coat"),
    make_event("5", "leave", 300, "a"),
    make_event("6", "enter", 400, "a"),
    make_event("7", "heartbeat", 460, "a"),
    make_event("8", "enter", 60, "b"),
    make_event("9", "expose", 70, "b", item="coat"),
    make_event("10", "expose", 80, "b", item="coat"),
    make_event("11", "like", 90, "b"),
    make_event("12", "follow", 95, "b"),
    make_event("13", "expose", 100, "b", item="scarf"),
    make_event("14", "leave", 360, "b"),
    make_event("15", "enter", 60, "c"),
    make_event("16", "click", 60, "c", item="scarf"),
    make_event("17", "heartbeat", 590, "d"),
    make_event("18", "order", 55, "a", item="coat", value=19900),
    make_event("19", "pay", 58, "a", item="coat", value=19900),
    make_event("20", "comment", 65, "c"),
]


@pytest.fixture(params=["journal", "sealed", "both"])
def lake(request, tmp_path):
    with Journal(tmp_path) as journal:
        journal.append("r1", STORY[:10])
        if request.param != "journal":
            journal.seal()
        journal.append("r1", STORY[10:])
        journal.append("r1", [make_event("other", "enter", 5, "z", session="s2")])
        if request.param == "sealed":
            journal.seal()
    return tmp_path


def test_a_small_session_gives_the_figures_computed_by_hand(lake):
    figures = reading.figures_of(lake, "s1", START, START + timedelta(minutes=10))
    assert figures.value("viewers") == 4
    assert figures.value("views") == 4  # a twice, b, c
    assert figures.value("peak_online") == 3  # a, b, c at second 60
    dwell = figures.figure("average_dwell")
    assert (dwell.numerator_count, dwell.denominator_count, dwell.value) == (300 + 60 + 300 + 5, 4, 166.2)
    interaction = figures.figure("interaction_rate")
    assert (interaction.numerator_count, interaction.denominator_count, interaction.value) == (2, 4, 5000)
    assert [figures.value(f"{kind}_people") for kind in ("comment", "like", "share", "follow", "cart")] == [
        1,
        1,
        0,
        1,
        0,
    ]
    assert figures.value("click_rate") == 5000
    assert figures.items == (
        reading.ItemFigures("coat", 2, 3, 1, 1, 0, 5000),
        reading.ItemFigures("scarf", 1, 1, 1, 1, 0, 10000),
    )


def test_minutes_show_who_was_there_who_came_and_what_was_clicked(lake):
    minutes = reading.figures_of(lake, "s1").minutes
    assert [minute.starts_at for minute in minutes] == [START + timedelta(minutes=number) for number in range(10)]
    assert [minute.online for minute in minutes] == [1, 3, 2, 2, 2, 2, 2, 1, 0, 1]
    assert [minute.entered for minute in minutes] == [1, 2, 0, 0, 0, 0, 1, 0, 0, 0]
    assert [minute.clicks for minute in minutes] == [1, 1, 0, 0, 0, 0, 0, 0, 0, 0]


def test_the_window_is_half_open(lake):
    figures = reading.figures_of(lake, "s1", START + timedelta(seconds=60), START + timedelta(seconds=400))
    assert figures.event_counts == {
        "click": 1,
        "comment": 1,
        "enter": 2,
        "expose": 3,
        "follow": 1,
        "leave": 2,
        "like": 1,
    }


def test_the_count_of_one_kind_is_that_of_all_figures(lake):
    counted = reading.figures_of(lake, "s1").event_counts
    assert {kind: reading.count_of(lake, "s1", kind) for kind in counted} == counted
    assert reading.count_of(lake, "s1", "nothing") == reading.count_of(lake, "nowhere", "enter") == 0


def test_every_figure_carries_its_definition(lake):
    for figure in reading.figures_of(lake, "s1").figures:
        assert figure.title and figure.numerator and figure.source == "kaibo.room.events" and figure.version == 1
        assert figure.dedupe_key in {"visitor", "room + event id"}
        assert (figure.denominator is None) == (figure.denominator_count is None)


def test_the_funnel_counts_people_who_came_through_every_step(lake):
    steps = reading.funnel(lake, "s1")
    assert [(step.kind, step.people, step.through, step.from_previous_bp) for step in steps] == [
        ("enter", 3, 3, None),
        ("expose", 2, 2, 6667),
        ("click", 2, 1, 5000),  # c clicked without having been shown anything
        ("order", 1, 1, 10000),
        ("pay", 1, 1, 10000),
    ]


def test_the_funnel_finds_the_later_passage_when_the_first_came_too_early(tmp_path):
    with Journal(tmp_path) as journal:
        early = make_event("1", "click", 1), make_event("2", "expose", 2), make_event("3", "click", 3)
        journal.append("r1", early)
    assert [step.through for step in reading.funnel(tmp_path, "s1", steps=("expose", "click"))] == [1, 1]


def test_an_empty_lake_has_figures_of_nothing(tmp_path):
    figures = reading.figures_of(tmp_path, "s1")
    assert figures.value("viewers") == 0
    assert figures.value("average_dwell") is None
    assert figures.value("interaction_rate") is None
    assert figures.minutes == () and figures.items == ()
    with pytest.raises(KeyError):
        figures.figure("nonsense")


def test_an_event_sealed_and_still_in_a_journal_counts_once(tmp_path):
    for writer in ("room-1", "room-2"):
        with Journal(tmp_path, writer=writer) as journal:
            journal.append("r1", STORY)
            if writer == "room-1":
                journal.seal()
    # room-2 knows room-1's sealed ids and takes nothing; write its copy past the door, as a crash between would.
    from kaibo.lake import segments

    folder = tmp_path / "journal" / "room-3"
    folder.mkdir()
    segments.segment_path(folder, 1).write_bytes(segments.MAGIC + segments.record_of(segments.payload_of(STORY)))
    assert reading.figures_of(tmp_path, "s1").value("views") == 4


def test_a_long_silence_is_not_dwelling(tmp_path):
    with Journal(tmp_path) as journal:
        journal.append(
            "r1",
            [make_event("1", "enter", 0), make_event("2", "heartbeat", 60), make_event("3", "heartbeat", 60 + 1801)],
        )
    assert reading.figures_of(tmp_path, "s1").value("average_dwell") == 60
    assert reading.figures_of(tmp_path, "s1", silence_limit_seconds=1801).value("average_dwell") == 1861


def test_parts_lie_by_shanghai_day_and_session(tmp_path):
    with Journal(tmp_path) as journal:
        journal.append("r1", [make_event("1", second=0), make_event("2", second=4 * 3600)])  # 20:00 and 00:00
        journal.seal()
    assert sorted(str(path.relative_to(tmp_path)) for path in tmp_path.glob("events/**/*.parquet")) == [
        "events/day=2026-11-22/session=s1/part-room-000000000001.parquet",
        "events/day=2026-11-23/session=s1/part-room-000000000001.parquet",
    ]


def test_a_clock_that_is_off_gives_way_to_the_time_of_receipt():
    assert believable_time(START - timedelta(hours=3), received_at=START) == START - timedelta(hours=3)
    assert believable_time(START - timedelta(hours=25), received_at=START) == START
    assert believable_time(START + timedelta(minutes=6), received_at=START) == START
    assert believable_time(START.replace(tzinfo=None), received_at=START) == START


@pytest.mark.corpus
def test_a_real_shop_log_gives_its_known_counts(tmp_path):
    kinds = {"view": "expose", "cart": "cart", "purchase": "pay"}
    with shared_data("rees46_events/2019-Oct_sample.csv").open(encoding="utf-8") as file:
        events = [
            Event(
                id=f"row-{number}",
                kind=kinds[row["event_type"]],
                at=(at := datetime.strptime(row["event_time"], "%Y-%m-%d %H:%M:%S %Z").replace(tzinfo=START.tzinfo)),
                received_at=at,
                room="shop",
                session="2019-10",
                visitor=row["user_id"],
                item=row["product_id"],
                value=round(float(row["price"]) * 100),
            )
            for number, row in enumerate(csv.DictReader(file))
        ]
    with Journal(tmp_path) as journal:
        rest = iter(events)
        while batch := list(islice(rest, 1000)):
            assert journal.append("shop", batch).accepted == len(batch)
        journal.seal()
        assert journal.append("shop", events[:500]).duplicates == 500
    figures = reading.figures_of(tmp_path, "2019-10")
    assert figures.event_counts == {"cart": 165, "expose": 17056, "pay": 214}
    assert sum(item.expose_times for item in figures.items) == 17056
    shown, carted, paid = reading.funnel(tmp_path, "2019-10", steps=("expose", "cart", "pay"))
    assert shown.people == len({event.visitor for event in events if event.kind == "expose"})
    assert (carted.people, paid.people) == tuple(
        len({event.visitor for event in events if event.kind == kind}) for kind in ("cart", "pay")
    )
