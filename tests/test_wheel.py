"""The kit as `pip install` leaves it: built, installed where no checkout is, and whole.

The environment is a fresh one that borrows all other packages from this one, so it takes seconds and no network.
"""

import json
import os
import re
import subprocess
import sys
import sysconfig
import tarfile
from functools import partial
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
pytestmark = pytest.mark.slow
say = partial(subprocess.run, check=True, capture_output=True, text=True)


@pytest.fixture(scope="module")
def built(tmp_path_factory) -> Path:
    """A folder with the sdist, and the wheel that was made of it."""
    out = tmp_path_factory.mktemp("dist")
    say([sys.executable, "-m", "build", "--no-isolation", "--outdir", out, ROOT])
    return out


@pytest.fixture(scope="module")
def environment(built, tmp_path_factory) -> Path:
    """A virtual environment with the wheel in it."""
    venv = tmp_path_factory.mktemp("venv")
    say([sys.executable, "-m", "venv", "--without-pip", venv])
    venv.chmod(0o755)  # as any other; pytest's own is closed to the user that candidates run as
    (wheel,) = built.glob("*.whl")
    say([sys.executable, "-m", "pip", "--python", venv / "bin/python", "install", "--no-deps", "--no-index", wheel])
    # As a path alone: the .pth file of the editable install there is not read, and so the checkout stays unknown.
    (site_packages(venv) / "borrowed.pth").write_text(sysconfig.get_path("purelib") + "\n")
    (venv / "share").symlink_to(Path(sys.prefix) / "share")  # the page templates of nbconvert
    return venv


def site_packages(venv: Path) -> Path:
    return Path(sysconfig.get_path("purelib", vars={"base": str(venv), "platbase": str(venv)}))


def outside(venv: Path, folder: Path, *command: str) -> str:
    """What a command of the environment prints in a folder, with nothing that leads to the checkout."""
    kept = {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "VIRTUAL_ENV")}
    env = kept | {"PATH": f"{venv / 'bin'}:{os.environ['PATH']}"}
    ran = subprocess.run([venv / "bin" / command[0], *command[1:]], cwd=folder, env=env, capture_output=True, text=True)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    return ran.stdout


def files(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file() and path.suffix != ".pyc"}


def checkout(*folders: str) -> set[str]:
    """The files that git knows or would take."""
    if not (ROOT / ".git").exists():
        pytest.skip("this is no checkout: there is nothing to compare with")
    listed = say(["git", "ls-files", "--cached", "--others", "--exclude-standard", *folders], cwd=ROOT).stdout
    return {name for name in listed.splitlines() if (ROOT / name).is_file()}


def test_what_is_installed_is_what_the_checkout_has(environment):
    kit = site_packages(environment) / "procure_kit"
    there = files(kit)
    wanted = {name.removeprefix("procure_kit/"): ROOT / name for name in checkout("procure_kit", "data", "notebooks")}
    differing = {"missing": wanted.keys() - there, "nobody asked for": there - wanted.keys()}
    assert differing == {"missing": set(), "nobody asked for": set()}
    assert [name for name, path in wanted.items() if (kit / name).read_bytes() != path.read_bytes()] == []


def test_the_source_distribution_is_the_whole_checkout_and_small(built):
    (path,) = built.glob("*.tar.gz")
    with tarfile.open(path) as sdist:
        there = {name.partition("/")[2] for name in sdist.getnames()}
    assert checkout() - there == set()
    assert not {name.split("/")[0] for name in there} & {".venv", "runs", "dist", ".git"}
    assert path.stat().st_size < 25_000_000


def test_both_pass_twine(built):
    say([sys.executable, "-m", "twine", "check", "--strict", *built.iterdir()])


LOADS = """
import json
from pathlib import Path
import procure_kit as pk
from procure_kit import shipped
from procure_kit.experiments.curves import runs
from procure_kit.generation.llm.prompting import prompt
from procure_kit.generation.llm.server import REPLIES

model, tokenizer = pk.load_model("tiny", device="cpu")
cf = pk.perturb(pk.load_problems("world")[0].program, "variable_name_random")
pk.attention_pair(model, tokenizer, cf).save_html("pair.html")
print(json.dumps({
    "kit": str(shipped.PACKAGE), "parameters": model.num_parameters(), "page": Path("pair.html").stat().st_size,
    "problems": [len(pk.load_problems(name)) for name in ("kit", "world")],
    "replies": REPLIES.is_file(), "results": shipped.RESULTS.is_dir(), "new results": str(shipped.NEW_RESULTS),
    "mend": shipped.brought_back_by("data/tiny"),
}))
"""


def test_the_model_the_problems_and_the_page_load(environment, tmp_path):
    found = json.loads(outside(environment, tmp_path, "python", "-c", LOADS).splitlines()[-1])
    assert found.pop("parameters") > 1_000_000 and found.pop("page") > 10_000
    rows = [len((ROOT / "data" / name).read_text().splitlines()) for name in ("kit.jsonl", "world_heldout.jsonl")]
    assert found == {
        "kit": str((site_packages(environment) / "procure_kit").resolve()),
        "problems": rows,
        "replies": True,
        "results": True,
        "new results": ".",
        "mend": "pip install --force-reinstall --no-deps procure-kit",
    }
    assert [path.name for path in tmp_path.iterdir()] == ["pair.html"]


def test_a_notebook_runs_from_an_empty_folder(environment, tmp_path):
    kit = site_packages(environment) / "procure_kit"
    before = files(kit)
    said = outside(environment, tmp_path, "procure", "run", "00")
    (run,) = (tmp_path / "runs").iterdir()
    assert f"Look at {run.relative_to(tmp_path) / 'index.html'}" in said
    (entry,) = json.loads((run / "results.json").read_text())
    assert entry["status"] == "ok" and entry["results"]
    assert {path.name for path in run.iterdir()} - {"kernel.log"} == {
        "00_quickstart.html", "00_quickstart.ipynb", "index.html", "results.json",
    }  # fmt: skip
    assert files(kit) == before
    assert str(ROOT) not in (run / "00_quickstart.ipynb").read_text()


SEEKS = """
import json
import os
import sys
from pathlib import Path
import procure_kit as pk
from procure_kit.running import runner
from procure_kit.running.isolation import system
from procure_kit.shipped import DATA, NOTEBOOKS, PACKAGE

runner._reasons |= {level: "not asked for" for level in system.LEVELS if level != sys.argv[1]}

program = '''def f(paths):
    import os
    seen = []
    for path in paths:
        try:
            seen.append(open(path, 'rb').read(1) != b'')
        except OSError:
            seen.append(False)
    return seen
'''
test = "def check(candidate):\\n    assert candidate(PATHS) == EXPECTED\\n"
paths = [str(DATA / "kit.jsonl"), str(NOTEBOOKS / "00_quickstart.ipynb"), str(PACKAGE / "world" / "compose.py")]
paths += [sys.prefix + path.removeprefix(str(Path(sys.prefix).resolve())) for path in paths]

def sees(paths, expected):
    text = test.replace("PATHS", repr(paths)).replace("EXPECTED", repr(expected))
    return pk.run_tests(program, pk.Problem("t", program, "", text, "f"))

hidden, own = sees(paths, [False] * 6), sees([os.__file__], [True])
print(json.dumps([hidden.status, own.status, hidden.detail]))
"""


@pytest.mark.parametrize("level", ["namespaces", "landlock"])
def test_what_came_with_the_kit_is_hidden_from_candidates(level, environment, tmp_path):
    """Its problem files hold tests, and they lie below the Python that a candidate may read."""
    link = tmp_path / "link"
    link.symlink_to(environment)
    for venv in (environment, link):  # which Python reaches by the name that it was called by
        said = outside(venv, tmp_path, "python", "-c", SEEKS, level)
        hidden, own, detail = json.loads(said.splitlines()[-1])
        if hidden == "refused":
            pytest.skip(f"this system allows no {level}: {detail}")
        assert (hidden, own) == ("passed", "passed"), detail


def test_the_command_knows_its_version_and_its_place(environment, tmp_path):
    version = re.search(r'^version = "(.+)"', (ROOT / "pyproject.toml").read_text(), re.M)[1]
    assert outside(environment, tmp_path, "procure", "--version") == f"procure-kit {version}\n"
    ran = subprocess.run(
        [environment / "bin/procure", "run", "--in-place"], cwd=tmp_path, capture_output=True, text=True
    )
    assert ran.returncode == 2 and "--in-place is for a checkout" in ran.stderr
