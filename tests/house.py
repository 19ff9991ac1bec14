"""What the tests of the house share: the source tree, parsed once."""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "src" / "yingbi"


@cache
def modules() -> dict[Path, ast.Module]:
    """Return every module of the package by its path inside it."""
    return {
        path.relative_to(PACKAGE): ast.parse(path.read_text("utf-8"))
        for path in sorted(PACKAGE.rglob("*.py"))
    }


def room_of(path: Path) -> str:
    """Return the room that a module lies in; a top module is a room of its own."""
    return path.parts[0].removesuffix(".py")


def names_called(tree: ast.Module) -> Iterator[str]:
    """Yield the last name of everything that is called: `a.b.C()` gives "C"."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            match node.func:
                case ast.Name(id=name) | ast.Attribute(attr=name):
                    yield name


def names_imported(tree: ast.Module) -> Iterator[str]:
    """Yield the top name of every absolute import, wherever it stands."""
    for node in ast.walk(tree):
        match node:
            case ast.Import(names=names):
                yield from (alias.name.partition(".")[0] for alias in names)
            case ast.ImportFrom(module=str(module), level=0):
                yield module.partition(".")[0]


def docstrings(tree: ast.Module) -> Iterator[str]:
    """Yield every docstring of a module, its classes and functions."""
    kinds = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    for node in ast.walk(tree):
        if isinstance(node, kinds) and (text := ast.get_docstring(node)):
            yield text
