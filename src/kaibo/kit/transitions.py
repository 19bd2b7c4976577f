"""Status machines as tables: which state may follow which, said once, drawn in the docs and enforced everywhere."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Generic, TypeVar

from kaibo.kit.errors import Conflict

S = TypeVar("S", bound=Enum)


class StepNotAllowed(Conflict):
    code = "kit.step_not_allowed"
    message_zh = "“{source}”不能直接变成“{target}”"
    message_en = "“{source}” cannot become “{target}”"


@dataclass(frozen=True, slots=True)
class Transitions(Generic[S]):
    """A transition table; states without a row are final."""

    table: Mapping[S, frozenset[S]]

    @classmethod
    def of(cls, table: Mapping[S, Iterable[S]]) -> Transitions[S]:
        """This function will build the table from any mapping of state to the states that may follow."""
        return cls({source: frozenset(targets) for source, targets in table.items()})

    def allows(self, source: S, target: S) -> bool:
        return target in self.table.get(source, frozenset())

    def require(self, source: S, target: S) -> None:
        """
        This function will refuse a step the table does not hold.

        Raises: StepNotAllowed.
        """
        if not self.allows(source, target):
            raise StepNotAllowed(source=str(source.value), target=str(target.value))

    def sources_of(self, target: S) -> list[S]:
        """This function will list the states from which `target` can be reached: the `WHERE state IN …` of an update."""
        return [source for source, targets in self.table.items() if target in targets]

    def is_final(self, state: S) -> bool:
        return not self.table.get(state)

    def as_mermaid(self) -> str:
        """This function will draw the table as a Mermaid state diagram for the stage's page in docs/."""
        lines = ["stateDiagram-v2"]
        for source, targets in self.table.items():
            lines += [f"    {source.value} --> {target.value}" for target in sorted(targets, key=lambda s: str(s.value))]
        return "\n".join(lines)
