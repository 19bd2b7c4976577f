"""Addresses and the five fields, without a database."""

from __future__ import annotations

import csv
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kaibo.stages.orders.addresses.divisions import divisions
from kaibo.stages.orders.addresses.parser import Address, is_cipher, join_parts, parse_address, parse_columns
from kaibo.stages.orders import verification
from kaibo.stages.orders.verification import KnownItem, check_address, check_item, check_price, check_quantity, edit_distance
from tests.corpora import shared_data

COAT = KnownItem(UUID(int=1), "KB-2417-B-M", "短款羊毛双面呢外套", "黑色 / M", 59_900)
LONG = KnownItem(UUID(int=2), "KB-2418-C-L", "长款风衣", "驼色 / L", 69_900)


@pytest.mark.parametrize(
    "written, province, city, area, detail",
    [
        ("浙江省杭州市西湖区文三路1号", "浙江省", "杭州市", "西湖区", "文三路1号"),
        ("浙江杭州西湖区文三路1号", "浙江省", "杭州市", "西湖区", "文三路1号"),
        ("北京市市辖区朝阳区建国路88号", "北京市", "北京市", "朝阳区", "建国路88号"),
        ("上海浦东新区张江路1号", "上海市", "上海市", "浦东新区", "张江路1号"),
        ("义乌市稠城街道1号", "浙江省", "金华市", "义乌市", "稠城街道1号"),
        ("广东省东莞市长安镇锦厦路3号", "广东省", "东莞市", "东莞市", "长安镇锦厦路3号"),
        ("湖北省仙桃市沔阳大道2号", "湖北省", "仙桃市", "仙桃市", "沔阳大道2号"),
        ("内蒙古 呼和浩特 新城区 一号楼", "内蒙古自治区", "呼和浩特市", "新城区", "一号楼"),
        ("四川省成都市高新区天府大道", "四川省", "成都市", "高新区", "天府大道"),
        ("朝阳区建国路88号", "", "", "", "朝阳区建国路88号"),
        ("香港特别行政区九龙油尖旺区弥敦道1号", "香港特别行政区", "九龙", "油尖旺区", "弥敦道1号"),
    ],
)
def test_an_address_is_read_as_people_write_it(written, province, city, area, detail):
    assert parse_address(written) == Address(province, city, area, detail)


@pytest.mark.corpus
def test_every_county_of_the_country_is_found_again():
    provinces = {row["code"]: row["name"] for row in csv.DictReader(shared_data("cn_divisions/provinces.csv").open(encoding="utf-8"))}
    cities = {row["code"]: row["name"] for row in csv.DictReader(shared_data("cn_divisions/cities.csv").open(encoding="utf-8"))}
    areas = list(csv.DictReader(shared_data("cn_divisions/areas.csv").open(encoding="utf-8")))
    lost = []
    for row in areas:
        province, city = provinces[row["provinceCode"]], cities[row["cityCode"]]
        city = "" if city in {"市辖区", "县", "省直辖县级行政区划", "自治区直辖县级行政区划"} else city
        read = parse_address(f"{province}{city}{row['name']}人民路1号")
        if (read.province, read.area, read.detail) != (province, row["name"], "人民路1号"):
            lost.append((province, city, row["name"], read))
    assert len(areas) == 2_978
    assert lost == []


@given(st.text(max_size=60))
def test_no_text_breaks_the_reading(written):
    read = parse_address(written)
    assert read.missing in {"", "province", "city", "area", "detail"}


def test_columns_are_joined_and_repeats_said_once():
    assert join_parts("浙江省", "杭州市", "西湖区", "翠苑街道", "文三路1号") == "浙江省杭州市西湖区翠苑街道文三路1号"
    assert join_parts("浙江省", "杭州市", "西湖区", "", "浙江省杭州市西湖区文三路1号") == "浙江省杭州市西湖区文三路1号"


def test_ciphertext_is_known_and_a_number_sign_in_an_address_is_not_ciphertext():
    assert is_cipher("##8sKd92kd0sKs=##") and is_cipher("$$kfi38dk2kd02kd$$")
    assert not is_cipher("文三路478号#3幢")


@pytest.mark.parametrize(
    "written, reason", [("", "address_none"), ("朝阳区建国路", "address_province"), ("浙江省杭州市", "address_area"), ("浙江省杭州市西湖区", "address_detail")]
)
def test_an_address_a_parcel_cannot_be_sent_to_says_what_it_lacks(written, reason):
    assert check_address(parse_address(written), written).reason == reason


def test_a_whole_or_enciphered_address_is_right():
    assert check_address(parse_address("浙江省杭州市西湖区文三路1号"), "x") is None
    assert check_address(None, "##") is None


def test_a_mistyped_code_is_a_wrong_name_with_the_nearest_item():
    wrong = check_item(code="KB2417-BM", title="", specification="", known=[LONG, COAT])
    assert (wrong.field, wrong.proposed, wrong.proposed_sku_id, wrong.details["distance"]) == ("name", "KB-2417-B-M", COAT.sku_id, 2)
    assert wrong.confidence_bp == 9_900


def test_a_line_without_a_code_is_compared_by_its_words():
    wrong = check_item(code="", title="短款羊毛双面呢外套", specification="黑 M", known=[LONG, COAT])
    assert (wrong.field, wrong.proposed_sku_id) == ("specification", COAT.sku_id)


def test_nothing_is_proposed_for_what_is_like_nothing():
    wrong = check_item(code="ZZ-9", title="茶杯", specification="白", known=[LONG, COAT])
    assert (wrong.proposed, wrong.proposed_sku_id, wrong.reason) == ("", None, "item_unknown")


@given(st.integers(0, 10**7), st.integers(1, 10**7), st.integers(0, 10_000))
def test_a_price_is_wrong_exactly_outside_the_tolerance(price, published, tolerance):
    off = abs(price - published) * 10_000 > published * tolerance
    assert (check_price(price, published, tolerance_bp=tolerance) is not None) == off


def test_a_quantity_is_wrong_from_one_above_the_limit():
    assert check_quantity(5, limit=5) is None
    assert check_quantity(6, limit=5).proposed == "5"


@given(st.text("ABC", max_size=6), st.text("ABC", max_size=6))
def test_edit_distance_is_a_distance(one, other):
    assert edit_distance(one, other) == edit_distance(other, one)
    assert (edit_distance(one, other) == 0) == (one == other)
    assert abs(len(one) - len(other)) <= edit_distance(one, other) <= max(len(one), len(other))


CITIES = sorted({city for found in divisions().cities.values() for city in found}, key=lambda city: (city.province, city.name))
TAILS = ("文三路1号", "市南区1号", "南区3号", "区3号", "市辖区人民路", "县城", "路1号", "大道 2 号", "吉林大路9号", "", "市")


@given(st.sampled_from(CITIES), st.data())
def test_an_address_in_columns_is_read_as_the_same_text_in_one_piece(city, data):
    area = data.draw(st.sampled_from(city.areas or ("",)))
    parts = [data.draw(st.sampled_from([whole, whole, whole[:2], ""])) for whole in (city.province, city.name, area)]
    tail = data.draw(st.sampled_from([*TAILS, *city.areas]))
    detail = data.draw(st.sampled_from([tail, "".join(parts) + tail, tail + tail]))
    street = data.draw(st.sampled_from(["", "翠苑街道"]))
    assert parse_columns(*parts, street, detail) == parse_address(join_parts(*parts, street, detail))


def _likest_by_looking_at_every_item(code, known):
    best, best_bp = None, 0
    for item in known:
        found = verification._likeness_bp(verification._letters(code), verification._letters(item.code))
        if found > best_bp:
            best, best_bp = item, found
    return best, best_bp


@given(st.text("KB-0123", min_size=1, max_size=8), st.lists(st.text("KB-0123", min_size=1, max_size=8), max_size=12))
def test_the_likest_item_is_the_one_a_look_at_every_item_finds(code, codes):
    known = [KnownItem(UUID(int=place), text, "衣", "黑", 100) for place, text in enumerate(codes)]
    best, likeness_bp = _likest_by_looking_at_every_item(code, known)
    proposed = check_item(code=code, title="衣", specification="黑", known=known)
    if likeness_bp < verification.LEAST_CONFIDENCE_BP:
        assert proposed.proposed_sku_id is None
    else:
        assert (proposed.proposed_sku_id, proposed.confidence_bp) == (best.sku_id, likeness_bp)
