"""Secrets are compared in constant time: how long it takes must not tell how much is right."""

import ast
from collections.abc import Iterator

from house import modules, room_of

ROOMS = {"crypto", "envelope", "keys", "release", "seal", "audit"}
# What a value that only its holder may know is called, by the last word of its name.
SECRET = {
    *("mac", "hmac", "tag", "commit", "commitment", "key", "dek", "kek", "secret", "secrets"),
    *("passphrase", "password", "private", "seed"),
}
PUBLIC = {"public_key", "device_public_key", "primary_key", "foreign_key"}


def named(node: ast.expr) -> Iterator[str]:
    """Yield what the values of an operand are called; the elements of a tuple each."""
    match node:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            yield name
        case ast.Subscript(value=value) | ast.Starred(value=value) | ast.Await(value=value):
            yield from named(value)
        case ast.Call(func=ast.Name(id="bytes" | "bytearray" | "memoryview"), args=[given, *_]):
            yield from named(given)
        case ast.Call(func=function):
            yield from named(function)
        case ast.Tuple(elts=elements) | ast.List(elts=elements):
            for element in elements:
                yield from named(element)
        case ast.NamedExpr(target=target, value=value):
            yield from named(target)
            yield from named(value)


def is_public(node: ast.expr) -> bool:
    """Say whether everybody may know it, or how long a comparison with it takes.

    A literal or a constant stands in the source; columns (`table.c.name`) are compared by
    the database, which looks an index up.
    """
    match node:
        case ast.Constant() | ast.Attribute(value=ast.Attribute(attr="c")):
            return True
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name.isupper()
    return False


def is_secret(name: str) -> bool:
    return name not in PUBLIC and name.lower().rpartition("_")[2] in SECRET


def hasty(tree: ast.Module) -> Iterator[str]:
    """Yield the comparisons with == or != in which something has the name of a secret."""
    for node in ast.walk(tree):
        if not isinstance(node, ast.Compare):
            continue
        operands = [node.left, *node.comparators]
        plain = any(isinstance(op, ast.Eq | ast.NotEq) for op in node.ops)
        secret = any(is_secret(name) for operand in operands for name in named(operand))
        if plain and secret and not any(map(is_public, operands)):
            yield ast.unparse(node)


def test_no_secret_is_compared_with_the_equals_sign():
    looked_at = {path: tree for path, tree in modules().items() if room_of(path) in ROOMS}
    assert len(looked_at) > 30
    found = {str(path): list(hasty(tree)) for path, tree in looked_at.items()}
    assert {path: lines for path, lines in found.items() if lines} == {}


def test_where_secrets_meet_a_function_of_constant_time_is_used():
    users = {
        str(path)
        for path, tree in modules().items()
        for node in ast.walk(tree)
        if isinstance(node, ast.Name | ast.Attribute) and "compare_digest" in ast.unparse(node)
    }
    assert {"crypto/sm2.py", "envelope/reader.py", "keys/unwrap.py"} <= users


def test_a_secret_compared_with_the_equals_sign_is_noticed():
    planted = [
        "mac == expected",
        "if lock.mac != lock_mac(suite, dek): pass",
        "suite.hmac(key, data) == given",
        "data[-16:] == self._tag",
        "bytes(dek) == other",
        "(a, kind.commit) == (b, c)",
        "x = y if old_secret != z else w",
        "a == b == key",
    ]
    for line in planted:
        assert list(hasty(ast.parse(line))), line


def test_what_is_no_secret_may_be_compared():
    for line in (
        "len(key) != KEY_BYTES",
        "recipient.key_id == epoch.key_id",
        "a.public_key == b",
        "pages.c.group_tag == tag",
        "key is None",
        "tag != _FORMER_ROOT",
        "compare_digest(mac, given)",
        "root == computed",
    ):
        assert not list(hasty(ast.parse(line))), line
