"""What CPython compiles is read: `python -m tests.proofs.reading`.

The standard library, every .py of the environment's site-packages, and random programs in odd layouts. Each source must
be analysed; what LibCST is given of it, and prints again, must be the program that CPython reads (the same syntax tree,
or, where a form that it does not read was put in another way, the same byte code); and the source cut at its tokens,
with layout alone between them, must be the file. What CPython refuses must get one sentence. Results: reading.json; a
run goes on where the last one stopped.
"""

import argparse
import ast
import json
import os
import sysconfig
import time
import warnings
from collections.abc import Callable
from concurrent.futures import Executor, ProcessPoolExecutor
from functools import partial
from pathlib import Path
from random import Random

from procure_kit.analysis.depth import with_room
from procure_kit.analysis.python_tree import BOM
from procure_kit.analysis.source_tree import parse_source
from procure_kit.analysis.tokens import tokens
from procure_kit.concepts.recognition.syntax_pairs import dump
from procure_kit.repositories.files import files_of, read_python
from procure_kit.shipped import RESULTS
from tests.concepts.odd_layout import redress
from tests.concepts.random_programs import random_program

PROGRAMS = 3000
FOLDERS = {"standard library": "stdlib", "site-packages": "purelib"}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--out", type=Path, default=RESULTS / "reading.json")
    args = parser.parse_args()
    result = json.loads(args.out.read_text()) if args.out.exists() else {"command": "python -m tests.proofs.reading"}
    with ProcessPoolExecutor(args.workers) as executor:
        look(result, args.out, "odd layouts", list(map(str, range(PROGRAMS))), odd, executor)
        for kind, path in FOLDERS.items():
            folder = Path(sysconfig.get_paths()[path])
            found = [file for file in files_of(folder) if file.endswith(".py")]
            if kind == "standard library":
                found = [file for file in found if not file.startswith("site-packages/")]
            look(result, args.out, kind, found, partial(bytes_of, folder), executor)


def odd(number: str) -> bytes:
    rng = Random(int(number))
    return redress(random_program(rng), rng).encode()


def bytes_of(folder: Path, file: str) -> bytes:
    return (folder / file).read_bytes()


def look(result: dict, out: Path, kind: str, names: list[str], read: Callable, executor: Executor) -> None:
    """Look at the sources of one kind, from where the last run stopped; `read(name)` is what a source holds."""
    told = result.setdefault(kind, {"looked at": 0, "verdicts": {}, "not read": {}}) | {"sources": len(names)}
    result[kind] = told
    rest = names[told["looked at"] :]
    for name, found in zip(rest, executor.map(partial(verdict_of, read), rest, chunksize=20), strict=True):
        told["looked at"] += 1
        short = found.partition(":")[0]
        told["verdicts"][short] = told["verdicts"].get(short, 0) + 1
        if found not in ("read", "refused by both"):
            told["not read"][name] = found
        if told["looked at"] % 200 == 0 or told["looked at"] == len(names):
            save(out, result)


def verdict_of(read: Callable[[str], bytes], name: str) -> str:
    warnings.simplefilter("ignore")
    return verdict(read(name))


def verdict(data: bytes) -> str:
    """Read, or what is wrong; refused by both where CPython does not compile the file, and the kit says why."""
    try:
        compiles = compile(data, "file", "exec", dont_inherit=True) is not None
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        compiles = False
    start = time.process_time()
    try:
        source = read_python(data)[0]
        tree = parse_source(source)
        wrong = with_room(differs)(source, tree)
    except ValueError as error:
        if compiles:
            return f"refused: {error}"
        return "refused by both" if "\n" not in str(error) else f"no sentence: {error}"
    if (seconds := time.process_time() - start) > 60:
        return f"took {seconds:.0f} s"
    return wrong or ("read" if compiles else "read, and CPython does not compile it")


def differs(source: str, tree) -> str:
    """What differs between a file and what was read of it, if anything does."""
    position = len(BOM) * source.startswith(BOM)
    for token in tokens(source, position):
        between = source[position : token.start]
        if between.strip(" \t\f\\\r\n") and "#" not in between:
            return f"character {position}: {between!r} is in no token"
        position = token.end
    given, own = ast.parse(tree.layout.text), ast.parse(source.removeprefix(BOM))
    if dump(given) != dump(own) and not tree.layout.wrapped and _code(tree.layout.text) != _code(source):
        return "another program is given to LibCST"
    return ""


def _code(text: str) -> list:
    """The byte code of a program, without its positions."""
    rest, found = [compile(text.removeprefix(BOM), "text", "exec", dont_inherit=True)], []
    while rest:
        code = rest.pop()
        found += [code.co_code, code.co_names, code.co_varnames, code.co_cellvars]
        rest += [constant for constant in code.co_consts if hasattr(constant, "co_code")]
    return found


def save(out: Path, result: dict) -> None:
    part = out.with_name(out.name + ".part")
    part.write_text(json.dumps(result, indent=1) + "\n")
    os.replace(part, out)
    print({kind: told["verdicts"] for kind, told in result.items() if isinstance(told, dict)}, flush=True)


if __name__ == "__main__":
    main()
