"""`procure COMMAND ...`: each command is a module with `add_arguments(parser)` and `run(args) -> exit code`.

Exit codes: 0 done; 1 done, but something was left out or failed, and said so; 2 nothing done; 130 interrupted.
"""

import argparse
import errno
import sys
from concurrent.futures import BrokenExecutor
from importlib import import_module

from procure_kit.problems.ranges import RANGES, refuse_impossible

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
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name, (module, help_text) in COMMANDS.items():
        command = commands.add_parser(name, help=help_text, description=help_text)
        if name in argv[:1]:
            import_module(f"procure_kit.commands.{module}").add_arguments(command)
    args = parser.parse_args(argv)
    try:
        numbers = {name: value for name, value in vars(args).items() if name in RANGES and not isinstance(value, str)}
        refuse_impossible(lambda name: f"--{name.replace('_', '-')}", **numbers)
        return import_module(f"procure_kit.commands.{COMMANDS[args.command][0]}").run(args)
    except (ValueError, OSError, ModuleNotFoundError) as error:
        full = isinstance(error, OSError) and error.errno in FULL
        hint = "; what is written stays, and with more room the same command goes on from there" if full else ""
        print(f"procure {args.command}: {error}{hint}", file=sys.stderr)
        return 1 if full else 2
    except BrokenExecutor:
        print(f"procure {args.command}: a worker process died; the same command goes on from there", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print(f"procure {args.command}: stopped; the same command goes on where it stopped", file=sys.stderr)
        return 130


if __name__ == "__main__":
    sys.exit(main())
