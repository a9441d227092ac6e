"""The files of a source tree: listed alike everywhere, read and written with every byte kept."""

import os
import socket

import pytest

from procure_kit.problems.counterfactual import Edit
from procure_kit.repositories.files import (
    can_be_copied,
    copy_whole,
    directories_of,
    edit_python,
    files_of,
    is_python,
    is_test,
    read_python,
    write_whole,
)


@pytest.fixture
def tree(tmp_path):
    for file in ("b/__init__.py", "b/tests/test_x.py", "a.py", "a.pyw", "a.txt", "__pycache__/a.cpython-311.pyc"):
        (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / file).write_text("x = 1\n")
    (tmp_path / "link.py").symlink_to("a.py")
    (tmp_path / "round").symlink_to(".")
    return tmp_path


def test_files_are_listed_in_one_order_without_compiled_code_and_links_are_not_followed(tree):
    assert [*files_of(tree)] == ["a.py", "a.pyw", "a.txt", "link.py", "round", "b/__init__.py", "b/tests/test_x.py"]
    assert [file for file in files_of(tree) if is_python(tree, file)] == [
        "a.py", "a.pyw", "b/__init__.py", "b/tests/test_x.py",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("file", "suite"),
    [
        ("test_a.py", True),
        ("a_test.py", True),
        ("conftest.py", True),
        ("x/tests/y.py", True),
        ("contest.py", False),
        ("test/y.py", True),
        ("testing/y.py", False),
        ("a/tests.py", False),
        ("atest.py", False),
        ("tests/data.json", True),
    ],
)
def test_what_belongs_to_the_suite(file, suite):
    assert is_test(file) is suite


@pytest.mark.parametrize(
    ("data", "text", "encoding"),
    [
        (b"\xef\xbb\xbfx = 1\r\n", "\ufeffx = 1\r\n", "utf-8"),
        (b"x = '\xc3\xa9'\r", "x = 'é'\r", "utf-8"),
        (b"", "", "utf-8"),
        (b"# coding: latin-1\nx = '\xe9'\n", "# coding: latin-1\nx = 'é'\n", "iso-8859-1"),
    ],
)
def test_python_text_comes_with_the_encoding_that_gives_its_bytes_back(data, text, encoding):
    assert read_python(data) == (text, encoding) and text.encode(encoding) == data


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"# coding: klingon\n", "line 1: "),
        (b"x = 1\ny = '\xff'\n", "line 2: byte 0xff is no utf-8 text"),
        (b"# coding: rot13\n", "line 1: the file is no rot13 text: 'rot13' is not a text encoding"),
        (b"# coding: undefined\n", "line 1: the file is no undefined text: "),
        (b"\xef\xbb\xbf# coding: latin-1\n", "line 1: "),
    ],
)
def test_a_wrong_encoding_is_told_by_its_line(data, message):
    with pytest.raises(ValueError, match=message):
        read_python(data)


@pytest.mark.parametrize(
    ("encoding", "before", "after"),
    [
        ("utf-7", b"x = '+AGE-+AOQ-'\ny = x # +AOQ\n", b"x = '+AGE-+AOQ-'\nnew = x # +AOQ\n"),
        ("unicode_escape", b"x = '\\u00e4\\x41'\ny = x\n", b"x = '\\u00e4\\x41'\nnew = x\n"),
        ("iso2022_jp", b"x = '\x1b$B%F\x1b(B\x1b(B'\ny = x\n", b"x = '\x1b$B%F\x1b(B\x1b(B'\nnew = x\n"),
        ("shift_jis", b"x = '\x83e'\ny = x\n", b"x = '\x83e'\nnew = x\n"),
        ("utf-8", b"\xc3\xa4 = 1\r\ny = 2", b"\xc3\xa4 = 1\r\nnew = 2"),
    ],
)
def test_an_edit_keeps_all_other_bytes_in_any_encoding(encoding, before, after):
    head = f"# coding: {encoding}\n".encode()
    text = read_python(head + before)[0]
    at = text.index("y = ")
    assert edit_python(head + before, [Edit(at, at + 1, "new")]) == head + after


def test_a_text_that_the_encoding_cannot_write_is_refused():
    with pytest.raises(ValueError, match="the encoding ascii cannot write the new text"):
        edit_python(b"# coding: ascii\nx = 1\n", [Edit(16, 17, "ä")])


def test_files_are_written_whole_with_the_permissions_of_another(tree):
    os.chmod(tree / "a.py", 0o750)
    write_whole(tree / "new/deep.py", b"y = 2\n", like=tree / "a.py")
    assert (tree / "new/deep.py").read_bytes() == b"y = 2\n" and (tree / "new/deep.py").stat().st_mode & 0o777 == 0o750
    copy_whole(tree / "link.py", tree / "new/link.py")
    assert os.readlink(tree / "new/link.py") == "a.py"
    assert not [file for file in files_of(tree) if file.endswith(".part")]


def test_a_file_is_never_written_by_the_name_of_another(tree):
    for name in ("a.py.part", ".procure.part", "x" * 252 + ".py"):
        (tree / name).write_text("mine")
        copy_whole(tree / name, tree / "new" / name)
    write_whole(tree / "new/a.py", b"", like=tree / "a.py")
    assert sorted(files_of(tree / "new")) == sorted([".procure.part", "a.py", "a.py.part", "x" * 252 + ".py"])


def test_empty_directories_are_known_and_pipes_are_copied(tree):
    (tree / "empty" / "deep").mkdir(parents=True)
    assert directories_of(tree) == [".", "b", "b/tests", "empty", "empty/deep"]
    os.mkfifo(tree / "pipe", 0o640)
    copy_whole(tree / "pipe", tree / "new" / "pipe")
    assert (tree / "new" / "pipe").is_fifo()
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(tree / "s"))
        assert not can_be_copied(tree / "s")
        with pytest.raises(OSError, match="no file, link or pipe"):
            copy_whole(tree / "s", tree / "new" / "s")
