"""A small package copied and rewritten: what changes, what stays byte for byte, and how single sites are taken back."""

import json
import runpy
import sys

import pytest

from procure_kit import cli
from procure_kit.concepts.table import DEFAULT_CONCEPTS
from procure_kit.problems.counterfactual import Edit, place_edits
from procure_kit.problems.rows import read_rows
from procure_kit.repositories.files import is_test, read_python
from procure_kit.repositories.perturbation import TreeSettings, perturb_tree, read_settings, rewrite_source, state_of

CORE = """\
\"\"\"Sizes.\"\"\"
from . import names
from .names import *
import pkg.names as other

__all__ = ["size", "Box"]
LIMIT = 3
"""
WORK = """\
from pkg.names import first, label as tag

__all__ = ["size", "Box"]
LIMIT = 3

def size(items, scale=1):
    total = 0
    best = None
    for item in items:
        total += item * scale
        if item is None:
            if scale is None:
                best = 'none'
            else:
                best = item
        else:
            best = tag
    value = 1
    total += value
    value = getattr(first, 'real')
    return total, best, value

class Box:
    width = 2
    def area(self):
        width = self.width
        height = LIMIT
        return width * height
"""
FILES = {
    "__init__.py": b"from pkg.work import *\n",
    "names.py": b"first = 1\nlabel = 'x'\n",
    "star.py": CORE.encode(),
    "work.py": WORK.encode(),
    "dos.py": b"\xef\xbb\xbfdef f(p):\r\n\tx = p  # caf\xc3\xa9\r\n\treturn x",
    "latin.py": b"# coding: latin-1\ndef f(p):\n    name = '\xe9'\n    return name, p\n",
    "broken.py": b"x = 1\nprint 'two'\n",
    "bytes.py": b"x = '\xff'\n",
    "data/table.csv": b"a,b\r\n1,2\r\n",
    "tests/test_work.py": b"def test():\n    value = 1\n    assert value\n",
    "__pycache__/old.pyc": b"old",
}


@pytest.fixture
def pkg(tmp_path):
    for name, data in FILES.items():
        path = tmp_path / "pkg" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    return tmp_path / "pkg"


def perturb(*args) -> int:
    return cli.main(["perturb", *map(str, args), "--workers", "1"])


def rows_of(new):
    return list(read_rows(state_of(new) / "manifest.jsonl"))


def behaviour(root, monkeypatch):
    """What `size` and `Box` of the package below a directory answer."""
    monkeypatch.syspath_prepend(str(root))
    for name in [name for name in sys.modules if name.split(".")[0] == "pkg"]:
        monkeypatch.delitem(sys.modules, name)
    found = runpy.run_module("pkg.work")
    assert found["__file__"].startswith(str(root))
    return [found["size"]([1, 2], scale=3), found["size"]([]), found["Box"]().area(), found["__all__"]]


def test_a_package_keeps_its_behaviour_and_its_other_files(pkg, tmp_path, monkeypatch, capsys):
    new = tmp_path / "out" / "pkg"
    assert perturb(pkg, "-o", new) == 1  # two files cannot be read
    said = capsys.readouterr()
    assert f"{pkg}/broken.py: line 2: the source does not parse" in said.err
    assert f"{pkg}/bytes.py: line 1: " in said.err
    assert {p.relative_to(new).as_posix() for p in new.rglob("*") if p.is_file()} == set(FILES) - {
        "__pycache__/old.pyc"
    }
    changed = {name for name in FILES if (new / name).exists() and (new / name).read_bytes() != FILES[name]}
    assert changed == {"work.py", "dos.py", "latin.py"}
    assert behaviour(tmp_path, monkeypatch) == behaviour(new.parent, monkeypatch)
    assert (new / "dos.py").read_bytes().startswith(b"\xef\xbb\xbfdef f(p):\r\n\t")
    assert b"caf\xc3\xa9\r\n" in (new / "dos.py").read_bytes() and b"'\xe9'" in (new / "latin.py").read_bytes()


def test_every_row_points_at_its_text_in_both_versions(pkg, tmp_path):
    new = tmp_path / "new"
    perturb(pkg, "-o", new)
    rows = [row for row in rows_of(new) if not row["status"]]
    assert {row["concept"] for row in rows} >= {"if_else_flip", "independent_swap", "def_use_break"}
    for file in {row["file"] for row in rows}:
        before, after = (read_python((tree / file).read_bytes())[0] for tree in (pkg, new))
        edits = [Edit(s, e, text, moved and tuple(moved)) for row in rows if row["file"] == file
                 for s, e, text, moved in row["edits"]]  # fmt: skip
        assert place_edits(before, edits)[0] == after
        for row in (row for row in rows if row["file"] == file):
            assert row["soundness"] == "syntactic" and row["original"] in before
            for (start, end), (old, stop), (s, e, text, moved) in zip(
                row["changed"], row["changed_original"], row["edits"], strict=True
            ):
                assert (s, e) == (old, stop) and (moved or after[start:end] == text)


def test_a_site_is_taken_back_by_leaving_out_its_row(pkg, tmp_path, monkeypatch):
    new = tmp_path / "out" / "pkg"
    perturb(pkg, "-o", new)
    source, rows = WORK, [row for row in rows_of(new) if row["file"] == "work.py"]
    expected = behaviour(tmp_path, monkeypatch)
    for left_out in rows:
        edits = [Edit(s, e, text, moved and tuple(moved)) for row in rows if row is not left_out
                 for s, e, text, moved in row["edits"]]  # fmt: skip
        (new / "work.py").write_text(place_edits(source, edits)[0])
        assert behaviour(new.parent, monkeypatch) == expected, left_out["label"]


def test_a_killed_run_goes_on(pkg, tmp_path):
    whole, cut = tmp_path / "whole", tmp_path / "cut"
    perturb(pkg, "-o", whole)
    perturb(pkg, "-o", cut)
    manifest = state_of(cut) / "manifest.jsonl"
    (cut / "work.py").unlink()  # killed after some of its rows
    manifest.write_bytes(manifest.read_bytes()[:-100])
    (cut / "data" / "table.csv").unlink()
    perturb(pkg, "-o", cut)
    assert sorted(map(json.dumps, rows_of(cut))) == sorted(map(json.dumps, rows_of(whole)))
    assert all((cut / n).read_bytes() == (whole / n).read_bytes() for n in FILES if "__pycache__" not in n)


def test_it_never_writes_over_what_is_there(pkg, tmp_path, capsys):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "a.txt").write_text("mine")
    assert perturb(pkg, "-o", tmp_path / "mine") == 2
    assert "was not made by this command" in capsys.readouterr().err
    assert perturb(pkg, "-o", pkg / "new") == 2 and perturb(pkg, "-o", tmp_path) == 2
    perturb(pkg, "-o", tmp_path / "new")
    assert perturb(pkg, "-o", tmp_path / "new", "--seed", 1) == 2
    assert "was made with other settings" in capsys.readouterr().err


def test_tests_and_tested_sites_are_asked_for(pkg, tmp_path):
    (pkg / "work.py").write_text("def f(a, b):\n    if a < b:\n        return a\n    else:\n        return b\n")
    sure, all_sites = (perturb_tree(pkg, tmp_path / name, soundness=name, tests=name == "tested", on_bad=print)
                       for name in ("syntactic", "tested"))  # fmt: skip
    assert (sure["if_else_flip"], all_sites["if_else_flip"]) == (0, 1)
    assert all_sites["files rewritten"] == sure["files rewritten"] + 1
    assert read_settings(tmp_path / "tested").soundness == "tested"


def test_which_files_are_the_suite():
    assert [is_test(f) for f in ("a/tests/b.py", "test_a.py", "a_test.py", "conftest.py", "testing/a.py", "a.py")] == (
        [True] * 4 + [False] * 2
    )


def test_links_are_copied_as_links(pkg, tmp_path):
    (pkg / "link.py").symlink_to("names.py")
    perturb(pkg, "-o", tmp_path / "new")
    assert (tmp_path / "new" / "link.py").is_symlink()


def test_who_is_read_by_its_caller_frame_keeps_its_names(tmp_path):
    tree = tmp_path / "tree"
    tree.mkdir()
    (tree / "magic.py").write_text("import sys\ndef fill(text):\n    return text.format(**sys._getframe(1).f_locals)\n")
    body = "def greet(who):\n    name = who.title()\n    return {}('hello {{name}}'), name\n"
    (tree / "uses.py").write_text("from magic import fill as f\n" + body.format("f"))
    (tree / "other.py").write_text("import magic\n" + body.format("magic.fill"))
    flip = "def turn(a):\n    if a is None: a = fill\n    else: a = 2\n    return a\n"
    (tree / "flip.py").write_text(body.format("fill") + flip)
    (tree / "free.py").write_text("def fil(text): return text\n" + body.format("fil"))
    perturb_tree(tree, tmp_path / "new")
    found = {(row["file"], row["concept"]) for row in rows_of(tmp_path / "new")}
    assert {file for file, _ in found} == {"flip.py", "free.py"}
    assert {concept for file, concept in found if file == "flip.py"} == {"if_else_flip"}


def test_what_it_leaves_beside_the_new_tree(pkg, tmp_path):
    perturb(pkg, "-o", tmp_path / "new")
    assert {path.name for path in (tmp_path / "new.procure").iterdir()} == {"settings.json", "manifest.jsonl"}
    assert read_settings(tmp_path / "new").original == str(pkg.resolve())
    with pytest.raises(ValueError, match="has no other.procure beside it: make it with `procure perturb DIR -o"):
        read_settings(tmp_path / "other")


def test_a_file_is_no_place_for_a_tree(pkg, tmp_path, capsys):
    (tmp_path / "mine").write_text("mine")
    assert perturb(pkg, "-o", tmp_path / "mine") == 2 and (tmp_path / "mine").read_text() == "mine"
    assert perturb(tmp_path / "mine", "-o", tmp_path / "new") == 2 and not (tmp_path / "new").exists()


def test_a_function_gets_random_names_or_shuffled_ones_by_a_coin(tmp_path):
    body = "def f{}(p):\n    a = p\n    b = a\n    return b + a\n"
    settings = TreeSettings("", DEFAULT_CONCEPTS)
    source = "".join(body.format(number) for number in range(20))
    _, rows = rewrite_source(source, "x.py", settings)
    concepts = [row["concept"] for row in rows]
    assert len(concepts) == 20 and set(concepts) == {"variable_name_random", "variable_name_shuffle"}
    assert rewrite_source(source, "x.py", settings) == (_, rows) != rewrite_source(source, "y.py", settings)


def test_a_file_whose_names_mean_two_things_does_not_compile_and_says_so():
    with pytest.raises(ValueError, match="line 3: the source does not compile: "):
        rewrite_source("def f():\n    x = 1\n    global x\n", "x.py", TreeSettings("", ("variable_name_random",)))
