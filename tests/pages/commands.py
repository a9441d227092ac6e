"""`notebooks/COMMANDS.md`: every command and option of `procure`, from the parsers themselves."""

import argparse

from procure_kit import cli
from procure_kit.problems.markdown import table

OPENING = """\
# The command line

The notebooks need none of this: it is for sets of problems, packages, servers and training runs.
`procure COMMAND --help` says the same. This page is made from the parsers by `python -m tests.pages`."""


def page() -> str:
    """The whole page."""
    names = "\n".join(f"- [`procure {name}`](#procure-{name}): {does}" for name, does in cli.COMMANDS.items())
    return "\n\n".join([OPENING, f"{names}\n\n{cli.EPILOG}", *map(section, cli.COMMANDS)]) + "\n"


def parser_of(name: str) -> argparse.ArgumentParser:
    """A command's own parser, filled."""
    parser = argparse.ArgumentParser(prog=f"procure {name}")
    cli.explain(name, parser)
    return parser


def section(name: str) -> str:
    """What a command does, what may be said of it, its examples, and a table for each group of its options."""
    parser = parser_of(name)
    notes, _, examples = parser.epilog.rpartition("examples:\n")
    parts = [f"## procure {name}", parser.description, *map(block, filter(None, notes.strip().split("\n\n")))]
    parts.append("```sh\n" + "\n".join(line.removeprefix("  ") for line in examples.splitlines()) + "\n```")
    shown = [group for group in parser._action_groups if [a for a in group._group_actions if a.dest != "help"]]
    for group in shown:
        if group.title not in ("positional arguments", "options"):
            parts.append(f"{group.title[0].upper()}{group.title[1:]}:")
        rows = [[spelled(action), explained(action)] for action in group._group_actions if action.dest != "help"]
        parts.append(table(["argument" if group.title == "positional arguments" else "option", "meaning"], rows))
    return "\n\n".join(parts)


def block(text: str) -> str:
    """A paragraph of an epilog, or a file in it, which is indented."""
    if not text.startswith("  "):
        return text
    return "```toml\n" + "\n".join(line.removeprefix("  ") for line in text.splitlines()) + "\n```"


def spelled(action: argparse.Action) -> str:
    """`-o OUT, --out OUT` as `-o`, `--out OUT`."""
    value = "" if action.nargs == 0 else action.metavar or (action.choices and "|".join(action.choices)) or action.dest
    value = " ".join(value) if isinstance(value, tuple) else value
    more = " ..." if action.nargs in ("+", "*") and action.option_strings else ""
    *short, last = action.option_strings or [""]
    return ", ".join([*(f"`{name}`" for name in short), f"`{f'{last} {value}{more}'.strip()}`"])


def explained(action: argparse.Action) -> str:
    return (action.help % vars(action)).replace("<", "&lt;")
