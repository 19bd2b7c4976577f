"""Which trackers parcels can be followed with: the only place that knows all of them."""

from __future__ import annotations

from collections.abc import Mapping

from kaibo.channels.track_kdniao.channel import KIND as KDNIAO
from kaibo.channels.track_kuaidi100.channel import KIND as KUAIDI100
from kaibo.kit.trackers import TrackerKind


def all_kinds() -> Mapping[str, TrackerKind]:
    """This function will give the trackers to the back of house (`plumbing.tracker_kinds`)."""
    return {kind.key: kind for kind in (KUAIDI100, KDNIAO)}
