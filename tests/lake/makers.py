"""Events for tests, made without chance."""

from datetime import UTC, datetime, timedelta

from kaibo.lake.schema import Event

START = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)  # 20:00 in Shanghai


def make_event(id="e1", kind="enter", second=0.0, visitor="v1", *, room="r1", session="s1", item=None, value=None):
    at = START + timedelta(seconds=second)
    return Event(
        id=id, kind=kind, at=at, received_at=at, room=room, session=session, visitor=visitor, item=item, value=value
    )


def make_events(first, last):
    return [make_event(f"e{number}", "heartbeat", number, f"v{number % 7}") for number in range(first, last)]
