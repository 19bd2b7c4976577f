"""The slow and plain way to find words that sound or look like others: an automaton for each view over the whole text, one find at a time."""

import daachorse

from kaibo.language.disguises import codes_of, look_views, sound_view, stands_alone
from kaibo.language.normaliser import is_han
from kaibo.language.seeking import LONGEST
from kaibo.language.tables import ordinary_pairs


class PlainReading:
    def __init__(self, keys, sounds):
        """`sounds` gives the forms of a word as it may be spoken, none where it cannot be spoken."""
        self._keys = keys
        hidable = [which for which, key in enumerate(keys) if 2 <= len(key) <= LONGEST and any(map(is_han, key))]
        spoken = [(form, which) for which in hidable for form in sounds(keys[which])]
        self._views = [(sound_view(), "sound", *_automaton(spoken))]
        for view in look_views():
            self._views.append((view, "look", *_automaton([(view.of(keys[which]), which) for which in hidable])))

    def found_in(self, keys):
        strange = [not one for one in ordinary_pairs().are_ordinary(codes_of(keys.shown)).tolist()] if len(keys.shown) > 1 else []
        found = []
        for view, how, automaton, words in self._views:
            for start, end, form in automaton.find_overlapping(view.of(keys.text)):
                for which in words[form]:
                    differing = [one for one, other in zip(keys.text[start:end], self._keys[which], strict=True) if one != other]
                    if not differing or not any(strange[start : end - 1]) or (how == "sound" and any(map(str.isdigit, differing))):
                        continue
                    if stands_alone(keys.shown, start, end):
                        found.append((start, end, which, how))
        return sorted(found, key=lambda one: one[:3])



def _automaton(forms):
    by_form = {}
    for form, which in forms:
        by_form.setdefault(form, []).append(which)
    return daachorse.CharwiseDoubleArrayAhoCorasick(list(by_form)), [list(dict.fromkeys(one)) for one in by_form.values()]
