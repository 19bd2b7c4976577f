"""
House lints: rules of ARCHITECTURE.md that no other linter knows. `python -m tools.lint` prints what breaks them.

Each rule says which leak it prevents. Exceptions to the size limits are named with a reason in pyproject [tool.kaibo.exceptions].
"""

from __future__ import annotations

import ast
import functools
import re
import sys
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LONGEST_FUNCTION = 60
LONGEST_FILE = 500
NEVER_QUERY = {"views", "api", "forms", "urls", "handlers", "rules", "stage", "manifest", "permissions", "templatetags"}
MAY_NOT_READ_THE_CLOCK = {"rules", "services", "queries", "handlers"}
MAY_IMPORT_LATE = ("src/kaibo/cli/", "src/kaibo/config/")
CLOCK = {"utc_now", "now", "today", "utcnow"}
LOCK = re.compile(r"#\s*lock:")


@dataclass(frozen=True, slots=True)
class Finding:
    """A broken rule and where: `path:line rule: what`."""

    path: str
    line: int
    rule: str
    what: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line} {self.rule}: {self.what}"


def lint(path: str, text: str) -> list[Finding]:
    """This function will give every broken rule of one Python file; `path` is relative to the root."""
    tree = ast.parse(text)
    lines = text.splitlines()
    rules = (objects_outside, receivers, clocks, floats_near_money, locks_without_reason, late_imports, long_functions, unnamed_migrations)
    found = [finding for rule in rules for finding in rule(path, tree, lines)]
    if len(lines) > LONGEST_FILE:
        found.append(Finding(path, len(lines), "long-file", f"{len(lines)} lines, at most {LONGEST_FILE}"))
    return found


@functools.lru_cache(maxsize=1)
def nodes(tree: ast.Module) -> tuple[ast.AST, ...]:
    """Walking costs more than any rule: once for all of them."""
    return tuple(ast.walk(tree))


def objects_outside(path: str, tree: ast.Module, lines: list[str]) -> Iterator[Finding]:
    """Rows are read in queries and written in services and their use cases, so that no door forgets scope or audit."""
    if not path.startswith("src/") or not NEVER_QUERY & places(path):
        return
    for node in nodes(tree):
        if isinstance(node, ast.Attribute) and node.attr == "objects":
            yield Finding(path, node.lineno, "objects", ".objects belongs into queries or services, this file calls them")


def receivers(path: str, tree: ast.Module, lines: list[str]) -> Iterator[Finding]:
    """Reactions stand in config/wiring.py, where a reader finds them, and never in signals."""
    for node in nodes(tree):
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and any(name_of(one) == "receiver" for one in node.decorator_list):
            yield Finding(path, node.lineno, "receiver", "no signals for business; announce a fact")


def clocks(path: str, tree: ast.Module, lines: list[str]) -> Iterator[Finding]:
    """The clock is an argument, so that a test can stand at any moment and a retry sees the same time."""
    if not path.startswith("src/") or not MAY_NOT_READ_THE_CLOCK & places(path):
        return
    for node in nodes(tree):
        if isinstance(node, ast.Call) and name_of(node.func) in CLOCK and reads_a_clock(node.func):
            yield Finding(path, node.lineno, "clock", "take `now` as an argument")


def floats_near_money(path: str, tree: ast.Module, lines: list[str]) -> Iterator[Finding]:
    """Money is integer fen: 0.1 + 0.2 is not 0.3."""
    for node in nodes(tree):
        if isinstance(node, ast.AnnAssign | ast.arg) and node.annotation is not None:
            name = node.arg if isinstance(node, ast.arg) else ast.unparse(node.target)
            if name.endswith("_fen") and re.search(r"\bfloat\b", ast.unparse(node.annotation)):
                yield Finding(path, node.lineno, "float-money", f"{name} is a float")
        elif isinstance(node, ast.BinOp | ast.Call) and is_float(node) and touches_fen(node):
            yield Finding(path, node.lineno, "float-money", f"float beside fen: {ast.unparse(node)[:60]}")


def locks_without_reason(path: str, tree: ast.Module, lines: list[str]) -> Iterator[Finding]:
    """Locks have a documented order; a lock nobody explains is a deadlock in waiting."""
    for node in nodes(tree):
        if isinstance(node, ast.Attribute) and node.attr == "select_for_update":
            around = lines[max(0, node.lineno - 2) : (node.end_lineno or node.lineno)]
            if not any(LOCK.search(line) for line in around):
                yield Finding(path, node.lineno, "lock", "say why on this or the previous line: # lock: …")


def late_imports(path: str, tree: ast.Module, lines: list[str]) -> Iterator[Finding]:
    """An own import inside a function hides a cycle from a reader. Only doors import late, because loading Django is their decision."""
    if not path.startswith("src/") or path.startswith(MAY_IMPORT_LATE):
        return
    for function in functions(tree):
        for node in ast.walk(function):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            for name in names:
                if name.split(".")[0] == "kaibo":
                    yield Finding(path, node.lineno, "late-import", f"{name} is imported inside {function.name}")


def long_functions(path: str, tree: ast.Module, lines: list[str]) -> Iterator[Finding]:
    for function in functions(tree):
        length = (function.end_lineno or function.lineno) - function.lineno + 1
        if length > LONGEST_FUNCTION:
            yield Finding(path, function.lineno, "long-function", f"{function.name} has {length} lines, at most {LONGEST_FUNCTION}")


def unnamed_migrations(path: str, tree: ast.Module, lines: list[str]) -> Iterator[Finding]:
    """A migration's name says what changed."""
    if "/migrations/" in path and "_auto_" in Path(path).name:
        yield Finding(path, 1, "migration-name", "makemigrations -n what_changed")


def places(path: str) -> set[str]:
    """The names a rule about places looks at: the file's own and its folders' (`services/pay.py` is a service)."""
    return {Path(path).stem, *Path(path).parts}


def functions(tree: ast.Module) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    return (node for node in nodes(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))


def name_of(node: ast.expr) -> str:
    if isinstance(node, ast.Call):
        return name_of(node.func)
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""


def reads_a_clock(function: ast.expr) -> bool:
    if isinstance(function, ast.Name):
        return function.id == "utc_now"
    return isinstance(function, ast.Attribute) and (function.attr == "utc_now" or name_of(function.value) in {"timezone", "datetime", "date"})


def is_float(node: ast.AST) -> bool:
    if isinstance(node, ast.BinOp):
        if isinstance(node.op, ast.Div):
            return True
        return any(isinstance(side, ast.Constant) and isinstance(side.value, float) for side in (node.left, node.right))
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "float"


def touches_fen(node: ast.AST) -> bool:
    inner = [node.left, node.right] if isinstance(node, ast.BinOp) else node.args if isinstance(node, ast.Call) else []
    return any(name_of(one).endswith("_fen") for one in inner if isinstance(one, ast.expr))


def exceptions() -> dict[str, str]:
    """This function will read `path rule = reason` from pyproject; a reason is not optional."""
    return dict(tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8")).get("tool", {}).get("kaibo", {}).get("exceptions", {}))


def findings() -> list[Finding]:
    """This function will lint the whole house, without the exceptions that pyproject names."""
    allowed = exceptions()
    found = []
    for folder in ("src", "tests", "tools"):
        for path in sorted((ROOT / folder).rglob("*.py")):
            relative = path.relative_to(ROOT).as_posix()
            found += [one for one in lint(relative, path.read_text(encoding="utf-8")) if f"{relative} {one.rule}" not in allowed]
    return found


if __name__ == "__main__":
    found = findings()
    print("\n".join(map(str, found)))
    sys.exit(1 if found else 0)
