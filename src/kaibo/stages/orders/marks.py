"""The mark of a receiver under this installation's secret."""

from __future__ import annotations

from django.conf import settings

from kaibo.stages.orders.masking import keyed_mark, masked_receiver

__all__ = ["masked_receiver", "receiver_mark"]


def receiver_mark(phone: str, address: str) -> str:
    """This function will give a keyed hash that is equal for the same receiver at the same address, and useless otherwise."""
    return keyed_mark(settings.SECRET_KEY, phone, address)
