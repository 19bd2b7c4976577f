"""Couriers 快递公司: their names as people write them, and the codes other systems know them by.   Source: facts/platforms §3. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache


@dataclass(frozen=True, slots=True)
class Courier:
    """A courier. `key` is 快递100's code, which several platforms use too; `needs_phone`: it tells nothing without the last four digits."""

    key: str
    zh: str
    kdniao: str
    also: tuple[str, ...] = ()
    needs_phone: bool = False


COURIERS = (
    Courier("shunfeng", "顺丰", "SF", ("sf", "顺丰速运"), needs_phone=True),
    Courier("zhongtong", "中通", "ZTO", ("zto", "中通快递")),
    Courier("yuantong", "圆通", "YTO", ("yto", "圆通速递")),
    Courier("shentong", "申通", "STO", ("sto", "申通快递")),
    Courier("yunda", "韵达", "YD", ("yd", "韵达快递", "韵达速递")),
    Courier("jtexpress", "极兔", "JTSD", ("jtsd", "极兔速递")),
    Courier("jd", "京东", "JD", ("京东物流", "京东快递")),
    Courier("debangkuaidi", "德邦", "DBL", ("dbl", "dbkd", "德邦快递")),
    Courier("ems", "EMS", "EMS", ("邮政特快",)),
    Courier("youzhengguonei", "邮政", "YZPY", ("yzpy", "中国邮政", "邮政快递包裹", "postb")),
)
_BY_NAME = {name.lower(): one for one in COURIERS for name in (one.key, one.zh, *one.also)}


@lru_cache(maxsize=256)
def courier_of(name: str) -> Courier | None:
    """This function will give the courier somebody means: by its code, its short or its full name."""
    said = name.strip().lower()
    if said in _BY_NAME:
        return _BY_NAME[said]
    return next((one for one in COURIERS if one.zh.lower() in said), None)
