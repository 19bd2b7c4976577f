"""The trackers this installation can use, by key: all the back of house knows of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache

from django.conf import settings
from django.utils.module_loading import import_string

from kaibo.kit.trackers import TrackerKind


@cache
def tracker_kinds() -> Mapping[str, TrackerKind]:
    """This function will give the trackers by key (the dotted path in settings.KAIBO_TRACKER_KINDS makes them)."""
    make: Callable[[], Mapping[str, TrackerKind]] = import_string(settings.KAIBO_TRACKER_KINDS)
    return make()
