"""What any file of a tree may do to all: read the variables of frames, or give a built-in another meaning.

A function that reads its caller's variables lies in one file and is called from another, by any name, through any
object. So names stay in each file that imports, directly or not, from one that can do it.
"""

import ast
import builtins
import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from procure_kit.analysis.onlookers import TELLING
from procure_kit.analysis.python_tree import check_syntax
from procure_kit.repositories.files import read_python

_BUILTINS = {name for name in dir(builtins) if not name.startswith("_")}
_SETTERS = {"setattr", "delattr", "setitem", "object", "patch"}  # called with the name of what they replace
_DYNAMIC = {"import_module", "__import__"}


@dataclass(frozen=True)
class Reach:
    """`frames`: files in which variables keep their names. `built_ins`: those that some file may give another
    meaning."""

    frames: frozenset[str] = frozenset()
    built_ins: frozenset[str] = frozenset()


NONE = Reach()


def reach_of(tree: Path, files: Iterable[str]) -> Reach:
    """What the Python files of a tree can do to each other. A file that cannot be read does nothing."""
    told, imports, replaced = set(), {}, set()
    for file in files:
        try:
            text = read_python((tree / file).read_bytes())[0]
            nodes = list(ast.walk(check_syntax(text)))
        except (ValueError, OSError):
            continue  # it is told of when it is its turn to be rewritten
        words = set(re.findall(r"\w+", unicodedata.normalize("NFKC", text)))
        words |= {w for n in nodes if isinstance(n, ast.Constant) and isinstance(n.value, str) for w in n.value.split()}
        if not TELLING.isdisjoint(words):
            told.add(file)
            if not words.isdisjoint({"builtins", "__builtins__"}):
                told.add("")  # what it puts there is seen by all files
        imports[file] = _imported(file, nodes)
        replaced |= _replaced(nodes)
    return Reach(frozenset(imports if "" in told else _importers(told, imports)), frozenset(replaced))


def _imported(file: str, nodes: list[ast.AST]) -> set[str]:
    """The dotted names of all that a file may import; "*" when a variable says what."""
    package = list(PurePosixPath(file).parent.parts)
    found = set()
    for node in nodes:
        match node:
            case ast.Import():
                found |= {name for alias in node.names for name in _prefixes(alias.name.split("."))}
            case ast.ImportFrom():
                base = package[: len(package) - node.level + 1] if node.level else []
                base = [*base, *(node.module or "").split(".")] if node.module else base
                found |= {".".join(base), *(".".join([*base, alias.name]) for alias in node.names)}
            case ast.Call(func=ast.Name(id=name) | ast.Attribute(attr=name)) if name in _DYNAMIC:
                given = node.args[0].value if node.args and isinstance(node.args[0], ast.Constant) else "*"
                found |= set(_prefixes(str(given).lstrip(".").split(".")))
    return found


def _prefixes(parts: list[str]) -> list[str]:
    return [".".join(parts[:count]) for count in range(1, len(parts) + 1)]


def _importers(told: set[str], imports: dict[str, set[str]]) -> set[str]:
    """The files that tell, and those that import from them, directly or not."""
    by_name: dict[str, set[str]] = {}
    for file, names in imports.items():
        for name in names:
            by_name.setdefault(name, set()).add(file)
    found, rest = set(), list(told)
    while rest:
        file = rest.pop()
        if file not in found:
            found.add(file)
            parts = [*PurePosixPath(file).parent.parts, PurePosixPath(file).stem]
            parts = parts[:-1] if parts[-1] == "__init__" else parts
            ends = [".".join(parts[start:]) for start in range(len(parts))]  # wherever the path begins
            rest += [importer for name in [*ends, "*"] for importer in by_name.get(name, ())]
    return found


def _replaced(nodes: list[ast.AST]) -> set[str]:
    """Built-ins that are set as attributes of something else than `self`, or named where something is replaced."""
    found = set()
    for node in nodes:
        match node:
            case ast.Attribute(ctx=ast.Store() | ast.Del()):
                own = isinstance(node.value, ast.Name) and node.value.id in ("self", "cls")
                found |= set() if own else {node.attr}
            case ast.Call(func=ast.Name(id=name) | ast.Attribute(attr=name)) if name in _SETTERS:
                said = [arg.value for arg in node.args if isinstance(arg, ast.Constant) and isinstance(arg.value, str)]
                found |= {text.rpartition(".")[2] for text in said}
            case ast.Call(func=ast.Attribute(attr="multiple")):
                found |= {word.arg for word in node.keywords if word.arg}
    return found & _BUILTINS
