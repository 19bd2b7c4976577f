"""One address text → province, city, area, detail; what a text leaves out is filled in only where it is certain."""

from __future__ import annotations

import re
from functools import lru_cache

import msgspec

from kaibo.stages.orders.addresses.divisions import City, divisions

LONGEST_NAME = 15
_NOISE = re.compile(r"[\s,，;；|/\\·]+")
_COUNTRY = re.compile(r"^(中国|中华人民共和国)")
_ZONE = re.compile(r"^[\u4e00-\u9fff]{0,6}?(高新技术产业开发区|经济技术开发区|高新区|经开区|开发区|工业园区|示范区|新区)")
"""Development zones are no divisions, yet couriers and buyers use them as areas."""
_CIPHER = re.compile(r"^(##|\$\$|~|#)\S{7,}|\S{20,}(##|\$\$)")


class Address(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """What was understood. An empty part was neither written nor certain."""

    province: str = ""
    city: str = ""
    area: str = ""
    detail: str = ""

    @property
    def missing(self) -> str:
        """The first part a parcel cannot do without: `province`, `city`, `area`, `detail` or nothing."""
        if self.province and self.city and self.area:
            return "" if len(self.detail) >= 3 else "detail"
        return "province" if not self.province else "city" if not self.city else "area"

    @property
    def place(self) -> str:
        return "".join(dict.fromkeys(filter(None, (self.province, self.city, self.area))))


def is_cipher(text: str) -> bool:
    """This function will say whether a text is a platform's ciphertext: kept as it is, never an error.   Source: facts/platforms §0.7."""
    return ("#" in text or "$" in text or "~" in text) and bool(_CIPHER.search(text))


@lru_cache(maxsize=8_192)
def parse_address(text: str) -> Address:
    """
    This function will read an address as people and platforms write it.

    `浙江杭州西湖区文三路1号`, `杭州市西湖区…`, `北京市市辖区朝阳区…` and `义乌市…` all come out whole. A county name that
    several provinces have (`朝阳区`) stays unplaced when nothing else says which.   Source: ORD-2.
    """
    rest = _COUNTRY.sub("", _NOISE.sub("", text))
    table = divisions()
    province, rest = _take(rest, table.provinces)
    full_province = table.provinces[province] if province else ""
    rest = _without_repeat(rest, full_province)
    city, rest = _take_city(rest, full_province)
    area_city, area, rest = _take_area(rest, full_province, city)
    place = city or area_city
    if place and not area and place.areas == (place.name,):
        area = place.name
    if place and not area and (zone := _ZONE.match(rest)):
        area, rest = zone.group(0), rest[zone.end() :]
    return Address(full_province or (place.province if place else ""), place.name if place else "", area, rest)


def parse_columns(province: str, city: str, area: str, street: str, detail: str) -> Address:
    """
    This function will read an address that comes in columns, as `parse_address(join_parts(…))` would; the place, which a file
    repeats thousands of times, is read once.
    """
    head = f"{province}{city}{area}"
    joined = join_parts(province, city, area, street, detail)
    whole = _whole_place(head)
    rest = _NOISE.sub("", joined[len(head) :])
    if whole is None or rest.startswith(whole[1]):
        return parse_address(joined)
    place = whole[0]
    return Address(place.province, place.city, place.area, rest)


@lru_cache(maxsize=8_192)
def _whole_place(head: str) -> tuple[Address, tuple[str, ...]] | None:
    """What a head means, and the texts that would change its meaning if they came next; None where it is no whole place."""
    place = parse_address(head)
    head = _NOISE.sub("", head)
    is_whole = place.province and place.city and place.area and not place.detail and place.area != place.city
    if not is_whole or not head.endswith(place.area):
        return None
    endings = (head[-length:] for length in range(1, min(LONGEST_NAME, len(head)) + 1))
    return place, tuple(rest for end in endings for rest in _rest_of_names().get(end, ()))


@lru_cache(maxsize=1)
def _rest_of_names() -> dict[str, list[str]]:
    """Each beginning of a name → how such names go on; of all names of the table and the one other word the parser takes for one."""
    table = divisions()
    cities = {city.name for found in table.cities.values() for city in found}
    found: dict[str, list[str]] = {}
    for name in {*table.provinces, *table.provinces.values(), *table.cities, *cities, *table.areas, "市辖区"}:
        for length in range(1, len(name)):
            found.setdefault(name[:length], []).append(name[length:])
    return found


def join_parts(province: str, city: str, area: str, street: str, detail: str) -> str:
    """This function will join an address that comes in columns; a detail that repeats the columns is kept once."""
    head = "".join(filter(None, (province, city, area)))
    tail = detail[len(head) :] if head and detail.startswith(head) else detail
    return head + (street if street and not tail.startswith(street) else "") + tail


def _take(text: str, names: dict[str, str] | dict[str, list[City]]) -> tuple[str, str]:
    """The longest known name the text begins with, and what follows it."""
    for length in divisions().lengths.get(text[:2], ()):
        if text[:length] in names:
            return text[:length], text[length:]
    return "", text


def _without_repeat(text: str, province: str) -> str:
    """`北京市北京市朝阳区`, `北京市市辖区朝阳区`, `广东省广东省深圳市`: said twice, meant once."""
    while province and text.startswith(province) and not province.endswith("市"):
        text = text[len(province) :]
    if province.endswith("市") and text.startswith("市辖区"):
        return text[3:]
    return text


def _take_city(text: str, province: str) -> tuple[City | None, str]:
    table = divisions()
    for length in table.lengths.get(text[:2], ()):
        found = [city for city in table.cities.get(text[:length], ()) if not province or city.province == province]
        if len(found) == 1 and not _is_rather_an_area(text, length, found[0]):
            return found[0], _without_city(text[length:], found[0])
    if province.endswith("市"):
        return table.cities[province][0], text
    return None, text


def _without_city(rest: str, city: City) -> str:
    """`杭州市杭州市西湖区` says the city twice; `唐山市唐山市汉沽管理区` names an area that is called so."""
    if rest.startswith(city.areas):
        return rest
    return rest.removeprefix(city.name).removeprefix("市辖区")


def _is_rather_an_area(text: str, length: int, city: City) -> bool:
    """`吉林市` is a city, `吉林大路` a street: a shortened city name must not eat the beginning of a road."""
    return text[:length] != city.name and text[length : length + 1] in {"路", "街", "大", "区", "县", "镇", "乡"}


def _take_area(text: str, province: str, city: City | None) -> tuple[City | None, str, str]:
    table = divisions()
    for length in table.lengths.get(text[:2], ()):
        found = [
            (place, area) for place, area in table.areas.get(text[:length], ())
            if (not province or place.province == province) and (city is None or place == city)
        ]
        if len(found) == 1:
            place, area = found[0]
            rest = text[length:]
            return place, area, rest.removeprefix(area[length:]) if length < len(area) else rest
    return None, "", text
