"""The rules of the house, each shown to notice a breach planted on purpose."""

import ast
import re
import sys
from collections.abc import Callable, Iterable, Iterator

from house import PACKAGE, ROOT, docstrings, modules, names_called, names_imported, room_of
from yingbi.standard.catalogue import requirements

LINES_OF_MODULE = 400
CATALOGUES = {"errors.py"}
"""Lists that are looked up and not read: every error a user can meet, six lines each."""
LINES_OF_FUNCTION = 60
NO_ROOM = {"utils", "util", "common", "helpers", "helper", "manager", "managers", "misc"}

# Which rooms may import which foreign library; a library that is not named here is refused.
FOREIGN = {
    "av": {"media"},
    "PIL": {"media"},
    "pillow_heif": {"media"},
    "cv2": {"media"},
    "onnxruntime": {"inference"},
    "openvino": {"inference"},
    "cryptography": {"crypto"},
    "cffi": {"crypto"},
    "_cffi_backend": {"crypto"},
    "argon2": {"crypto"},
    "shamir_mnemonic": {"keys"},
    "pyrage": {"bench"},
    "sqlalchemy": {"db"},
    "alembic": {"db"},
    "cbor2": {"envelope"},
    "onnx": {"models"},
    "click": {"cli", "__main__"},
    "rich": {"cli"},
    "starlette": {"web"},
    "uvicorn": {"web"},
    "jinja2": {"web"},
    "apprise": {"usecases"},
}
ANYWHERE = {"numpy", "yingbi"} | sys.stdlib_module_names

# What may be made in one room only, so that the type says where its content came from.
MAKERS = {
    "MaskedFilm": {"mask"},
    "RoiFilm": {"mask"},
    "Records": {"structure"},
    "RawFilm": {"capture"},
    "Grant": {"access"},
}


CLAUSES = {item["id"] for item in requirements()}


def unknown_clauses(tree: ast.Module) -> Iterator[str]:
    for text in docstrings(tree):
        for line in re.findall(r"^\s*Clause:(.*)$", text, re.MULTILINE):
            named = [part.strip() for part in line.strip().removesuffix(".").split(";")]
            yield from (identifier for identifier in named if identifier not in CLAUSES)


def misplaced_imports(room: str, tree: ast.Module) -> set[str]:
    foreign = set(names_imported(tree)) - ANYWHERE
    return {name for name in foreign if room not in FOREIGN.get(name, set())}


def misplaced_makers(room: str, tree: ast.Module) -> set[str]:
    return {name for name in names_called(tree) if room not in MAKERS.get(name, {room})}


def long_functions(tree: ast.Module) -> list[str]:
    functions = (ast.FunctionDef, ast.AsyncFunctionDef)
    return [
        node.name
        for node in ast.walk(tree)
        if isinstance(node, functions)
        and (node.end_lineno or 0) - node.lineno + 1 > LINES_OF_FUNCTION
    ]


def breaches(rule: Callable[[str, ast.Module], Iterable[str]]) -> dict[str, list[str]]:
    """Return what the rule finds in each module of the package, empty where all is well."""
    found = {str(path): sorted(rule(room_of(path), tree)) for path, tree in modules().items()}
    return {path: names for path, names in found.items() if names}


def test_every_clause_in_a_docstring_is_in_the_catalogue():
    assert breaches(lambda _, tree: unknown_clauses(tree)) == {}


def test_clauses_are_named_at_all():
    lines = sum("Clause:" in text for tree in modules().values() for text in docstrings(tree))
    assert lines >= 5


def test_a_wrong_clause_is_noticed():
    planted = ast.parse('"""Grade.\n\nClause: 4.2.a; 4.9.z; A.1-1.\n"""')
    assert list(unknown_clauses(planted)) == ["4.9.z"]


def test_foreign_libraries_stay_in_their_rooms():
    assert breaches(misplaced_imports) == {}


def test_a_library_outside_its_room_is_noticed_even_inside_a_function():
    planted = ast.parse("def look():\n    import cv2.dnn\n    from onnx import helper\n")
    assert misplaced_imports("detect", planted) == {"cv2", "onnx"}
    assert misplaced_imports("media", planted) == {"onnx"}
    assert misplaced_imports("media", ast.parse("import requests")) == {"requests"}


def test_a_type_that_guards_content_is_made_in_its_own_room_only():
    assert breaches(misplaced_makers) == {}


def test_a_guarded_type_made_elsewhere_is_noticed():
    planted = ast.parse("film = part.MaskedFilm(b'clear', 'video/mp4', 0, 1)\nGrant()\nBox()")
    assert misplaced_makers("pipeline", planted) == {"MaskedFilm", "Grant"}
    assert misplaced_makers("mask", planted) == {"Grant"}


def copies_beside_a_guarded_type(room: str, tree: ast.Module) -> set[str]:
    """`dataclasses.replace` makes a value without calling its class by name."""
    if "replace" not in names_called(tree):
        return set()
    named = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    return {name for name in named & set(MAKERS) if room not in MAKERS[name]}


def test_a_guarded_type_is_not_made_by_copying_either():
    assert breaches(copies_beside_a_guarded_type) == {}


def test_copying_a_guarded_type_is_noticed():
    planted = ast.parse("def f(film: MaskedFilm): return replace(film, content=b'clear')")
    assert copies_beside_a_guarded_type("pipeline", planted) == {"MaskedFilm"}
    assert not copies_beside_a_guarded_type("mask", planted)


def test_package_files_are_empty():
    written = {path: path.read_text("utf-8") for path in PACKAGE.rglob("__init__.py")}
    assert {path for path, text in written.items() if text} == set()


def test_functions_stay_small():
    assert breaches(lambda _, tree: long_functions(tree)) == {}


def test_modules_stay_small():
    lines = {path: (PACKAGE / path).read_text("utf-8").count("\n") for path in modules()}
    assert {
        path: n for path, n in lines.items() if n > LINES_OF_MODULE and str(path) not in CATALOGUES
    } == {}


def test_a_long_function_is_noticed():
    assert long_functions(ast.parse("def long():\n" + "    x = 1\n" * 60)) == ["long"]
    assert not long_functions(ast.parse("def fits():\n" + "    x = 1\n" * 59))


def test_no_room_has_a_name_that_means_anything():
    named = {part.removesuffix(".py") for path in modules() for part in path.parts}
    assert not NO_ROOM & named


def test_every_room_is_importable_as_a_package():
    folders = {path.parent for path in PACKAGE.rglob("*.py")}
    assert all((folder / "__init__.py").is_file() for folder in folders)


def test_the_file_of_packages_names_every_library_that_a_room_may_use():
    declared = (ROOT / "pyproject.toml").read_text("utf-8")
    distribution = {"PIL": "pillow", "cv2": "opencv", "argon2": "argon2", "_cffi_backend": "cffi"}
    distribution["pillow_heif"] = "pillow-heif"
    used = {
        name for tree in modules().values() for name in set(names_imported(tree)) & set(FOREIGN)
    }
    assert {name for name in used if f'"{distribution.get(name, name)}' not in declared} == set()


# Bytes that anybody may see; all other bytes and arrays of a value stay out of its repr.
PUBLIC = re.compile(
    r"(^|_)(id|digest|root|signature|seal|public|public_key|previous|hh|salt|nonce|header|tag"
    r"|ciphertext|whole)$"
)
CONTENT = re.compile(r"\b(bytes|bytearray|memoryview|Octets|NDArray|Samples)\b")


def fields_in_reprs(tree: ast.Module) -> Iterator[str]:
    """Yield the fields of dataclasses that may hold a key or a picture and would be printed."""
    for node in ast.walk(tree):
        if not isinstance(node, ast.ClassDef):
            continue
        decorators = [ast.unparse(d) for d in node.decorator_list]
        if not any("dataclass" in d for d in decorators) or any(
            "repr=False" in d for d in decorators
        ):
            continue
        for field in node.body:
            if isinstance(field, ast.AnnAssign) and CONTENT.search(ast.unparse(field.annotation)):
                name = ast.unparse(field.target)
                hidden = field.value is not None and "repr=False" in ast.unparse(field.value)
                if not hidden and not PUBLIC.search(name):
                    yield f"{node.name}.{name}"


def test_no_value_prints_its_keys_or_pictures():
    assert breaches(lambda _, tree: fields_in_reprs(tree)) == {}


def test_a_value_that_would_print_its_key_is_noticed():
    planted = ast.parse(
        "@dataclass(frozen=True)\nclass Key:\n"
        "    key_id: bytes\n    key: bytes\n    dek: bytes = field(repr=False)\n    size: int\n"
    )
    assert list(fields_in_reprs(planted)) == ["Key.key"]
