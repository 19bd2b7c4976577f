"""The words of a title by what they are: core (what it is), brand, attribute, scene. Learnt from titles whose words somebody named. Pure."""

from __future__ import annotations

import random
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from kaibo.language.segmentation import words

OUTSIDE = "O"
ROUNDS = 5


@dataclass(frozen=True, slots=True)
class NamedWord:
    """A word of a title, half open, with its kind: core, brand, attribute, scene or whatever it was taught as."""

    start: int
    end: int
    kind: str


class TitleReader:
    """An averaged perceptron that tags a title's characters from left to right (begin, inside, outside)."""

    def __init__(self, taught: Iterable[tuple[str, Sequence[NamedWord]]]) -> None:
        kept = list(taught)
        # Terms are counted once a title; while learning, a title's own terms do not count for it, or every known word would look sure.
        self._terms = Counter(term for title, named in kept for term in {(one.kind, title[one.start : one.end].lower()) for one in named})
        self._longest = max((len(word) for _kind, word in self._terms), default=0)
        rows = [(self._describe(title, {(one.kind, title[one.start : one.end].lower()) for one in named}), _tags(title, named)) for title, named in kept]
        self._tag_names = sorted({tag for _features_, tags in rows for tag in tags} | {OUTSIDE})
        self._weights: dict[str, list[float]] = {}
        self._learn(rows)

    def _describe(self, title: str, own: AbstractSet[tuple[str, str]] = frozenset()) -> list[list[str]]:
        """This function will describe a title's characters and where terms known from other titles lie on them, the longest at each place."""
        features, low, at = _features(title), title.lower(), 0
        kinds = {kind for kind, _word in self._terms}
        while at < len(low):
            length, found = next(
                (
                    (size, [(kind, times) for kind in kinds if (times := self._terms[kind, word] - ((kind, word) in own)) > 0])
                    for size in range(min(self._longest, len(low) - at), 1, -1)
                    if any(self._terms[kind, word := low[at : at + size]] > ((kind, word) in own) for kind in kinds)
                ),
                (1, []),
            )
            for kind, times in found:
                size = "1" if times == 1 else "2" if times < 5 else "5"
                for place in range(length):
                    edge = "B" if not place else "E" if place == length - 1 else "I"
                    features[at + place] += [f"d{kind}{edge}", f"d{kind}{edge}{size}"]
            at += length
        return features

    def _learn(self, rows: list[tuple[list[list[str]], list[str]]]) -> None:
        number = {tag: place for place, tag in enumerate(self._tag_names)}
        size = len(self._tag_names)
        now: dict[str, list[float]] = defaultdict(lambda: [0.0] * size)
        drift: dict[str, list[float]] = defaultdict(lambda: [0.0] * size)
        order, step = random.Random(11), 1  # a fixed order of reading, no secret
        for _round in range(ROUNDS):
            order.shuffle(rows)
            for features, tags in rows:
                before = OUTSIDE
                for here, tag in zip(features, tags, strict=True):
                    active = [*here, f"p{before}", f"p{before}{here[0]}"]
                    guess = _best(now, active, size, self._allowed(before, number))
                    if guess != number[tag]:
                        for feature in active:
                            now[feature][number[tag]] += 1
                            now[feature][guess] -= 1
                            drift[feature][number[tag]] += step
                            drift[feature][guess] -= step
                    before = self._tag_names[guess]
                    step += 1
        self._weights = {feature: [weight - late / step for weight, late in zip(votes, drift[feature], strict=True)] for feature, votes in now.items()}

    def _allowed(self, before: str, number: dict[str, int]) -> list[int]:
        """This function will give the tags that may follow: inside only after its own kind."""
        kind = before[2:]
        return [place for tag, place in number.items() if not tag.startswith("I-") or tag[2:] == kind]

    def read(self, title: str) -> list[NamedWord]:
        """This function will give the words of a title with their kinds, left to right."""
        number = {tag: place for place, tag in enumerate(self._tag_names)}
        size, before = len(self._tag_names), OUTSIDE
        found: list[NamedWord] = []
        for at, here in enumerate(self._describe(title)):
            active = [*here, f"p{before}", f"p{before}{here[0]}"]
            before = self._tag_names[_best(self._weights, active, size, self._allowed(before, number))]
            if before.startswith("B-"):
                found.append(NamedWord(at, at + 1, before[2:]))
            elif before.startswith("I-"):
                found[-1] = NamedWord(found[-1].start, at + 1, before[2:])
        return found


def _best(weights: dict[str, list[float]], active: Sequence[str], size: int, allowed: Sequence[int]) -> int:
    scores = [0.0] * size
    for feature in active:
        votes = weights.get(feature)
        if votes is not None:
            scores = [score + vote for score, vote in zip(scores, votes, strict=True)]
    return max(allowed, key=scores.__getitem__)


def _tags(title: str, named: Sequence[NamedWord]) -> list[str]:
    tags = [OUTSIDE] * len(title)
    for one in named:
        tags[one.start] = f"B-{one.kind}"
        for at in range(one.start + 1, one.end):
            tags[at] = f"I-{one.kind}"
    return tags


def _features(title: str) -> list[list[str]]:
    """This function will describe every character: itself, its neighbours, and the segmenter's word around it."""
    low = title.lower()
    around: list[tuple[str, str]] = []
    for one in words(low):
        last = one.end - one.start - 1
        around += [(one.text, "S" if not last else "B" if not at else "E" if at == last else "M") for at in range(last + 1)]
    padded = f"  {low}  "
    found = []
    for at in range(len(low)):
        c = padded[at : at + 5]
        word, place = around[at]
        following = around[at + 1][0] if at + 1 < len(around) else ""
        found.append(
            [
                f"0{c[2]}", f"a{c[1]}{c[2]}", f"z{c[2]}{c[3]}", f"1{c[1]}", f"2{c[3]}", f"x{c[0]}{c[1]}", f"y{c[3]}{c[4]}", f"w{word}{place}", f"s{place}",
                f"n{word}|{following}", f"e{min(3, len(low) - at)}", f"v{word[-1]}{place}{len(word)}",
            ]
        )
    return found


def words_from_parts(title: str, core: str, attributes: Sequence[str], scenes: Sequence[str], brand: str) -> list[NamedWord]:
    """This function will find a saved title's parts in it, so that the shop's own titles teach; overlapping parts keep the longest."""
    found: list[NamedWord] = []
    parts = [(core, "core"), (brand, "brand"), *((one, "attribute") for one in attributes), *((one, "scene") for one in scenes)]
    for word, kind in sorted(parts, key=lambda part: -len(part[0])):
        at = title.rfind(word) if word else -1
        if at >= 0 and all(at + len(word) <= one.start or one.end <= at for one in found):
            found.append(NamedWord(at, at + len(word), kind))
    return sorted(found, key=lambda one: one.start)
