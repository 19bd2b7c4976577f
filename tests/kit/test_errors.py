"""A complaint reads the same wherever it was raised."""

from __future__ import annotations

import pickle

from kaibo.kit.errors import Conflict, KaiboError


class MarginTooThin(Conflict):
    code = "listing.margin_too_thin"
    message_zh = "{sku} 的毛利只有 {fen} 分"
    message_en = "{sku} earns only {fen} fen"

    def __init__(self, *, sku: str, fen: int) -> None:
        super().__init__(sku=sku, fen=fen)


def test_a_complaint_raised_in_another_process_arrives_whole():
    arrived = pickle.loads(pickle.dumps(MarginTooThin(sku="KB-1", fen=3)))
    assert isinstance(arrived, MarginTooThin)
    assert (arrived.message("zh"), arrived.details, str(arrived)) == ("KB-1 的毛利只有 3 分", {"sku": "KB-1", "fen": 3}, "KB-1 earns only 3 fen")
    assert isinstance(arrived, KaiboError)
