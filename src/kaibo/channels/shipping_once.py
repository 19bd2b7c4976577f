"""Telling a platform of a parcel where nothing of ours makes the call count once: the order is looked at before every try."""

from __future__ import annotations

from collections.abc import Callable

from kaibo.channels.asking import Asker
from kaibo.kit.shop_channels import ParcelTaken, ParcelWrite, PlatformOrder
from kaibo.kit.shop_complaints import ShopRefused


def ship_once(
    asker: Asker, parcel: ParcelWrite, *, look: Callable[[], PlatformOrder], send: Callable[[PlatformOrder], str]
) -> ParcelTaken:
    """
    This function will send a parcel that does not stand there yet; `send` makes one call and gives the parcel's number.

    A line that breaks while the platform was doing it leaves the parcel standing, which the next look sees.
    Raises: what `send` raises; a no is believed only when the parcel does not stand there afterwards.
    """

    def try_once() -> ParcelTaken:
        stands = look()
        if stands.has_parcel(parcel.tracking_no):
            return ParcelTaken(is_repeat=True)
        try:
            return ParcelTaken(parcel_id=send(stands))
        except ShopRefused:
            if look().has_parcel(parcel.tracking_no):
                return ParcelTaken(is_repeat=True)
            raise

    return asker.patiently(try_once)


def units_to_send(parcel: ParcelWrite, order: PlatformOrder) -> list[tuple[str, int]]:
    """This function will give (line number, units) a parcel holds: those it names, or all that have not left."""
    return list(parcel.lines) or [(line.line_no, line.quantity - line.shipped) for line in order.lines if line.quantity > line.shipped]
