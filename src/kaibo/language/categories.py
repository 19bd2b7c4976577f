"""Which category a title belongs in, and which words say so. Pure; learns in seconds from a shop's own titles."""

from __future__ import annotations

import math
import random
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from kaibo.language.normaliser import normalise
from kaibo.language.segmentation import words

ROUNDS = 6
MARGIN = 1.0
TAIL = 3
KEYWORD_TITLES = 2
"""How often a keyword of the packaged taxonomy is shown to the learner."""


@dataclass(frozen=True, slots=True)
class Advice:
    """A category with its share of belief (all together 1) and the words that spoke for it rather than for the next one, strongest first."""

    path: str
    share: float
    words: tuple[str, ...]


def leaf_of(path: str) -> str:
    """This function will give the last name of a category path written with / or >."""
    return path.replace(">", "/").split("/")[-1].strip()


class CategoryAdviser:
    """
    A linear reader (averaged perceptron with a margin) over a title's words, pairs of characters, last words and category names.

    Deliberately linear: a verdict is the sum of the words' own votes, so the reason shown is the reason used.
    """

    def __init__(self, examples: Iterable[tuple[str, str]] = (), keywords: Mapping[str, Sequence[str]] | None = None) -> None:
        taught = [(title, path) for title, path in examples for _ in range(1)]
        for path, named in (keywords or {}).items():
            taught += [(word, path) for word in named for _ in range(KEYWORD_TITLES)]
        self.paths = sorted({path for _title, path in taught})
        self._names: dict[str, str] = {normalise(leaf_of(path)).text: path for path in self.paths}
        for path, named in (keywords or {}).items():
            self._names |= {normalise(word).text: path for word in named}
        self._longest = max(map(len, self._names), default=0)
        self._votes: dict[str, dict[str, float]] = {}
        self._learn([(self.features_of(title), path) for title, path in taught])

    def features_of(self, title: str) -> list[str]:
        """This function will read a title: words, pairs, the words near its end, where Chinese titles name the thing, and category names in it."""
        plain = normalise(title).text
        pieces = [one.text for one in words(plain) if any(char.isalnum() for char in one.text) and not one.text.isdigit()]
        found = [f"w{piece}" for piece in dict.fromkeys(pieces)]
        found += {f"b{plain[at : at + 2]}": None for at in range(len(plain) - 1) if plain[at : at + 2].isalpha()}
        found += [f"t{piece}" for piece in dict.fromkeys(pieces[-TAIL:])]
        names = self._names_in(plain)
        if names:
            counted = Counter(names)
            found += [f"n{one}" for one in counted] + [f"l{names[-1]}", f"m{max(counted, key=lambda name: (counted[name], len(name)))}"]
        return found

    def _names_in(self, plain: str) -> list[str]:
        """This function will find category names in a text, the longest at each place, left to right."""
        found, at = [], 0
        while at < len(plain):
            for length in range(min(self._longest, len(plain) - at), 1, -1):
                if plain[at : at + length] in self._names:
                    found.append(plain[at : at + length])
                    at += length - 1
                    break
            at += 1
        return found

    def _learn(self, rows: list[tuple[list[str], str]]) -> None:
        order = random.Random(7)  # a fixed order of reading, no secret
        now: dict[str, dict[str, float]] = defaultdict(dict)
        drift: dict[str, dict[str, float]] = defaultdict(dict)
        step = 1
        for _round in range(ROUNDS):
            order.shuffle(rows)
            for features, path in rows:
                scores = dict.fromkeys(self.paths, MARGIN)
                scores[path] = 0.0
                for feature in features:
                    for other, weight in now[feature].items():
                        scores[other] += weight
                guess = max(scores, key=scores.__getitem__)
                if guess != path:
                    for feature in features:
                        mine, late = now[feature], drift[feature]
                        mine[path] = mine.get(path, 0.0) + 1
                        mine[guess] = mine.get(guess, 0.0) - 1
                        late[path] = late.get(path, 0.0) + step
                        late[guess] = late.get(guess, 0.0) - step
                step += 1
        self._votes = {feature: {path: weight - drift[feature][path] / step for path, weight in votes.items()} for feature, votes in now.items() if votes}

    def advise(self, title: str, *, most: int = 3) -> list[Advice]:
        """This function will give the likeliest categories of a title, likeliest first; nothing when no word of it was ever seen."""
        features = [one for one in self.features_of(title) if one in self._votes]
        if not features:
            return []
        scores = dict.fromkeys(self.paths, 0.0)
        for feature in features:
            for path, weight in self._votes[feature].items():
                scores[path] += weight
        best = sorted(scores, key=lambda path: (-scores[path], path))[: max(2, most)]
        heat = 0.6 * math.sqrt(len(features))
        mass = sum(math.exp((score - scores[best[0]]) / heat) for score in scores.values())
        return [
            Advice(path, math.exp((scores[path] - scores[best[0]]) / heat) / mass, self._witnesses(features, path, best[1] if path == best[0] and len(best) > 1 else best[0]))
            for path in best[:most]
        ]

    def _witnesses(self, features: Sequence[str], path: str, rival: str) -> tuple[str, ...]:
        votes: dict[str, float] = defaultdict(float)
        for feature in features:
            if feature[0] != "b" and len(feature) > 2:
                mine = self._votes[feature]
                votes[feature[1:]] += mine.get(path, 0.0) - (mine.get(rival, 0.0) if path != rival else 0.0)
        strongest = sorted(votes, key=lambda word: (-votes[word], word))
        return tuple(word for word in strongest if votes[word] > 0)[:4]
