"""On a system without Unix's processes all but running programs works, and running says what it needs."""

import subprocess
import sys

import pytest

from procure_kit.running.isolation.system import check_system
from procure_kit.shipped import PACKAGE

# What Python on Windows lacks, taken away before anything is imported.
WINDOWS = """
import os, signal, sys
for name in ("resource", "fcntl", "pwd", "grp", "termios", "syslog"):
    sys.modules[name] = None
for name in ("fork", "forkpty", "register_at_fork", "geteuid", "getuid", "getegid", "killpg", "setsid"):
    delattr(os, name)
for name in ("SIGKILL", "SIGALRM", "SIGPROF", "SIGXCPU", "setitimer"):
    delattr(signal, name)
"""
PERTURBING = """
import pkgutil
from importlib import import_module
import procure_kit as pk
for package in ("problems", "analysis", "concepts", "validation", "generation", "repositories"):
    found = import_module(f"procure_kit.{package}")
    for module in pkgutil.walk_packages(found.__path__, found.__name__ + "."):
        import_module(module.name)
from procure_kit.cli import main
problem = pk.load_problems("kit")[0]
accepted = [site for site in pk.find_sites(problem.program) if not site.refused]
made = [pk.perturb(problem.program, site.concept, site=site) for site in accepted]
assert made and all(pk.recognise(cf.original, cf.counterfactual).status == "ok" for cf in made)
assert main(["perturb", "kit", "--concepts", "if_else_flip", "--workers", "1", "-o", "rows.jsonl"]) == 0
"""
RUNNING = """
import json, sys
from pathlib import Path
import procure_kit as pk
from procure_kit.cli import main
problem = pk.load_problems("kit")[0]
cf = next(pk.perturb(problem.program, s.concept, site=s) for s in pk.find_sites(problem.program) if not s.refused)
for run in (lambda: pk.run_tests(problem.program, problem), lambda: pk.validate(cf, problem)):
    try:
        run()
    except OSError as error:
        print(error)
row = cf.to_row() | {"task_id": problem.task_id}
Path("rows.jsonl").write_text(json.dumps(row) + "\\n")
sys.exit(main(["validate", "rows.jsonl", "--problems", "kit", "-o", "out.jsonl"]))
"""


def python(code: str, folder) -> subprocess.CompletedProcess:
    command = [sys.executable, "-P", "-c", code]
    path = {"PYTHONPATH": str(PACKAGE.parent), "HF_HUB_OFFLINE": "1"}
    return subprocess.run(command, cwd=folder, env=path, capture_output=True, text=True)


def test_importing_perturbing_and_recognising_work(tmp_path):
    done = python(WINDOWS + PERTURBING, tmp_path)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "rows.jsonl").stat().st_size


def test_running_says_in_one_sentence_what_it_needs(tmp_path):
    done = python(WINDOWS + RUNNING, tmp_path)
    said = "running programs needs Linux or macOS: this Python lacks os.fork and the module fcntl and"
    assert done.stdout.count(said) == 2, done.stderr
    assert done.returncode == 2 and said in done.stderr and "Traceback" not in done.stderr


def test_what_is_missing_is_named(monkeypatch):
    check_system()
    monkeypatch.delattr("os.fork")
    with pytest.raises(OSError, match="this Python lacks os.fork \\("):
        check_system()
