"""The table of divisions 行政区划 (2023 statistics, to the county) and the names people shorten them to."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

_TABLE = Path(__file__).with_name("divisions.txt")
_NO_CITY = frozenset({"市辖区", "县", "省直辖县级行政区划", "自治区直辖县级行政区划"})
"""Rows of the table that are no place a person would write: the city is then the municipality or the county itself."""
_PEOPLES = "壮族|回族|维吾尔|藏族|羌族|彝族|苗族|侗族|布依族|土家族|傣族|景颇族|哈尼族|白族|傈僳族|蒙古族?|蒙古|哈萨克|柯尔克孜|朝鲜族|黎族|满族|瑶族|畲族"
_SHORT_PROVINCES = {"内蒙古自治区": "内蒙古"}
_PROVINCE_END = re.compile(rf"((?:{_PEOPLES})*自治区|特别行政区|省|市)$")
_CITY_END = re.compile(rf"((?:{_PEOPLES})*自治州|地区|市|盟)$")


@dataclass(frozen=True, slots=True)
class City:
    """A city of a province with its areas 区县."""

    province: str
    name: str
    areas: tuple[str, ...]


@dataclass(slots=True)
class Divisions:
    """The table, looked up by any name a person might write."""

    provinces: dict[str, str] = field(default_factory=dict)
    """written → full name"""
    cities: dict[str, list[City]] = field(default_factory=dict)
    """written → the cities called so, all over the country"""
    areas: dict[str, list[tuple[City, str]]] = field(default_factory=dict)
    """written → (city, full name of the area)"""
    lengths: dict[str, tuple[int, ...]] = field(default_factory=dict)
    """first two letters → how long the names that begin so are, longest first: no other beginnings need be looked up"""


@cache
def divisions() -> Divisions:
    """This function will read the table once."""
    table = Divisions()
    municipal: dict[str, tuple[str, ...]] = {}
    """A municipality's areas stand in two rows of the table, 市辖区 and 县: one city for people."""
    for line in _TABLE.read_text(encoding="utf-8").splitlines():
        if line.startswith("#") or not line:
            continue
        province, city_name, listed = line.split("|")
        areas = tuple(filter(None, listed.split(",")))
        _add_province(table, province)
        if province.endswith("市"):
            municipal[province] = municipal.get(province, ()) + areas
            continue
        for city in _cities_of(province, city_name, areas):
            _add_city(table, city)
    for province, areas in municipal.items():
        _add_city(table, City(province, province, areas))
    table.lengths = _lengths([*table.provinces, *table.cities, *table.areas])
    return table


def _lengths(names: Iterable[str]) -> dict[str, tuple[int, ...]]:
    found: dict[str, set[int]] = {}
    for name in names:
        found.setdefault(name[:2], set()).add(len(name))
    return {begin: tuple(sorted(lengths, reverse=True)) for begin, lengths in found.items()}


def _add_city(table: Divisions, city: City) -> None:
    for written in {city.name, _short(city.name, _CITY_END)}:
        table.cities.setdefault(written, []).append(city)
    for area in city.areas:
        for written in {area, area[:-1] if area.endswith("市") and len(area) > 2 else area}:
            table.areas.setdefault(written, []).append((city, area))


def _add_province(table: Divisions, province: str) -> None:
    for written in {province, _SHORT_PROVINCES.get(province, _short(province, _PROVINCE_END))}:
        table.provinces[written] = province


def _cities_of(province: str, city_name: str, areas: tuple[str, ...]) -> list[City]:
    if city_name not in _NO_CITY:
        return [City(province, city_name, areas)]
    return [City(province, area, (area,)) for area in areas]


def _short(name: str, ending: re.Pattern[str]) -> str:
    short = ending.sub("", name)
    return short if len(short) >= 2 else name
