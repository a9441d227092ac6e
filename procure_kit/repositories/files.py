"""The files of a source tree: which ones may be rewritten, and Python text read and written with every byte kept."""

import codecs
import os
import shutil
import stat
import tokenize
from collections.abc import Iterable, Iterator
from io import BytesIO
from pathlib import Path

from procure_kit.problems.counterfactual import Edit, place_edits

TEST_DIRECTORIES = {"test", "tests"}


def directories_of(tree: Path) -> list[str]:
    """The paths of all directories below one, empty ones too, and of itself, each before what lies in it."""
    found = []
    for directory, names, _ in os.walk(tree):
        names[:] = sorted(name for name in names if name != "__pycache__" and not (Path(directory) / name).is_symlink())
        found.append(Path(directory).relative_to(tree).as_posix())
    return found


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
        return data.decode(encoding), encoding
    except SyntaxError as error:
        raise ValueError(f"line 1: {error.msg or 'the encoding cannot be found out'}") from error
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise ValueError(f"line {line}: byte {data[error.start]:#04x} is no {encoding} text") from error
    except (LookupError, ValueError) as error:  # a codec that is none of text, or one that says no otherwise
        raise ValueError(f"line 1: the file is no {encoding} text: {error}") from error


def edit_python(data: bytes, edits: Iterable[Edit]) -> bytes:
    """The file with its text edited; all else keeps its bytes, in an encoding too that can say a text in several ways.

    Raises: ValueError as `read_python`, for edits that overlap, and where the encoding cannot write the new text.
    """
    text, encoding = read_python(data)
    new, placed = place_edits(text, edits)
    plain = text.encode(encoding) == data
    try:
        made = new.encode(encoding) if plain else _in_pieces(data, new, encoding, placed)
        alike = made.decode(encoding) == new
    except UnicodeError:
        alike = False
    if not alike:
        raise ValueError(f"line 1: the encoding {encoding} cannot write the new text so that it is read alike")
    return made


def _in_pieces(data: bytes, new: str, encoding: str, placed: dict[Edit, tuple[int, int]]) -> bytes:
    places = _byte_places(data, encoding)
    pieces, position, written = [], 0, 0
    for edit, (start, end) in sorted(placed.items(), key=lambda each: (each[1][0], -each[1][1])):
        if start >= written:  # not inside of text that moves
            pieces += [data[places[position] : places[edit.start]], new[start:end].encode(encoding)]
            position, written = edit.end, end
    return b"".join([*pieces, data[places[position] :]])


def _byte_places(data: bytes, encoding: str) -> list[int]:
    """The place of each character among the bytes."""
    decoder, places = codecs.getincrementaldecoder(encoding)(), [0]
    for number in range(len(data)):
        places += [number + 1] * len(decoder.decode(data[number : number + 1]))
    return places + [len(data)] * len(decoder.decode(b"", final=True))


def write_whole(path: Path, data: bytes, like: Path) -> None:
    """Write a file that is either there in full or not at all, with the permissions of another."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = _part(path, like)
    part.write_bytes(data)
    shutil.copymode(like, part)
    part.replace(path)


def copy_whole(source: Path, target: Path) -> None:
    """Copy a file, a link as a link and a pipe as a pipe, in full or not at all.

    Raises: OSError for what cannot be read, or is neither (a socket, a device).
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    part = _part(target, source)
    part.unlink(missing_ok=True)
    if not can_be_copied(source):
        raise OSError("it is no file, link or pipe")
    if stat.S_ISFIFO(kind := source.lstat().st_mode):
        os.mkfifo(part, stat.S_IMODE(kind))
    else:
        shutil.copy2(source, part, follow_symlinks=False)
    part.replace(target)


def can_be_copied(source: Path) -> bool:
    """Whether it is a file, a link or a pipe: no socket, and no device."""
    kind = source.lstat().st_mode
    return stat.S_ISREG(kind) or stat.S_ISLNK(kind) or stat.S_ISFIFO(kind)


def _part(target: Path, source: Path) -> Path:
    """Where a file is written before it gets its name: by a name that nothing beside the source has."""
    name = ".procure.part"
    while os.path.lexists(source.parent / name):
        name += ".part"
    return target.with_name(name)
