"""Packages from PyPI, perturbed, under the suites in their own sdists: `python -m tests.proofs.packages [NAME ...]`.

Results: packages.json and .md in data/results. The sdists are pinned by version and hash and fetched by pip; with
`--sdists DIR` they are taken from there.
"""

import argparse
import hashlib
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

from procure_kit.shipped import RESULTS
from tests.proofs.suites import KINDS, imported_from, judge, make_tree, run_suite, sites_of, write_results

# name: (version, a module that must come from the tree under test, words for pytest, sha256 of the sdist)
PACKAGES = {
    "boltons": (
        "25.0.0", "boltons.iterutils", ["tests", "--noconftest"],
        "e110fbdc30b7b9868cb604e3f71d4722dd8f4dcb4a5ddd06028ba8f1ab0b5ace",
    ),
    "toolz": (
        "1.1.0", "toolz.itertoolz", ["toolz"],
        "27a5c770d068c110d9ed9323f24f1543e83b2f300a687b7891c1a6d56b697b5b",
    ),
    "tabulate": (
        "0.9.0", "tabulate", ["test"],
        "0095b12bf5966de529c0feb1fa08671671b3368eec77d7ef7ab114be2c068b3c",
    ),
    "idna": (
        "3.11", "idna.core", ["tests"],
        "795dafcc9c04ed0c1fb032c2aa73654d8e8c5023a7df64a53f39190ada629902",
    ),
    "jinja2": (
        "3.1.6", "jinja2.compiler", ["tests", "--ignore=tests/test_async.py", "--ignore=tests/test_async_filters.py"],
        "0137fb05990d35f1275a587e9aee6d56da821fc83491a0fb838183be43f66d6d",
    ),
    "click": (
        "8.3.1", "click.core", ["tests", "-W", "default"],
        "12ff4785d337a1bb490bb7e9c2b1ee5da3112e94a8622f26a6c77f5d2fc6842a",
    ),
}  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(PACKAGES)}; without names all")
    parser.add_argument("--sdists", type=Path, metavar="DIR", help="where the sdists are, or are kept")
    parser.add_argument("--out", type=Path, default=RESULTS / "packages.json")
    args = parser.parse_args()
    rows = []
    for name in args.names or PACKAGES:
        with tempfile.TemporaryDirectory() as directory:
            rows += prove(name, Path(directory), args.sdists or Path(directory))
        write_results(args.out, "python -m tests.proofs.packages", rows)
    sys.exit(any(row["behaviour_changes"] for row in rows if row["soundness"] == "syntactic"))


def prove(name: str, work: Path, sdists: Path) -> list[dict]:
    """Run one package's suite on its four trees. Returns a row each for `syntactic` and `tested`."""
    version, module, words, sha256 = PACKAGES[name]
    archive = fetch(name, version, sha256, sdists)
    with tarfile.open(archive) as tar:
        tar.extractall(work / "sdist", filter="data")
    (original,) = (work / "sdist").iterdir()
    results, rows = {}, []
    for kind in KINDS:
        tree = make_tree(original, work, kind)
        path = [tree / "src"] if (tree / "src").is_dir() else [tree]
        imported_from([sys.executable], [module], tree, path)
        command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--junit-xml", "{xml}", *words]
        results[kind] = run_suite(command, tree, path)
        print(name, kind, len(results[kind]), "tests run", flush=True)
        if kind in ("syntactic", "tested"):
            row = {"suite": f"{name} {version}", "soundness": kind, "sites": sites_of(tree)[0]}
            rows.append(row | judge(results, kind))
    return rows


def fetch(name: str, version: str, sha256: str, folder: Path) -> Path:
    """The sdist, from the folder or from PyPI. Raises: AssertionError when it is not the one that was measured."""
    archive = folder / f"{name.replace('-', '_')}-{version}.tar.gz"
    if not archive.exists():
        words = ["--no-deps", "--no-binary", ":all:", "--dest", folder, f"{name}=={version}"]
        subprocess.run([sys.executable, "-m", "pip", "download", "--quiet", *words], check=True)
    assert hashlib.sha256(archive.read_bytes()).hexdigest() == sha256, f"{archive} is another file"
    return archive


if __name__ == "__main__":
    main()
