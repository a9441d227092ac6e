"""What one file of a tree may do to the others: read their frames, or give a built-in another meaning."""

import pytest

from procure_kit.repositories.frames import reach_of
from procure_kit.repositories.perturbation import perturb_tree
from procure_kit.repositories.validation import read_rows, state_of

TELLS = "import sys\ndef lookup(name): return sys._getframe(1).f_locals[name]\n"
BODY = "def f():\n    who = 'you'\n    x = 1\n    return who, x\n"


def tree_of(tmp_path, files: dict[str, str]):
    for file, text in files.items():
        (tmp_path / "tree" / file).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "tree" / file).write_text(text)
    return tmp_path / "tree"


@pytest.mark.parametrize(
    ("files", "kept"),
    [
        ({"frames.py": TELLS, "a.py": "from frames import lookup\n", "b.py": "import json\n"}, "a.py frames.py"),
        ({"frames.py": TELLS, "a.py": "import frames\n", "b.py": "import a\n", "c.py": "x = 1\n"},
         "a.py b.py frames.py"),
        ({"p/__init__.py": "from .frames import lookup\n", "p/frames.py": TELLS, "p/a.py": "from . import lookup\n"},
         "p/__init__.py p/a.py p/frames.py"),
        ({"p/__init__.py": "", "p/frames.py": TELLS, "p/q/__init__.py": "", "p/q/a.py": "from ..frames import x\n",
          "p/q/b.py": "from .. import other\n"}, "p/frames.py p/q/a.py"),
        ({"src/p/frames.py": TELLS, "src/p/a.py": "import p.frames as x\n"}, "src/p/a.py src/p/frames.py"),
        ({"frames.py": TELLS, "a.py": "import importlib\nx = importlib.import_module(y)\n"}, "a.py frames.py"),
        ({"frames.py": TELLS, "a.py": "x = __import__('frames')\n"}, "a.py frames.py"),
        ({"frames.py": "import builtins\n" + TELLS + "builtins._ = lookup\n", "a.py": "_('x')\n"}, "a.py frames.py"),
        ({"i.py": "class T:\n    def __call__(s, t): return t % g(1).f_locals\n_ = T()\n", "a.py": "from i import _\n"},
         "a.py i.py"),
        ({"names.py": "def names(fn): return fn.__code__.co_varnames\n", "a.py": "import names\n"}, "a.py names.py"),
        ({"frames.py": "def broken(:\n    f_locals\n", "a.py": "import frames\n"}, ""),
    ],
)  # fmt: skip
def test_names_stay_wherever_a_reader_of_frames_can_be_reached(tmp_path, files, kept):
    tree = tree_of(tmp_path, files)
    assert sorted(reach_of(tree, files).frames) == kept.split()


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("import app\napp.len = 1\n", {"len"}),
        ("def test(monkeypatch): monkeypatch.setattr('app.list', 1)\n", {"list"}),
        ("with mock.patch('app.dict'): pass\n", {"dict"}),
        ("with mock.patch.object(app, 'len'): pass\n", {"len"}),
        ("with mock.patch.multiple(app, len=1): pass\n", {"len"}),
        ("class C:\n    def __init__(self): self.list = []\n", set()),
        ("x = 'len'\n", set()),
    ],
)
def test_a_built_in_that_any_file_replaces(tmp_path, text, names):
    tree = tree_of(tmp_path, {"tests/test_a.py": text})
    assert reach_of(tree, ["tests/test_a.py"]).built_ins == names


def test_sites_that_rest_on_it_stay(tmp_path):
    source = "def f(p):\n    if len(p) > 1: x = 1\n    else: x = 2\n    return x\n"
    patch = "with mock.patch('a.len'): pass\n"
    tree = tree_of(tmp_path, {"frames.py": TELLS, "a.py": source, "b.py": "import frames\n" + BODY, "test_a.py": patch})
    perturb_tree(tree, tmp_path / "new")
    rows = {(row["file"], row["concept"]) for row in read_rows(state_of(tmp_path / "new") / "manifest.jsonl")}
    assert rows == {("a.py", "variable_name_random")}
