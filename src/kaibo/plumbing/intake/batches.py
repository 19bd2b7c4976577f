"""
A file read batch by batch: what `engine` takes, and what one process hands to the other. Pure: no database, no Django.

Reading the same file twice gives the same rows in the same order, so whatever cannot be handed over is read again by who got it.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

import msgspec

from kaibo.plumbing.intake.headers import Header
from kaibo.plumbing.intake.kinds import FileContext, ParsedRow
from kaibo.plumbing.intake.plan import Plan, RawRow, Read, RowParser

FIRST_ROWS = 1_000


@dataclass(frozen=True, slots=True)
class Batch:
    """Rows in the order of the file, what was read from each, and in which call of `apply` its turn is."""

    raws: Sequence[RawRow]
    reads: list[Read]
    turns: list[int]

    def __len__(self) -> int:
        return len(self.reads)


@dataclass(slots=True)
class Pace:
    """What the rows to come are likely to be, judged by those just taken."""

    expects_new: bool = True


@dataclass(frozen=True, slots=True)
class Reading:
    """A file being read: its layout, known at once, its batches, and the rows passed over, known at the end."""

    header: Header
    parser: RowParser
    rows_total: int | None
    batches: Iterator[Batch]
    notes: dict[int, str] = field(default_factory=dict)


def read_batches(plan: Plan, told: FileContext, *, position: int, batch_rows: int, pace: Callable[[], bool]) -> Iterator[Batch]:
    """
    This function will read the rows behind a position; `pace` says before each batch whether its rows are likely new.

    The first batch is small and each next one twice as large, up to `batch_rows`: whoever takes them begins at once, and a file of
    a few thousand rows is read while its beginning is taken.
    """
    rows = islice(plan.rows(), position, None)
    kind = plan.parser.kind
    wanted = min(FIRST_ROWS, batch_rows)
    while raws := list(islice(rows, wanted)):
        wanted = min(2 * wanted, batch_rows)
        reads = plan.parser.parse_all(raws)
        if kind.ahead and pace():
            with contextlib.suppress(Exception):  # `apply` will meet the same
                kind.ahead(told, [read for read in reads if isinstance(read, ParsedRow)])
        yield Batch(raws, reads, turns_of(kind.row_key, reads))


def turns_of(row_key: Sequence[str], reads: Sequence[Read]) -> list[int]:
    """This function will count how often each row's key came before it: no key comes twice in one call of `apply`."""
    seen: dict[tuple[Any, ...], int] = {}
    turns = []
    for read in reads:
        turn = 0
        if isinstance(read, ParsedRow):
            key = tuple(map(read.values.get, row_key))
            turn = seen.get(key, 0)
            seen[key] = turn + 1
        turns.append(turn)
    return turns


class HandedRow(ParsedRow):
    """A row that came from another process with its meaning alone; its values are read again by who asks for them."""

    __slots__ = ("_read_again",)

    def __init__(self, row_number: int, meaning: Any, read_again: Callable[[], ParsedRow]) -> None:
        self.row_number = row_number
        self.meaning = meaning
        self._read_again = read_again

    def __getattr__(self, name: str) -> Any:
        if name != "values":
            raise AttributeError(name)
        self.values = self._read_again().values
        return self.values


class HandedRaws(Sequence[RawRow]):
    """The cells of handed rows, unpacked when the first of them is asked for: nearly always none is."""

    def __init__(self, numbers: Sequence[int], packed: bytes) -> None:
        self._numbers = numbers
        self._packed = packed
        self._cells: list[list[str]] | None = None

    def __len__(self) -> int:
        return len(self._numbers)

    def __getitem__(self, place: Any) -> Any:
        if self._cells is None:
            self._cells = msgspec.msgpack.decode(self._packed, type=list[list[str]])
        if isinstance(place, slice):
            return [RawRow(*one) for one in zip(self._numbers[place], self._cells[place], strict=True)]
        return RawRow(self._numbers[place], self._cells[place])


def packed(batch: Batch, meaning_type: type) -> bytes:
    """This function will pack a batch for another process: meanings, and the cells beside them."""
    meanings = [read.meaning if isinstance(read, ParsedRow) and type(read.meaning) is meaning_type else None for read in batch.reads]
    cells = msgspec.msgpack.encode([raw.cells for raw in batch.raws])
    turns = batch.turns if any(batch.turns) else []
    return msgspec.msgpack.encode(([raw.number for raw in batch.raws], meanings, turns, cells))


class Unpacker:
    """Makes batches of what `packed` gave; rows whose meaning could not be handed over are read again at once."""

    def __init__(self, parser: RowParser, meaning_type: type) -> None:
        self._parser = parser
        handed: Any = tuple[list[int], list[meaning_type | None], list[int], bytes]  # type: ignore[valid-type]
        self._decode = msgspec.msgpack.Decoder(handed).decode

    def unpacked(self, message: bytes) -> Batch:
        """This function will make a batch of a message."""
        numbers, meanings, turns, cells = self._decode(message)
        raws = HandedRaws(numbers, cells)
        parse = self._parser.parse
        reads: list[Read] = [
            parse(raws[place]) if meaning is None else HandedRow(number, meaning, lambda place=place: parse(raws[place]))
            for place, (number, meaning) in enumerate(zip(numbers, meanings, strict=True))
        ]
        return Batch(raws, reads, turns or [0] * len(reads))
