"""The accounts of the example shop, as plain words. One password for all: this data folder is for trying things out."""

from __future__ import annotations

from dataclasses import dataclass

PASSWORD = "kaibo-demo-2026"  # noqa: S105  the example shop's password is printed on start


@dataclass(frozen=True, slots=True)
class Member:
    account: str
    name: str
    roles: tuple[str, ...]
    what: str


CAST: tuple[Member, ...] = (
    Member("linxia", "林夏", ("owner", "host"), "店长兼主播"),
    Member("chenyi", "陈一", ("selection",), "选品"),
    Member("wuyue", "吴越", ("quality",), "品控"),
    Member("sufei", "苏菲", ("compliance",), "合规"),
    Member("hemu", "何沐", ("operations",), "运营"),
    Member("xunuo", "许诺", ("operations", "analyst"), "运营、数据"),
    Member("zhouzhou", "周舟", ("control",), "场控"),
    Member("tangtang", "唐棠", ("host",), "主播"),
    Member("jiangnan", "江楠", ("host",), "主播"),
    Member("luming", "陆鸣", ("technician",), "技术"),
    Member("qiuyu", "秋雨", ("service",), "客服"),
    Member("shencang", "沈仓", ("warehouse",), "仓配"),
    Member("baishu", "白舒", ("analyst",), "数据"),
)
