"""A rewritten tree judged by its own suite, and the one site that is to blame found among many."""

import json
import sys

import pytest

from procure_kit import cli
from procure_kit.problems.rows import read_rows
from procure_kit.repositories.perturbation import perturb_tree, state_of
from procure_kit.repositories.validation import validate_tree

MODULE = """\
def sign(n):
    text = 'zero'
    if n is None:
        text = 'none'
    else:
        text = 'some'
    return text

def total(items):
    total = 0
    for item in items:
        total += item
    return total
"""
SUITE = """\
from shop import a, b
for module in (a, b):
    assert module.sign(None) == 'none' and module.sign(1) == 'some'
    assert module.total([1, 2]) == 3, 'wrong total'
"""
PYTHON = f"'{sys.executable}'"


@pytest.fixture
def tree(tmp_path):
    (tmp_path / "proj" / "shop").mkdir(parents=True)
    for name in ("__init__", "a", "b"):
        (tmp_path / "proj" / "shop" / f"{name}.py").write_text("" if name == "__init__" else MODULE)
    (tmp_path / "proj" / "test_shop.py").write_text(SUITE)
    perturb_tree(tmp_path / "proj", tmp_path / "new")
    return tmp_path / "new"


def inject(new, file, old, text, seconds=False):
    """Add an unsound rewrite to a file and to its manifest, as a faulty operator would."""
    path, manifest = new / file, state_of(new) / "manifest.jsonl"
    rows = list(read_rows(manifest))
    before, after = MODULE, path.read_text()
    start, at = before.index(old), after.index(old)
    grown = len(text) - len(old)
    for row in rows:
        if row["file"] == file:
            row["changed"] = [[s + grown * (s > at), e + grown * (e > at)] for s, e in row["changed"]]
    bad = rows[0] | {"file": file, "concept": "injected", "site": 99, "label": text, "line": 1}
    bad |= {"changed": [[at, at + len(text)]], "changed_original": [[start, start + len(old)]]}
    del bad["edits"]
    path.write_text(after.replace(old, text, 1))
    manifest.write_text("".join(json.dumps(row) + "\n" for row in [*rows, bad]))


def statuses(rows):
    return [(row["file"], row["concept"]) for row in rows if row["status"] != "valid"], {row["status"] for row in rows}


def test_a_sound_tree_is_valid(tree):
    rows = validate_tree(tree, f"{PYTHON} test_shop.py")
    assert len(rows) > 5 and {row["status"] for row in rows} == {"valid"}
    assert all(row["isolation"] == "process" and row["seconds"] > 0 for row in rows)


def test_the_one_site_to_blame_is_found(tree):
    inject(tree, "shop/b.py", "0\n    for", "1\n    for")
    rows = validate_tree(tree, f"{PYTHON} test_shop.py")
    assert statuses(rows) == ([("shop/b.py", "injected")], {"valid", "tests_fail"})
    assert "AssertionError: wrong total" in rows[-1]["detail"]


def test_two_sites_to_blame_are_found(tree):
    inject(tree, "shop/a.py", "0\n    for", "1\n    for")
    inject(tree, "shop/b.py", "'none'", "'nine'")
    runs = []
    rows = validate_tree(tree, f"{PYTHON} test_shop.py", on_run=lambda what, result: runs.append(what))
    assert statuses(rows)[0] == [("shop/a.py", "injected"), ("shop/b.py", "injected")]
    assert len(runs) < len(rows) + 4


def test_a_file_that_is_not_what_its_rows_say_is_named_whole(tree):
    (tree / "shop" / "a.py").write_text("raise SystemExit('gone')\n")
    rows = validate_tree(tree, f"{PYTHON} test_shop.py")
    assert {row["file"]: row["status"] for row in rows} == {"shop/a.py": "tests_fail", "shop/b.py": "valid"}
    assert "shop/a.py is not what its rows make of it" in rows[0]["detail"]


def test_a_suite_that_fails_on_the_original_judges_nothing(tree):
    rows = validate_tree(tree, "echo broken; false")
    assert {row["status"] for row in rows} == {"original_fails"} and "broken" in rows[0]["detail"]
    rows = validate_tree(tree, "sleep 9", timeout=0.2)
    assert {row["status"] for row in rows} == {"original_fails"} and "longer than" in rows[0]["detail"]


def test_the_limit_ends_the_search(tree):
    inject(tree, "shop/b.py", "0\n    for", "1\n    for")
    rows = validate_tree(tree, f"{PYTHON} test_shop.py", limit=0)
    assert {row["status"] for row in rows} == {"tests_fail"}
    assert f"one of {len(rows)} sites is to blame" in rows[0]["detail"]


def test_the_suite_sees_no_secret_and_the_right_tree(tree, monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "sk-1")
    check = "import os, shop.a; assert 'sk-1' not in str(os.environ); assert shop.a.__file__.startswith(os.getcwd())"
    for where in ("", "cd / && cd {dir} && "):
        assert {row["status"] for row in validate_tree(tree, f'{where}{PYTHON} -c "{check}"')} == {"valid"}


def test_a_package_is_found_from_the_directory_around_it(tmp_path):
    (tmp_path / "shop").mkdir()
    (tmp_path / "shop" / "__init__.py").write_text(MODULE)
    perturb_tree(tmp_path / "shop", tmp_path / "other")
    rows = validate_tree(tmp_path / "other", f'{PYTHON} -c "import shop; assert shop.total([2]) == 2"')
    assert {row["status"] for row in rows} == {"valid"}


def test_the_command_writes_verdicts_and_says_what_failed(tree, capsys):
    command = ["validate", "--repo", str(tree), "--test-command", f"{PYTHON} test_shop.py"]
    assert cli.main(command) == 0
    assert len(list(read_rows(state_of(tree) / "verdicts.jsonl"))) > 5
    inject(tree, "shop/b.py", "0\n    for", "1\n    for")
    assert cli.main([*command, "-o", str(tree.parent / "out.jsonl")]) == 1
    assert "shop/b.py:1: injected" in capsys.readouterr().out
    assert cli.main(command[:3]) == 2 and cli.main(["validate"]) == 2
    assert cli.main(["validate", "--repo", str(tree.parent), *command[3:]]) == 2
    assert "make it with `procure perturb" in capsys.readouterr().err
