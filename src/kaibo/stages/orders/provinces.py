"""Where provinces are, by their capitals, to tell which warehouse is nearer. Pure.   Source: general geography, to a tenth of a degree."""

from __future__ import annotations

import math
from collections.abc import Mapping

CAPITALS: Mapping[str, tuple[float, float]] = {
    "北京": (39.9, 116.4), "天津": (39.1, 117.2), "河北": (38.0, 114.5), "山西": (37.9, 112.5), "内蒙古": (40.8, 111.7), "辽宁": (41.8, 123.4),
    "吉林": (43.9, 125.3), "黑龙江": (45.8, 126.5), "上海": (31.2, 121.5), "江苏": (32.1, 118.8), "浙江": (30.3, 120.2), "安徽": (31.8, 117.2),
    "福建": (26.1, 119.3), "江西": (28.7, 115.9), "山东": (36.7, 117.0), "河南": (34.8, 113.6), "湖北": (30.6, 114.3), "湖南": (28.2, 112.9),
    "广东": (23.1, 113.3), "广西": (22.8, 108.3), "海南": (20.0, 110.3), "重庆": (29.6, 106.6), "四川": (30.7, 104.1), "贵州": (26.6, 106.7),
    "云南": (25.0, 102.7), "西藏": (29.7, 91.1), "陕西": (34.3, 108.9), "甘肃": (36.1, 103.8), "青海": (36.6, 101.8), "宁夏": (38.5, 106.2),
    "新疆": (43.8, 87.6), "台湾": (25.0, 121.5), "香港": (22.3, 114.2), "澳门": (22.2, 113.5),
}  # fmt: skip
FAR_KM = 99_999
_EARTH_KM = 6_371.0


def short_name(province: str) -> str:
    """This function will give a province as people say it: 新疆维吾尔自治区 → 新疆; empty where it is none."""
    return next((name for name in CAPITALS if province.startswith(name)), "")


def distance_km(one: str, other: str) -> int:
    """This function will give how far two provinces' capitals are from each other; very far where one is not known."""
    here, there = CAPITALS.get(short_name(one)), CAPITALS.get(short_name(other))
    if here is None or there is None:
        return FAR_KM
    (lat_a, lon_a), (lat_b, lon_b) = ((math.radians(lat), math.radians(lon)) for lat, lon in (here, there))
    arc = math.sin((lat_b - lat_a) / 2) ** 2 + math.cos(lat_a) * math.cos(lat_b) * math.sin((lon_b - lon_a) / 2) ** 2
    return round(2 * _EARTH_KM * math.asin(math.sqrt(arc)))
