"""Source code taken out of its modules: classes and functions with all that they need, as one text.

Names are followed as Python would resolve them: what a package of ours defines is copied, what
other packages define is imported. Annotations are not followed, since nothing evaluates them.
"""

from __future__ import annotations

import ast
import inspect
import sys
from collections.abc import Collection, Iterable, Iterator
from functools import cache
from types import ModuleType
from typing import Any

HEAD = "from __future__ import annotations\n"


def inline(objects: Iterable[Any], package: str, given: Collection[str] = ()) -> str:
    """Imports and definitions of ``objects`` and everything below ``package`` that they use.

    Parameters
    ----------
    objects
        Classes and functions that were written in a file.
    package
        Where code is copied from rather than imported.
    given
        Names that the text's reader defines himself.

    Raises
    ------
    ValueError
        Two different things of the same name would meet in one text.
    """
    text = _Text(package, given)
    for item in objects:
        text.add(item.__name__, sys.modules[item.__module__])
    return HEAD + "\n" + "\n".join(sorted(text.imports)) + "\n\n\n" + "\n\n".join(text.parts)


class _Text:
    def __init__(self, package: str, given: Collection[str]) -> None:
        self.package = package
        self.given = given
        self.imports: set[str] = set()
        self.parts: list[str] = []
        self._known: dict[str, str] = {}  # name -> module that it was taken from

    def add(self, name: str, module: ModuleType) -> None:
        """What ``name`` is in ``module``, with what it needs before it."""
        if name in self.given:
            return
        found = _definitions(module).get(name)
        if found is None:
            return  # a builtin, or an argument
        if isinstance(found, ast.Import | ast.ImportFrom):
            self._import(name, found)
            return
        if name in self._known:
            if self._known[name] != module.__name__:
                raise ValueError(f"{name} is in {self._known[name]} and in {module.__name__}")
            return
        self._known[name] = module.__name__
        for used in _names(found):
            self.add(used, module)
        self.parts.append(_source(found, module))

    def _import(self, name: str, node: ast.Import | ast.ImportFrom) -> None:
        alias = next(a for a in node.names if (a.asname or a.name.partition(".")[0]) == name)
        if isinstance(node, ast.Import):
            self.imports.add(ast.unparse(ast.Import([alias])))
        elif (node.module or "").partition(".")[0] == self.package:
            self.add(alias.name, __import__(node.module or "", fromlist=["_"]))
        elif node.module != "__future__":
            self.imports.add(ast.unparse(ast.ImportFrom(node.module, [alias], 0)))


@cache
def _definitions(module: ModuleType) -> dict[str, ast.stmt]:
    """What binds each name at the top of a module."""
    found: dict[str, ast.stmt] = {}
    for node in ast.parse(inspect.getsource(module)).body:
        for name in _bound(node):
            found[name] = node
    return found


def _bound(node: ast.stmt) -> Iterator[str]:
    if isinstance(node, ast.ClassDef | ast.FunctionDef):
        yield node.name
    elif isinstance(node, ast.Import | ast.ImportFrom):
        yield from (a.asname or a.name.partition(".")[0] for a in node.names)
    elif isinstance(node, ast.Assign):
        targets = (t for target in node.targets for t in ast.walk(target))
        yield from (t.id for t in targets if isinstance(t, ast.Name))
    elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
        yield node.target.id


def _names(node: ast.AST) -> Iterator[str]:
    """The names that a definition reads, in the order of its text."""
    for field, value in ast.iter_fields(node):
        if field in ("annotation", "returns"):
            continue
        for child in value if isinstance(value, list) else [value]:
            if isinstance(child, ast.Name):
                yield child.id
            elif isinstance(child, ast.AST):
                yield from _names(child)


def _source(node: ast.stmt, module: ModuleType) -> str:
    lines = inspect.getsource(module).splitlines()
    decorated = getattr(node, "decorator_list", [])
    first = min([node.lineno, *(d.lineno for d in decorated)])
    gap = "\n" if isinstance(node, ast.ClassDef | ast.FunctionDef) else ""
    return "\n".join(lines[first - 1 : node.end_lineno]) + gap
