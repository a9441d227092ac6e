"""CONTRIBUTING's map of the package: what each folder and each module says of itself, in the order of the phases."""

import ast
import re
import tomllib
from pathlib import Path

from procure_kit.shipped import PACKAGE


def page() -> str:
    """The map, from the phase that needs no other to the command line."""
    parts = [folder(PACKAGE / name) for name in phases() if (PACKAGE / name).is_dir()]
    rest = [module(path) for name in phases() if (path := PACKAGE / f"{name}.py").exists()]
    return "\n\n".join([*parts, "Beside the folders:\n\n" + "\n".join(rest)])


def phases() -> list[str]:
    """The folders and modules of procure_kit, lowest first, as import-linter's contract has them."""
    settings = tomllib.loads((PACKAGE.parent / "pyproject.toml").read_text(encoding="utf-8"))
    layers = next(c for c in settings["tool"]["importlinter"]["contracts"] if c["type"] == "layers")["layers"]
    return layers[::-1]


def folder(path: Path) -> str:
    """A folder in its own words, the list of its modules, and the folders in it."""
    name = path.relative_to(PACKAGE).as_posix()
    heading = f"{'###' if path.parent == PACKAGE else '####'} [{name}/]({link(path)})"
    modules = sorted(file for file in path.glob("*.py") if file.name != "__init__.py")
    listed = "\n".join(map(module, modules))
    count = f"{len(modules)} module{'s' * (len(modules) != 1)}"
    inner = [folder(file.parent) for file in sorted(path.glob("*/__init__.py"))]
    words = linked(doc(path / "__init__.py"), path)
    return "\n\n".join(
        [heading, words, f"<details><summary>{count}, in a line each</summary>\n\n{listed}\n\n</details>", *inner]
    )


def linked(words: str, path: Path) -> str:
    """The text with each file and folder that it names as a link. Raises: ValueError for one that is not there."""

    def replace(match: re.Match) -> str:
        for place in (path, path.parent):
            if (place / match[0]).exists():
                return f"[{match[0]}]({link(place / match[0])})"
        raise ValueError(f"{path / '__init__.py'} names {match[0]}, which is not there")

    return re.sub(r"(?<![\w/<])\w+(?:\.(?:py|html|css|js)|/)(?![\w/])", replace, words)


def module(path: Path) -> str:
    """A module and the first paragraph of its docstring."""
    return f"- [{path.name}]({link(path)}): {doc(path).partition(chr(10) * 2)[0].replace(chr(10), ' ')}"


def doc(path: Path) -> str:
    """A file's docstring, fit for a page. Raises: ValueError where there is none."""
    words = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))
    if not words:
        raise ValueError(f"{path} does not say what it is for")
    pieces = words.split("`")  # what stands between backquotes is shown as it is, `<b>` too
    return "`".join(piece if n % 2 else piece.replace("<", "&lt;") for n, piece in enumerate(pieces))


def link(path: Path) -> str:
    return path.relative_to(PACKAGE.parent).as_posix()
