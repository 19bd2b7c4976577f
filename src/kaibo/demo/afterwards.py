"""What surrounds tonight: earlier figures, orders from platforms, cases, members, mentions."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from kaibo.demo import files
from kaibo.demo.house import House, bring_file


def before_tonight(house: House, now: datetime) -> None:
    """This function will bring what the shop knew before: hot words, its customers' purchases."""
    bring_file("hemu", "hotwords", "热词榜.csv", files.hot_words(), shop_id=house.shop_id, now=now)


def around_tonight(house: House, session_id: UUID, now: datetime) -> None:
    """This function will bring what arrives around the session."""
