"""How a push is judged: broken within three seconds, weak with a reason, quiet when the show is over."""

from __future__ import annotations

from kaibo.ingest.health import Health, Seen, State, Watched, Why

STEP = 0.5
BYTES = 62_500  # each half second: 1,000 kbit/s


def run(watched, *, start=0.0, seconds=10.0, each=BYTES, come=0, **more):
    """Look each half second at a push that brings `each` bytes a look; give the last judgement, when it was, and the bytes."""
    told, at = None, start
    while at < start + seconds:
        at += STEP
        come += each
        told = watched.see(Seen(at, come, **more), now=at)
    return told, at, come


def test_a_steady_push_is_on_air_with_its_bit_rate():
    told, _, _ = run(Watched(), promised_rate=25, rate_centi=2500, key_frame_age_seconds=1.0)
    assert told == Health(State.ON_AIR, Why.NONE, 1000, 2500)


def test_nobody_pushing_is_off_and_no_alarm():
    assert Watched().see(None, now=1.0) == Health(State.OFF, Why.NONE, 0)


def test_an_encoder_that_goes_away_is_broken_at_the_next_look():
    watched = Watched()
    _, at, _ = run(watched)
    assert watched.see(None, now=at + STEP) == Health(State.BROKEN, Why.GONE, 0)


def test_a_connection_that_stays_silent_is_broken_after_three_seconds_and_not_before():
    watched = Watched()
    _, at, come = run(watched)
    judged = [watched.see(Seen(at + n * STEP, come), now=at + n * STEP).state for n in range(1, 8)]
    assert [one is State.BROKEN for one in judged] == [False] * 5 + [True] * 2
    assert watched.see(Seen(at + 4, come), now=at + 4).why is Why.SILENT


def test_a_broken_push_that_comes_back_is_on_air_again():
    watched = Watched()
    _, at, _ = run(watched)
    watched.see(None, now=at + STEP)
    told, _, _ = run(watched, start=at + 5, seconds=5)
    assert told.state is State.ON_AIR


def test_half_the_usual_bit_rate_is_weak():
    watched = Watched()
    _, at, come = run(watched, seconds=40)
    told, _, _ = run(watched, start=at, seconds=4, each=BYTES * 49 // 100, come=come)
    assert (told.state, told.why, told.bitrate_kbps) == (State.WEAK, Why.BITRATE, 490)


def test_just_over_half_the_usual_bit_rate_is_not_weak():
    watched = Watched()
    _, at, come = run(watched, seconds=40)
    told, _, _ = run(watched, start=at, seconds=4, each=BYTES * 51 // 100, come=come)
    assert told.state is State.ON_AIR


def test_a_fifth_of_the_frames_missing_is_the_line():
    assert run(Watched(), promised_rate=25, rate_centi=2000)[0].state is State.ON_AIR
    assert run(Watched(), promised_rate=25, rate_centi=1999)[0] == Health(State.WEAK, Why.FRAME_RATE, 1000, 1999)


def test_an_old_key_frame_is_weak_because_new_viewers_see_nothing():
    assert run(Watched(), key_frame_age_seconds=8.0)[0].state is State.ON_AIR
    assert run(Watched(), key_frame_age_seconds=8.1)[0].why is Why.KEY_FRAME


def test_the_first_seconds_of_a_push_are_not_judged_weak():
    told, _, _ = run(Watched(), seconds=7, promised_rate=25, rate_centi=100, key_frame_age_seconds=60)
    assert told.state is State.ON_AIR


def test_when_the_show_is_over_a_push_that_ends_is_no_break():
    watched = Watched()
    _, at, _ = run(watched)
    assert watched.see(None, now=at + 1, was_ended=True).state is State.OFF
    assert watched.see(None, now=at + 2).state is State.OFF


def test_a_new_push_under_the_old_name_starts_its_own_history():
    watched = Watched()
    _, at, _ = run(watched, seconds=40)
    told = watched.see(Seen(at + STEP, 1000), now=at + STEP)
    assert told == Health(State.ON_AIR, Why.NONE, 0, None)
    assert watched.usual_kbps() == 0
