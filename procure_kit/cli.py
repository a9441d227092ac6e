"""`procure COMMAND ...`: each command is a module with `add_arguments(parser)` and `run(args) -> exit code`.

Exit codes: 0 done; 1 done, but something was left out or failed, and said so; 2 nothing done; 130 interrupted.
"""

import argparse
import errno
import io
import sys
import warnings
from collections.abc import Iterator
from concurrent.futures import BrokenExecutor
from contextlib import contextmanager
from importlib import import_module, metadata

from procure_kit.errors import RESUMES, WHOLE, said
from procure_kit.extras import explained
from procure_kit.problems.ranges import RANGES, refuse_impossible

COMMANDS = {  # name: what it does; the module of that name has its arguments
    "run": "execute the notebooks headlessly, and leave pages and results in runs/",
    "perturb": "rewrite the programs of a problem set, or a whole source tree, so that they do the same",
    "validate": "judge rewritten programs: whether they parse, differ by one concept alone, and pass their tests",
    "counts": "count what the rules find, refuse and rewrite in a problem set, beside the published counts",
    "evaluate": "let a model complete both programs of each pair, and score what it writes",
    "train": "train a model on pairs as a TOML or JSON file says",
    "classroom": "make a folder for a class: the notebooks without outputs and solutions, and a page to print",
    "gallery": "make one offline web page of problem sets: browse, or predict and then reveal",
}
EPILOG = """\
`procure COMMAND --help` explains a command, with examples. A command that appends rows goes on where it
stopped when it is called again. Exit codes: 0 done; 1 done, but something was left out or failed, and said so;
2 nothing done; 130 interrupted."""
AT_ONCE = ("counts", "gallery", "classroom")  # these write when all is done, or in a moment
FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


def main(argv: list[str] | None = None) -> int:
    """Run one command and return its exit code. Only the module of the command asked for is loaded."""
    argv = sys.argv[1:] if argv is None else argv
    whole = {"formatter_class": argparse.RawDescriptionHelpFormatter}  # an epilog's lines stay as they are
    parser = argparse.ArgumentParser(
        prog="procure", description=import_module("procure_kit").__doc__.splitlines()[0], epilog=EPILOG, **whole
    )
    parser.add_argument("--version", action="version", version=f"procure-kit {_version()}")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name, does in COMMANDS.items():
        commands.add_parser(name, help=does, **whole)
    if not argv:
        parser.print_help(sys.stderr)
        return 2
    with _plain_words(argv[0]):
        return _run(argv, parser, commands)


def _run(argv: list[str], parser: argparse.ArgumentParser, commands) -> int:
    try:
        if argv[:1] and argv[0] in COMMANDS:
            explain(argv[0], commands.choices[argv[0]])
        args = parser.parse_args(argv)
        numbers = {name: value for name, value in vars(args).items() if name in RANGES and not isinstance(value, str)}
        refuse_impossible(lambda name: f"--{name.replace('_', '-')}", **numbers)
        return import_module(f"procure_kit.commands.{args.command}").run(args)
    except ModuleNotFoundError as error:
        print(f"procure {argv[0]}: {explained(error)}", file=sys.stderr)
        return 2
    except (ValueError, OSError) as error:
        full = isinstance(error, OSError) and error.errno in FULL
        hint = "; what is written stays, and with more room the same command goes on from there" if full else ""
        print(f"procure {argv[0]}: {said(error)}{hint}", file=sys.stderr)
        return 1 if full else 2
    except BrokenExecutor:
        print(f"procure {argv[0]}: a worker process died; the same command goes on from there", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print(f"procure {argv[0]}: stopped; {WHOLE if argv[0] in AT_ONCE else RESUMES}", file=sys.stderr)
        return 130


@contextmanager
def _plain_words(name: str) -> Iterator[None]:
    """While a command runs a warning of the kit's is one sentence, and what a terminal cannot show is escaped."""
    usual = warnings.formatwarning

    def sentence(message, category, *args, **options) -> str:
        return f"procure {name}: {message}\n" if category is UserWarning else usual(message, category, *args, **options)

    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # half a surrogate pair, as a program may print
            stream.reconfigure(errors="backslashreplace")
    warnings.formatwarning = sentence
    try:
        yield
    finally:
        warnings.formatwarning = usual


def _version() -> str:
    try:
        return metadata.version("procure-kit")
    except metadata.PackageNotFoundError:
        return "(not installed)"


def explain(name: str, parser: argparse.ArgumentParser) -> None:
    """Give a command's parser its description, its arguments and its examples."""
    module = import_module(f"procure_kit.commands.{name}")
    parser.description = f"{COMMANDS[name][0].upper()}{COMMANDS[name][1:]}."
    module.add_arguments(parser)
    parser.epilog = module.EPILOG


if __name__ == "__main__":
    sys.exit(main())
