"""`procure COMMAND ...`: each command is a module with `add_arguments(parser)` and `run(args) -> exit code`.

Exit codes: 0 done; 1 done, but something was left out or failed, and said so; 2 nothing done; 130 interrupted.
"""

import argparse
import errno
import sys
from concurrent.futures import BrokenExecutor
from importlib import import_module, metadata

from procure_kit.extras import explained

COMMANDS = {
    "run": ("run", "execute the notebooks headlessly into runs/<time>/"),
    "perturb": ("perturb", "make counterfactuals of a problem set"),
    "validate": ("validate", "judge counterfactuals by their problems' tests"),
    "counts": ("counts", "sites, refusals and valid rewrites for each concept, beside the published counts"),
    "evaluate": ("evaluate", "complete pairs with a model or a server, or score a file of samples"),
    "train": ("train", "train as a TOML or JSON file says"),
}
FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


def main(argv: list[str] | None = None) -> int:
    """Run one command and return its exit code. Only the module of the command asked for is loaded."""
    argv = sys.argv[1:] if argv is None else argv
    parser = argparse.ArgumentParser(prog="procure", description=import_module("procure_kit").__doc__.splitlines()[0])
    parser.add_argument("--version", action="version", version=f"procure-kit {_version()}")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name, (_, help_text) in COMMANDS.items():
        commands.add_parser(name, help=help_text, description=help_text)
    try:
        if argv[:1] and argv[0] in COMMANDS:
            module = import_module(f"procure_kit.commands.{COMMANDS[argv[0]][0]}")
            module.add_arguments(commands.choices[argv[0]])
        args = parser.parse_args(argv)
        return module.run(args)
    except ModuleNotFoundError as error:
        print(f"procure {argv[0]}: {explained(error)}", file=sys.stderr)
        return 2
    except (ValueError, OSError) as error:
        full = isinstance(error, OSError) and error.errno in FULL
        hint = "; what is written stays, and with more room the same command goes on from there" if full else ""
        print(f"procure {argv[0]}: {error}{hint}", file=sys.stderr)
        return 1 if full else 2
    except BrokenExecutor:
        print(f"procure {argv[0]}: a worker process died; the same command goes on from there", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print(f"procure {argv[0]}: stopped; the same command goes on where it stopped", file=sys.stderr)
        return 130


def _version() -> str:
    try:
        return metadata.version("procure-kit")
    except metadata.PackageNotFoundError:
        return "(not installed)"


if __name__ == "__main__":
    sys.exit(main())
