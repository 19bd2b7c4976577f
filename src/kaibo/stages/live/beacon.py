"""A public randomness beacon (drand's HTTP interface): who it is, and one round of it."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from typing import Any

from kaibo.kit.draws import Pulse
from kaibo.stages.live.draw_terms import BeaconAway, BeaconInfo

TIMEOUT_SECONDS = 3
MOST_BYTES = 20_000


def info_of(relay: str) -> BeaconInfo:
    """This function will ask a relay which chain it serves.   Raises: BeaconAway."""
    told = _get(f"{relay}/info")
    try:
        return BeaconInfo(str(told["hash"]), int(told["genesis_time"]), int(told["period"]), (relay,))
    except (KeyError, TypeError, ValueError) as strange:
        raise BeaconAway from strange


def pulse_of(relay: str, number: int) -> Pulse:
    """
    This function will fetch one round; it is checked by whoever draws: right round, value = SHA-256 of the signature.

    The BLS signature itself is not verified here, and pages say so.   Raises: BeaconAway.
    """
    told = _get(f"{relay}/public/{number}")
    try:
        return Pulse(int(told["round"]), str(told["randomness"]).lower(), str(told["signature"]).lower())
    except (KeyError, TypeError, ValueError) as strange:
        raise BeaconAway from strange


def _get(address: str) -> dict[str, Any]:
    if not address.startswith(("https://", "http://")):
        raise BeaconAway
    try:
        with urllib.request.urlopen(address, timeout=TIMEOUT_SECONDS) as answer:  # noqa: S310  the scheme is checked above
            told = json.loads(answer.read(MOST_BYTES))
    except (OSError, ValueError, urllib.error.URLError) as away:
        raise BeaconAway from away
    return told if isinstance(told, dict) else {}
