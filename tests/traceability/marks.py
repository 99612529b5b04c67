"""Marks: the requirements that tests name, read from their source; nothing is imported.

A mark counts on a test, on one of its parameters, on its class and, as `pytestmark`, on its module.
"""

import ast
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

Tests = Sequence[ast.FunctionDef | ast.AsyncFunctionDef]


def covered(root: Path, *, mark: str = "ocpp") -> Mapping[str, Sequence[str]]:
    """Return the names of the tests below `root`/tests by what their marks name, both sorted."""
    found: defaultdict[str, set[str]] = defaultdict(set)
    for file in sorted((root / "tests").rglob("test_*.py")):
        place = file.relative_to(root).as_posix()
        for name, ids in marked(ast.parse(file.read_text(encoding="utf-8")), mark):
            for requirement in ids:
                found[requirement].add(f"{place}::{name}")
    return {requirement: sorted(found[requirement]) for requirement in sorted(found)}


def marked(module: ast.Module, mark: str) -> Iterator[tuple[str, Sequence[str]]]:
    """Yield the tests of a module by name, each with what its marks name."""
    shared = [argument for node in module.body if _is_pytestmark(node) for argument in _arguments(node, mark)]
    yield from _tests(module.body, mark, shared, "")


def _tests(
    body: Sequence[ast.stmt], mark: str, shared: Sequence[str], prefix: str
) -> Iterator[tuple[str, Sequence[str]]]:
    for node in body:
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            continue
        own = [*shared, *(argument for decorator in node.decorator_list for argument in _arguments(decorator, mark))]
        if isinstance(node, ast.ClassDef):
            yield from _tests(node.body, mark, own, f"{prefix}{node.name}::")
        elif node.name.startswith("test_"):
            yield f"{prefix}{node.name}", own


def _is_pytestmark(node: ast.stmt) -> bool:
    return isinstance(node, ast.Assign) and any(
        isinstance(target, ast.Name) and target.id == "pytestmark" for target in node.targets
    )


def _arguments(node: ast.AST, mark: str) -> Iterator[str]:
    """Yield the texts that calls of `pytest.mark.<mark>` inside a node are given."""
    for call in ast.walk(node):
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute) and call.func.attr == mark:
            for argument in call.args:
                if isinstance(argument, ast.Constant) and isinstance(argument.value, str):
                    yield argument.value
