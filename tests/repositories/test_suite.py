"""A test command in a copy of a tree: where it runs, what it sees, and that nothing of it is left."""

import time

import pytest

from procure_kit.repositories.suite import Suite


@pytest.fixture
def tree(tmp_path):
    (tmp_path / "tree").mkdir()
    (tmp_path / "work").mkdir()
    (tmp_path / "tree/a.py").write_text("ok = True\n")
    return tmp_path


def suite(tree, command: str) -> Suite:
    return Suite(tree / "tree", command, tree / "work")


def test_files_are_exchanged_in_the_copy_alone(tree):
    judged = suite(tree, "grep -q True a.py")
    assert judged.run(10).status == "valid"
    judged.put({"a.py": b"ok = False\n"})
    result = judged.run(10)
    assert (result.status, "exit code 1" in result.detail) == ("tests_fail", True)
    assert (tree / "tree/a.py").read_text() == "ok = True\n"


@pytest.mark.parametrize("package", [False, True])
def test_a_package_is_tested_from_the_directory_around_it(tree, package):
    if package:
        (tree / "tree/__init__.py").write_text("")
    result = suite(tree, "pwd; ls {dir}; exit 3").run(10)
    assert str(tree / "work") + ("\n" if package else "/tree\n") in result.detail and "a.py" in result.detail


@pytest.mark.slow
def test_a_suite_that_runs_too_long_is_ended_with_all_that_it_started(tree):
    start = time.monotonic()
    result = suite(tree, "(sleep 600; touch late) & echo begun; sleep 600").run(2)
    assert (result.status, "its output ends: begun" in result.detail) == ("timeout", True)
    assert time.monotonic() - start < 60 and not (tree / "work/tree/late").exists()


def test_the_environment_holds_no_secret(tree, monkeypatch):
    monkeypatch.setenv("API_TOKEN", "hidden")
    result = suite(tree, "env; exit 1").run(10)
    assert "PYTHONHASHSEED=0" in result.detail and "hidden" not in result.detail


def test_python_finds_the_tree_and_its_src_folder(tree):
    (tree / "tree/src").mkdir()
    (tree / "tree/src/b.py").write_text("")
    result = suite(tree, "echo $PYTHONPATH; echo $HOME; cat; exit 1").run(10)
    copy = tree / "work/tree"
    assert f"{copy}:{copy}/src\n{tree}/work/home" in result.detail  # and nothing to read stands on its input


def test_a_name_with_blanks_is_one_word_of_the_command(tree):
    (tree / "a b; c").mkdir()
    (tree / "a b; c/x.py").write_text("")
    assert Suite(tree / "a b; c", "test -f {dir}/x.py", tree / "work").run(10).status == "valid"


def test_of_a_long_output_the_end_is_told(tree):
    result = suite(tree, "head -c 100000 /dev/zero | tr '\\0' é; echo; echo the end; exit 7").run(10)
    assert result.detail.startswith("the suite ended with exit code 7; its output ends: ")
    assert result.detail.endswith("the end") and len(result.detail) < 2100
