"""The one who acts: a person with roles per shop, an API token with fewer abilities, or Kaibo itself."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Actor:
    """
    Who acts, with what they may do already looked up.

    `abilities` maps an ability to the shops it holds in; `ALL_SHOPS` stands for every shop.
    """

    person_id: UUID | None
    name: str
    abilities: Mapping[str, frozenset[UUID | None]] = field(default_factory=dict)
    roles: frozenset[str] = frozenset()
    shop_ids: frozenset[UUID] = frozenset()
    """Shops the person may see at all."""
    sees_all_shops: bool = False
    is_kaibo: bool = False
    """Kaibo itself: clocks, relay, handlers. May do everything, and is named so in the audit."""

    def shops_for(self, ability: str) -> frozenset[UUID | None]:
        return self.abilities.get(ability, frozenset())

    def can(self, ability: str, *, shop_id: UUID | None = None) -> bool:
        """This function will say whether the actor may do this in that shop (None = in any shop)."""
        if self.is_kaibo:
            return True
        shops = self.shops_for(ability)
        if not shops:
            return False
        return shop_id is None or ALL_SHOPS in shops or shop_id in shops

    @property
    def scope(self) -> Hashable:
        """Everything that decides what the actor may see and do: whoever has the same scope is answered alike."""
        return (self.person_id, self.is_kaibo, self.sees_all_shops, self.shop_ids, frozenset(self.abilities.items()))

    def sees(self, shop_id: UUID | None) -> bool:
        return self.is_kaibo or self.sees_all_shops or shop_id is None or shop_id in self.shop_ids


ALL_SHOPS: None = None
KAIBO = Actor(person_id=None, name="开播", is_kaibo=True, sees_all_shops=True)
NOBODY = Actor(person_id=None, name="")
