"""The ways to pay this installation has, for the back of house: refunds, questions, bills."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache

from django.conf import settings
from django.utils.module_loading import import_string

from kaibo.kit.payments import PayChannel


@cache
def pay_channels() -> Mapping[str, PayChannel]:
    """This function will give the channels by key (the dotted path in settings.KAIBO_PAY_CHANNELS makes them)."""
    make: Callable[[], Mapping[str, PayChannel]] = import_string(settings.KAIBO_PAY_CHANNELS)
    return make()
