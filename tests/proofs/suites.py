"""What the proofs on whole source trees share: a tree as it was, as it is rewritten, and as a control, under one suite.

The control changes no behaviour whatever: every logical line gets a comment at its end and a comment line behind it. A
test that fails on the control looks at source text or line numbers, so its failing on the rewritten tree says nothing.
A test that passes on the original and on the control and fails on the rewritten tree has seen a behaviour change.
"""

import io
import json
import os
import subprocess
import tempfile
import tokenize
import xml.etree.ElementTree as ET
from collections import Counter
from pathlib import Path

from procure_kit.problems.rows import read_rows
from procure_kit.repositories.files import copy_whole, files_of, is_python, is_test, read_python
from procure_kit.repositories.perturbation import perturb_tree, state_of

REMARK = "  # as before"


KINDS = ("original", "control", "syntactic", "tested")


def make_tree(original: Path, work: Path, kind: str, workers: int = 1) -> Path:
    """One of the four trees, in a directory of its own: the last two are rewritten at `syntactic` sites, and at all."""
    tree = work / kind / original.name
    if kind in ("syntactic", "tested"):
        perturb_tree(original, tree, soundness=kind, workers=workers, on_bad=print)
        return tree
    for file in files_of(original):
        copy_whole(original / file, tree / file)
        if kind == "control" and is_python(original, file) and not is_test(file):
            (tree / file).write_bytes(remarked((original / file).read_bytes()))
    return tree


def remarked(data: bytes) -> bytes:
    """The source with a comment at the end of every logical line and a comment line behind it."""
    try:
        source, encoding = read_python(data)
        lines = io.StringIO(source, newline="").readlines()
        tokens = list(tokenize.generate_tokens(iter([*lines, ""]).__next__))
    except (ValueError, SyntaxError, tokenize.TokenError):
        return data
    for token in tokens:
        row, column = token.start
        if token.type == tokenize.NEWLINE and token.string:
            line = lines[row - 1]
            has_comment = "#" in line  # or a string with one: such a line only gets the line behind it
            lines[row - 1] = (line if has_comment else line[:column] + REMARK + line[column:]) + f"#{token.string}"
    return "".join(lines).encode(encoding)


def run_suite(command: list[str], cwd: Path, path: list[Path], timeout: float = 1500) -> dict[str, str]:
    """Each test of a suite that writes JUnit XML, with "passed", "skipped" or the first line of its failure. `{xml}`
    in the command stands for the file."""
    with tempfile.TemporaryDirectory() as home:
        xml = Path(home) / "junit.xml"
        env = {name: os.environ[name] for name in ("PATH", "LANG", "TMPDIR") if name in os.environ} | {
            "HOME": home, "PYTHONPATH": os.pathsep.join(map(str, path)), "PYTHONHASHSEED": "0",
            "PYTHONDONTWRITEBYTECODE": "1",
        }  # fmt: skip
        words = [str(xml) if word == "{xml}" else word for word in command]
        done = subprocess.run(words, cwd=cwd, env=env, timeout=timeout, capture_output=True, text=True)
        if not xml.exists():
            raise RuntimeError(f"{' '.join(words)} wrote no results: {(done.stdout + done.stderr)[-2000:]}")
        return read_junit(xml)


def read_junit(xml: Path) -> dict[str, str]:
    found, seen = {}, Counter()
    for case in ET.parse(xml).iter("testcase"):
        name = ".".join(filter(None, (case.get("classname"), case.get("name"))))
        seen[name] += 1
        name = name if seen[name] == 1 else f"{name} #{seen[name]}"
        bad = [child for child in case if child.tag in ("failure", "error")]
        if bad:
            text = (bad[0].text or bad[0].get("message") or "failed").strip()
            found[name] = next((line for line in reversed(text.splitlines()) if "Error" in line), text[:200])[:300]
        else:
            found[name] = "skipped" if case.find("skipped") is not None else "passed"
    return found


def judge(results: dict[str, dict[str, str]], which: str) -> dict:
    """The tests of the original that pass, what became of them on the tree `which`, and why those that fail do."""
    passing = [name for name, result in results["original"].items() if result == "passed"]
    changed, text = [], []
    for name in passing:
        now = results[which].get(name, "was not run")
        if now != "passed":
            row = {"test": name, "failure": now, "control": results["control"].get(name, "was not run")}
            (changed if row["control"] == "passed" else text).append(row)
    return {
        "tests": len(passing),
        "passed": len(passing) - len(changed) - len(text),
        "behaviour_changes": changed,
        "looks_at_source_text": text,
    }


def sites_of(tree: Path) -> tuple[Counter, Counter]:
    """How many sites of each concept were rewritten in a tree, and how many in each file."""
    rows = [row for row in read_rows(state_of(tree) / "manifest.jsonl") if not row["status"]]
    return Counter(row["concept"] for row in rows), Counter(row["file"] for row in rows)


def imported_from(python: list[str], modules: list[str], cwd: Path, path: list[Path]) -> dict[str, str]:
    """The file of each module as a fresh interpreter imports it: the proof that the rewritten tree is what is tested.

    Raises: AssertionError when one comes from elsewhere.
    """
    code = (
        "import importlib, json, sys\nprint(json.dumps({n: importlib.import_module(n).__file__ for n in sys.argv[1:]}))"
    )
    env = {"PATH": os.environ["PATH"], "PYTHONPATH": os.pathsep.join(map(str, path)), "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run([*python, "-c", code, *modules], cwd=cwd, env=env, capture_output=True, text=True, check=True)
    files = json.loads(done.stdout.splitlines()[-1])
    elsewhere = {n: f for n, f in files.items() if not any(Path(f).is_relative_to(place) for place in path)}
    assert not elsewhere, f"not the tree under test: {elsewhere}"
    return files


def as_table(rows: list[dict]) -> str:
    """A markdown table: a row for each suite and kind of tree."""
    lines = [
        "| suite | sites | tests that pass | rewritten, too | look at source text | behaviour changes |",
        "| --- | ---: | ---: | ---: | ---: | ---: |",
    ]
    for row in rows:
        numbers = [sum(row["sites"].values()), row["tests"], row["passed"]]
        numbers += [len(row["looks_at_source_text"]), len(row["behaviour_changes"])]
        lines.append(f"| {row['suite']}, `{row['soundness']}` | " + " | ".join(f"{n:,}" for n in numbers) + " |")
    for kind in ("looks_at_source_text", "behaviour_changes"):
        told = {bad["test"]: bad for row in rows for bad in row[kind]}
        lines += ["", kind.replace("_", " ").capitalize() + ":", ""]
        lines += [f"- `{test}`: {bad.get('cause') or bad['failure']}" for test, bad in told.items()] or ["- none"]
    return "\n".join(lines) + "\n"


def write_results(out: Path | None, command: str, rows: list[dict]) -> None:
    """Print the table and, with `out`, keep it and all numbers beside it."""
    print(as_table(rows), flush=True)
    if out is not None:
        out.write_text(json.dumps({"command": command, "rows": rows}, indent=1) + "\n")
        out.with_suffix(".md").write_text(f"Made by `{command}`.\n\n" + as_table(rows))
