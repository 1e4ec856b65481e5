"""No secret is compared with `==`: how long that takes tells how much of a guess is right. Read from the source of every room."""

import ast
from collections.abc import Iterator

import pytest

from tests.support.processes import ROOT

SECRET_WORDS = frozenset(
    {
        "digest",
        "token",
        "secret",
        "signature",
        "checksum",
        "password",
        "hmac",
        "mac",
        "tag",
        "csrf",
        "otp",
        "hash",
    }
)
ALLOWED = {
    "service/api/uploads.py:announced != self._sent.digest()": "what the sender says of its own body",
    "service/imports/spool.py:hashlib.file_digest(file, 'sha256').digest() != digest": "both are of a file that the service has itself",
    "service/organizations/second_factor.py:person.password_hash != asked.signed.person.password_hash": "both were read from the database",
    "service/organizations/sign_in.py:stored.password_hash != person.password_hash": "both were read from the database",
}
"""`file:expression`, each with the reason why nobody learns from how long it takes."""


def _words(node: ast.expr) -> set[str]:
    """The words of the name that an operand is called by: `stored.digest` → stored, digest; `_checksum(x)` → checksum."""
    if isinstance(node, ast.Call):
        return _words(node.func)
    if isinstance(node, ast.Attribute):
        return set(node.attr.lower().split("_"))
    if isinstance(node, ast.Name):
        return set(node.id.lower().split("_"))
    if isinstance(node, ast.Subscript):
        return _words(node.value)
    return set()


def _is_harmless(node: ast.expr) -> bool:
    """What is compared with a constant or a length is no secret's value."""
    return isinstance(node, ast.Constant) or (isinstance(node, ast.Call) and ast.unparse(node.func) == "len")


def compared(source: str) -> Iterator[str]:
    """Comparisons by `==` or `!=` of which an operand is named like a secret."""
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.Compare) or _in_sql(node):
            continue
        operands = [node.left, *node.comparators]
        equal = any(isinstance(op, ast.Eq | ast.NotEq) for op in node.ops)
        if equal and not any(map(_is_harmless, operands)) and any(_words(o) & SECRET_WORDS for o in operands):
            yield ast.unparse(node)


def _in_sql(node: ast.Compare) -> bool:
    """`Table.column == value` is SQL that SQLAlchemy writes: the database compares, by an index."""
    return any(
        isinstance(o, ast.Attribute) and isinstance(o.value, ast.Name) and o.value.id[:1].isupper()
        for o in [node.left, *node.comparators]
    ) or any(isinstance(o, ast.Call) and ast.unparse(o.func) == "col" for o in [node.left, *node.comparators])


def test_no_secret_is_compared_with_equals() -> None:
    found = {
        f"{path.relative_to(ROOT)}:{expression}"
        for path in (ROOT / "service").rglob("*.py")
        for expression in compared(path.read_text(encoding="utf-8"))
    }
    assert found - set(ALLOWED) == set(), "compare with hmac.compare_digest"
    assert set(ALLOWED) - found == set(), "no longer there"


@pytest.mark.parametrize(
    "wrong",
    [
        "key.digest == digest",
        "stored.digest != sent",
        "_checksum(text) == form[4]",
        "if token == given: pass",
        "session.csrf_token != header",
        "hmac.new(k, m, 'sha256').digest() == signature",
    ],
)
def test_a_comparison_of_secrets_is_found(wrong: str) -> None:
    assert list(compared(wrong))


@pytest.mark.parametrize(
    "fine",
    [
        "hmac.compare_digest(a.digest, b)",
        "token is None",
        "kind == other",
        "ApiKey.digest == given",
        "len(token) == n",
    ],
)
def test_other_comparisons_are_let_be(fine: str) -> None:
    assert not list(compared(fine))


def test_secrets_are_compared_somewhere() -> None:
    calls = sum(
        path.read_text(encoding="utf-8").count("compare_digest(") for path in (ROOT / "service").rglob("*.py")
    )
    assert calls >= 3
