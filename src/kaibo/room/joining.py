"""
Many small modules as one file: a phone far away then asks once instead of fifteen times.

Done at start, from the very files that stand in `static`; there is no build step and nothing is kept. It understands the
form our own modules have, and says so at start where one has another: imports of names from "./other.js", exports before a
function, class or const, every exported name only once. Modules that are fetched later are told where their imports now stand.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

_IMPORT = re.compile(r'^import\s*\{([^}]*)\}\s*from\s*"\./([\w.-]+\.js)";[ \t]*\n', re.MULTILINE)
_LATER = re.compile(r'\bimport\("\./([\w.-]+\.js)"\)')
_EXPORT = re.compile(r"^export (?=(?:async function|function|class|const) (\w+))", re.MULTILINE)
_OTHER_FORM = re.compile(r"^(?:import\b(?!\s*\()|export\b).*|^.*\bimport\.meta\b.*", re.MULTILINE)


class NotJoinable(ValueError):
    """A module has a form that cannot be joined; the message names it."""


def join(entry: str, modules: Mapping[str, str]) -> str:
    """
    This function will give the entry and everything it imports at its start as one module that exports every name.

    Raises: NotJoinable.
    """
    order = in_order(entry, modules)
    owner: dict[str, str] = {}
    parts = []
    for name in order:
        body, exported = _without_doors(name, modules[name])
        for word in exported:
            if word in owner:
                raise NotJoinable(f"{name} and {owner[word]} both export {word}")
            owner[word] = name
        words = ", ".join(exported)
        if words:
            parts.append(f"export const {{ {words} }} = (() => {{\n{body}return {{ {words} }};\n}})();\n")
        else:
            parts.append(f"{{\n{body}}}\n")  # the entry, which may wait for something at its top
    return "".join(parts)


def in_order(entry: str, modules: Mapping[str, str]) -> list[str]:
    """
    This function will list a module and all it imports at its start, each after those it needs.

    Raises: NotJoinable.
    """
    done: list[str] = []
    open_: list[str] = []

    def visit(name: str) -> None:
        if name in done:
            return
        if name in open_:
            raise NotJoinable(f"{' → '.join([*open_, name])} is a circle")
        if name not in modules:
            raise NotJoinable(f"{open_[-1] if open_ else 'the page'} imports {name}, which is not there")
        open_.append(name)
        for _, wanted in _IMPORT.findall(modules[name]):
            visit(wanted)
        open_.pop()
        done.append(name)

    visit(entry)
    return done


def fetched_later(entry: str, modules: Mapping[str, str]) -> dict[str, str]:
    """
    This function will give the modules that the joined file fetches when they are needed, each taking what it shares
    with the start from there: a module that ran twice would be two different things.

    Raises: NotJoinable.
    """
    start = set(in_order(entry, modules))
    found: dict[str, str] = {}
    waiting = sorted({later for name in start for later in _LATER.findall(modules[name])})
    while waiting:
        name = waiting.pop()
        if name in start or name in found:
            continue
        if name not in modules:
            raise NotJoinable(f"{name} is fetched later, but is not there")
        source = modules[name]
        found[name] = _IMPORT.sub(lambda one: _from_start(one, entry, start), source)
        waiting += [wanted for _, wanted in _IMPORT.findall(source)] + _LATER.findall(source)
    return found


def _from_start(one: re.Match[str], entry: str, start: set[str]) -> str:
    return one[0].replace(f'"./{one[2]}"', f'"./{entry}"') if one[2] in start else one[0]


def _without_doors(name: str, source: str) -> tuple[str, list[str]]:
    """A module's body without imports and exports, which all names around it replace, and what it exported."""
    source = source if source.endswith("\n") else source + "\n"
    for names, _ in _IMPORT.findall(source):
        if re.search(r"\bas\b", names):
            raise NotJoinable(f"{name} imports a name under another")
    exported = _EXPORT.findall(source)
    body = _EXPORT.sub("", _IMPORT.sub("", source))
    if other := _OTHER_FORM.search(body):
        raise NotJoinable(f"{name}: {other[0].strip()[:80]}")
    return body, exported
