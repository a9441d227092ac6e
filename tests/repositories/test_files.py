"""The files of a source tree: listed alike everywhere, read and written with every byte kept."""

import os

import pytest

from procure_kit.repositories.files import (
    caller_readers,
    copy_whole,
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
        (b"# coding: utf-7\nx = '+AGE-'\n", "line 1: the encoding utf-7 does not give the same bytes back"),
        (b"\xef\xbb\xbf# coding: latin-1\n", "line 1: "),
    ],
)
def test_a_wrong_encoding_is_told_by_its_line(data, message):
    with pytest.raises(ValueError, match=message):
        read_python(data)


def test_functions_that_read_their_callers_variables_are_known_by_name(tree):
    (tree / "a.py").write_text(
        "import sys\n"
        "def fill(text):\n    return text.format(**sys._getframe(1).f_locals)\n"
        "def show(frame):\n    return frame.f_locals\n"
    )
    (tree / "a.pyw").write_text("def broken(:\n    f_locals\n")
    assert caller_readers(tree, ["a.py", "a.pyw"]) == {"fill"}  # `show` is handed a frame, it does not look for one


def test_files_are_written_whole_with_the_permissions_of_another(tree):
    os.chmod(tree / "a.py", 0o750)
    write_whole(tree / "new/deep.py", b"y = 2\n", like=tree / "a.py")
    assert (tree / "new/deep.py").read_bytes() == b"y = 2\n" and (tree / "new/deep.py").stat().st_mode & 0o777 == 0o750
    copy_whole(tree / "link.py", tree / "new/link.py")
    assert os.readlink(tree / "new/link.py") == "a.py"
    assert not [file for file in files_of(tree) if file.endswith(".part")]
