"""The files of a source tree: which ones may be rewritten, and Python text read and written with every byte kept."""

import ast
import os
import shutil
import tokenize
from collections.abc import Iterable, Iterator
from io import BytesIO
from pathlib import Path

from procure_kit.analysis.depth import with_room

TEST_DIRECTORIES = {"test", "tests"}
_WAYS_TO_CALLER = {"_getframe", "currentframe", "f_back", "stack"}


def files_of(tree: Path) -> Iterator[str]:
    """The paths of all files below a directory, relative to it, with slashes, in one order everywhere. Compiled code
    in `__pycache__` is no source; links count as files and are not followed."""
    for directory, names, files in os.walk(tree):
        links = [name for name in names if (Path(directory) / name).is_symlink()]
        names[:] = sorted(name for name in names if name != "__pycache__" and name not in links)
        for name in sorted(files + links):
            yield (Path(directory) / name).relative_to(tree).as_posix()


def is_python(tree: Path, file: str) -> bool:
    return file.endswith((".py", ".pyw")) and (tree / file).is_file() and not (tree / file).is_symlink()


def is_test(file: str) -> bool:
    """Whether a file belongs to the suite, by its name: a suite that is to judge must itself stay as it is."""
    *directories, name = file.split("/")
    stem = name.rpartition(".")[0]
    named = stem.startswith("test_") or stem.endswith("_test") or stem == "conftest"
    return named or not TEST_DIRECTORIES.isdisjoint(directories)


def read_python(data: bytes) -> tuple[str, str]:
    """The text of a Python file, line ends and byte-order mark included, and the encoding that it declares.

    Raises: ValueError with one clear sentence for an unknown or wrong encoding.
    """
    try:
        encoding = tokenize.detect_encoding(BytesIO(data).readline)[0]
        encoding = "utf-8" if encoding == "utf-8-sig" else encoding
        text = data.decode(encoding)
    except SyntaxError as error:
        raise ValueError(f"line 1: {error.msg or 'the encoding cannot be found out'}") from error
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise ValueError(f"line {line}: byte {data[error.start]:#04x} is no {encoding} text") from error
    if text.encode(encoding) != data:
        raise ValueError(f"line 1: the encoding {encoding} does not give the same bytes back")
    return text, encoding


def caller_readers(tree: Path, files: Iterable[str]) -> set[str]:
    """The names of functions that read the variables of whoever calls them, by the frame: to call one is like
    `locals()`, from whichever file."""
    found = set()
    for file in files:
        data = (tree / file).read_bytes()
        if b"f_locals" not in data:
            continue
        try:
            nodes = list(ast.walk(with_room(ast.parse)(data)))
        except (SyntaxError, ValueError, MemoryError):
            continue  # it is told of when it is its turn to be rewritten
        for function in nodes:
            if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):
                inside = list(ast.walk(function))
                words = {node.attr for node in inside if isinstance(node, ast.Attribute)}
                words |= {node.id for node in inside if isinstance(node, ast.Name)}
                if "f_locals" in words and not _WAYS_TO_CALLER.isdisjoint(words):
                    found.add(function.name)
    return found


def write_whole(path: Path, data: bytes, like: Path) -> None:
    """Write a file that is either there in full or not at all, with the permissions of another."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(path.name + ".part")
    part.write_bytes(data)
    shutil.copymode(like, part)
    part.replace(path)


def copy_whole(source: Path, target: Path) -> None:
    """Copy a file, or a link as a link, in full or not at all."""
    target.parent.mkdir(parents=True, exist_ok=True)
    part = target.with_name(target.name + ".part")
    part.unlink(missing_ok=True)
    shutil.copy2(source, part, follow_symlinks=False)
    part.replace(target)
