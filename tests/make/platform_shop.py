"""A shop on a simulated platform over real HTTP, its goods known and in stock here, its channel connected."""

from __future__ import annotations

from datetime import UTC, datetime

from kaibo.master.catalog.models import Sku
from kaibo.master.shops import accounts
from kaibo.master.shops.models import Channel, Shop
from kaibo.master.stock.models import Level
from kaibo.plumbing.access.actor import KAIBO
from kaibo.simulator import world as worlds
from kaibo.simulator.platform import Platform
from kaibo.simulator.registry import open_platform
from kaibo.simulator.server import Server
from kaibo.stages.orders import pulling, services, shipping
from kaibo.stages.orders.models import Order, Pull
from tests.make.goods import make_product, make_sku, make_stock
from tests.make.people import make_shop

BEGIN = datetime(2026, 11, 10, 12, 0, tzinfo=UTC)
SECRET = "simulated secret of the tests"
PATIENT = {"calls_per_second": "100000"}


class PlatformShop:
    """What a test needs of one platform: its world to change, and our side of it."""

    def __init__(self, platform: str = "douyin", *, orders: int = 30, seed: int = 11, stock: int = 50, shop: Shop | None = None) -> None:
        self.key = platform
        self.platform: Platform = open_platform(
            platform, seed=seed, begin=int(BEGIN.timestamp()), seconds=600, orders=orders, shares={}, secret=SECRET
        )
        self.world = self.platform.world
        self.server = Server({platform: self.platform}).start()
        self.shop = shop or make_shop()
        self.channel = Channel.objects.create(shop=self.shop, platform=platform, name=f"{self.shop.name}-{platform}")
        self.skus = make_world_goods(self.shop, stock)
        given = {**self.platform.account(self.server.address_of(platform)), **PATIENT}
        self.account = accounts.connect_account(actor=KAIBO, channel_id=self.channel.pk, given=given, code="", now=self.now())

    def now(self) -> datetime:
        return datetime.fromtimestamp(self.world.now, UTC)

    def pull(self, until: int = 900) -> None:
        """Time passes on the platform, and its orders are pulled."""
        self.world.advance(int(BEGIN.timestamp()) + until)
        Pull.objects.all().update(next_at=self.now())
        pulling.pull_due(self.now())

    def ready(self, *, lines: int = 1, most: int = 1, least_units: int = 1) -> list[worlds.Order]:
        """Paid orders of so many lines, released and with stock reserved; their later story is taken out of the world."""
        self.pull()
        found = [
            one for one in self.world.orders.values()
            if one.stage == "paid" and len(one.lines) == lines and len({line.item.sku for line in one.lines}) == lines
            and not any(line.case for line in one.lines) and one.lines[0].units >= least_units
        ][:most]  # fmt: skip
        assert len(found) == most, "the story has too few such orders"
        self.world._coming = [event for event in self.world._coming if event[3] not in {one.number for one in found}]
        numbers = [self.platform.number(one) for one in found]
        mine = Order.objects.filter(platform=self.key, order_no__in=numbers)
        assert not mine.exclude(open_findings=0), list(mine.values_list("findings__reason", flat=True))
        mine.update(released_at=self.now())
        shipping.allocate_released(self.now())
        assert set(mine.values_list("state", flat=True)) == {"allocated"}
        return found

    def mine(self, order: worlds.Order) -> Order:
        return Order.objects.get(platform=self.key, order_no=self.platform.number(order))

    def change(self, order: worlds.Order, **values: object) -> None:
        """Something changes on the platform, later than we read it."""
        self.world.advance(self.world.now + 30)
        for name, value in values.items():
            setattr(order, name, value)
        order.changed_at = self.world.now

    def stop(self) -> None:
        self.server.stop()


def make_world_goods(shop: Shop, stock: int) -> dict[str, Sku]:
    """Every item the simulated platforms sell, known by its code and in stock."""
    found = {}
    for item in worlds._items():
        product = make_product(shop, code=item.code.rsplit("-", 2)[0], title=item.title)
        sku = make_sku(product, code=item.code, specification=" / ".join(item.variant), price_fen=item.price_fen)
        if stock and item.code not in found and not Level.objects.filter(sku=sku).exists():
            make_stock(sku, stock)
        found[item.code] = sku
    return found


def hold(order: Order, reason: str = "等通知") -> None:
    services.hold_orders(actor=KAIBO, order_ids=[order.pk], reason=reason, now=order.ordered_at)
