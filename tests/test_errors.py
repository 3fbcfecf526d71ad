"""Every exception of ours stands in one tree, which the docstring of errors.py draws whole."""

import ast
import re
from pathlib import Path

import omefree
from omefree import errors

SOURCE = Path(omefree.__file__).parent


def bases(node: ast.ClassDef) -> set[str]:
    return {base.id if isinstance(base, ast.Name) else getattr(base, "attr", "") for base in node.bases}


def raised(path: Path) -> set[str]:
    """The exceptions that a file defines, by the names of what they derive from."""
    known = {name for name, kind in vars(errors).items() if isinstance(kind, type) and issubclass(kind, Exception)}
    known |= {"Exception", "BaseException", "OSError", "RuntimeError", "ValueError"}
    classes = [node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.ClassDef)]
    return {node.name for node in classes if bases(node) & known}


def test_no_exception_stands_elsewhere() -> None:
    elsewhere = {path.name: raised(path) for path in SOURCE.rglob("*.py") if path.name != "errors.py"}
    assert {name: found for name, found in elsewhere.items() if found} == {}


def test_the_tree_in_the_docstring_is_whole() -> None:
    lines = re.findall(r"^([| `-]*)(\w+)(?=  |$)", errors.__doc__ or "", re.M)
    drawn: dict[str, str] = {}
    above: dict[int, str] = {}
    for branches, name in lines:
        depth = len(branches) // 4
        above[depth] = name
        drawn[name] = above[depth - 1] if depth else "Exception"
    kinds = [kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, Exception)]
    assert drawn == {kind.__name__: kind.__mro__[1].__name__ for kind in kinds}
