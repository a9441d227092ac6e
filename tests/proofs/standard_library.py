"""The perturbed standard library under CPython's own tests: `python -m tests.proofs.standard_library`.

The interpreter's pure-Python modules are rewritten at every site, put in front of its own by PYTHONPATH (with
`-X frozen_modules=off`, so that the frozen copies of os, codecs and the like are not taken), and `python -m test` runs.
Results: standard_library.json and .md in data/results.
"""

import argparse
import platform
import sys
import sysconfig
import tempfile
from pathlib import Path

from procure_kit.repositories.files import copy_whole, files_of
from procure_kit.shipped import RESULTS
from tests.proofs.suites import KINDS, imported_from, judge, make_tree, run_suite, sites_of, write_results

# Their tests are quick, need no network and no second interpreter, and do not wait for clocks.
TESTS = [
    "aifc", "argparse", "ast", "base64", "bdb", "bisect", "calendar", "cgi", "cgitb", "cmd", "code", "codeop",
    "colorsys", "configparser", "contextlib", "copy", "copyreg", "csv", "dataclasses", "difflib", "dis", "doctest",
    "enum", "filecmp", "fileinput", "fnmatch", "fractions", "functools", "genericpath", "getopt", "getpass", "gettext",
    "glob", "graphlib", "heapq", "hmac", "html", "inspect", "ipaddress", "keyword", "linecache", "mailcap", "mimetypes",
    "modulefinder", "netrc", "ntpath", "operator", "optparse", "pickletools", "pipes", "pkgutil", "plistlib",
    "posixpath", "pprint", "profile", "pstats", "pyclbr", "queue", "quopri", "reprlib", "rlcompleter", "sched",
    "secrets", "shelve", "shlex", "shutil", "sndhdr", "stat", "statistics", "string", "stringprep", "sunau", "symtable",
    "tabnanny", "tempfile", "textwrap", "timeit", "tokenize", "tomllib", "traceback", "types", "typing", "urlparse",
    "uu", "uuid", "warnings", "wave", "weakref", "xdrlib",
]  # fmt: skip
ABOUT = {"urlparse": "urllib"}  # the module or package that a test is about, where its name does not say so

# What was found when each of the failures was looked into.
CAUSES = {
    "test.test_aifc.AIFCLowLevelTest.test_read_written": (
        "`if x < 0` became `if x >= 0` with the branches swapped; for the NaN that the test writes both are false "
        "(`tested`: the type of `x` is not known)"
    ),
    "test.test_contextlib.TestExitStack.test_exit_exception_traceback": (
        "compares a traceback with the text of its lines, in which a variable has another name"
    ),
    "test.test_inspect.test_inspect.TestMain.test_only_source": (
        "compares the output of `python -m inspect` with the text of a module's file"
    ),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", nargs="+", metavar="test_x", help="these alone, and nothing is written")
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--out", type=Path, default=RESULTS / "standard_library.json")
    args = parser.parse_args()
    names = args.only or [f"test_{name}" for name in TESTS]
    base = Path(sys.base_prefix) / "bin" / f"python{sys.version_info.major}.{sys.version_info.minor}"
    python = [str(base), "-X", "frozen_modules=off"]
    command = [*python, "-m", "test", f"-j{args.workers}", "--timeout", "200", "--junit-xml", "{xml}", *names]
    stdlib = Path(sysconfig.get_paths()["stdlib"])
    modules = sorted({ABOUT.get(n, n) for n in (name.removeprefix("test_") for name in names)} | {"unittest"})
    results, rows = {}, []
    with tempfile.TemporaryDirectory() as directory:
        work = Path(directory)
        for file in files_of(stdlib):
            if file.split("/")[0].removesuffix(".py") in modules:
                copy_whole(stdlib / file, work / "Lib" / file)
        for kind in KINDS:
            tree = make_tree(work / "Lib", work, kind, args.workers)
            files = imported_from(python, modules, work, [tree])
            results[kind] = run_suite(command, work, [tree])
            print(kind, len(results[kind]), "tests run", flush=True)
            if kind in ("syntactic", "tested"):
                sites, by_file = sites_of(tree)
                inside = {module: found for module in modules if (found := _sites_in(files[module], tree, by_file))}
                name = f"{len(inside)} modules of Python {platform.python_version()}"
                rows.append(
                    {"suite": name, "soundness": kind, "sites": sites, "modules": inside} | judge(results, kind)
                )
                write_results(None if args.only else args.out, "python -m tests.proofs.standard_library", rows)
    sys.exit(any(row["behaviour_changes"] for row in rows if row["soundness"] == "syntactic"))


def with_causes(judged: dict) -> dict:
    for bad in judged["looks_at_source_text"] + judged["behaviour_changes"]:
        bad["cause"] = CAUSES.get(bad["test"])
    return judged


def _sites_in(file: str, tree: Path, by_file: dict[str, int]) -> int:
    """The number of sites in a module, or in all of a package."""
    name = Path(file).relative_to(tree).as_posix()
    if name.endswith("/__init__.py"):
        folder = name.removesuffix("__init__.py")
        return sum(count for file, count in by_file.items() if file.startswith(folder))
    return by_file[name]


if __name__ == "__main__":
    main()
