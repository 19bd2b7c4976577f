"""Build the example shop in an empty database: `python -m kaibo.demo.build`, called by `./kaibo demo`."""

from __future__ import annotations

import sys
import time
from datetime import timedelta

from kaibo.config.setup import django_ready

django_ready()  # a program of its own: models can only be imported once Django is up

from kaibo.demo import (  # noqa: E402
    afterwards,
    channels,
    decisions,
    house,
    iteration,
    launches,
    logistics,
    months,
    presale,
    proofs,
    stocks,
    tonight,
    troubles,
)
from kaibo.kit.clock import utc_now  # noqa: E402


def main() -> int:
    """This function will build the shop unless it is there already."""
    if house.is_built():
        return 0
    began = time.monotonic()
    now = utc_now()
    starts_at = now - timedelta(minutes=tonight.MINUTES_IN)
    sys.stderr.write("kaibo: 正在布置示例店… / setting up the example shop…\n")
    built = house.build(now, starts_at)
    tonight.list_goods(built, now - timedelta(days=15))
    tonight.promise(built, now - timedelta(days=1))
    afterwards.before_tonight(built, now)
    session_id = tonight.plan(built, starts_at, now - timedelta(days=5))
    afterwards.announce(session_id, starts_at)
    tonight.go_on_air(session_id, starts_at, utc_now())
    afterwards.around_tonight(built, session_id, now)
    logistics.lay(built, now)
    stocks.lay(built, now)
    launches.lay(built, now)
    channels.lay(built, now)
    presale.lay(built, now)
    troubles.lay(built, now)
    proofs.keep(built, now)
    months.lay(built, now)
    decisions.decide(built, now)
    iteration.lay(built, now)
    sys.stderr.write(f"kaibo: 示例店已就绪（{time.monotonic() - began:.0f} 秒） / the example shop is ready\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
