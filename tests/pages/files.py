"""What stands in the files of data/results, as the pages show it."""

import json
import re

from procure_kit.shipped import RESULTS


def has(name: str) -> bool:
    """Whether an experiment that takes many hours has run yet."""
    return (RESULTS / f"{name}.md").exists()


def text(name: str) -> str:
    return (RESULTS / f"{name}.md").read_text(encoding="utf-8").strip()


def read(name: str):
    return json.loads((RESULTS / f"{name}.json").read_text(encoding="utf-8"))


def made(*commands: str) -> str:
    return "\n".join(["```sh", *commands, "```"])


def commands(name: str) -> str:
    """The commands of a result's parts."""
    return made(*dict.fromkeys(part["command"] for part in read(name).values()))


def machine(name: str) -> str:
    """The command in a result's file, and where it ran."""
    where = read(name)["machine"]
    return f"{made(read(name)['command'])}\n\n{where[0].upper()}{where[1:].rstrip('.')}."


def tables(name: str) -> str:
    """A result's tables without what stands around them."""
    blocks = re.split(r"\n\s*\n", text(name))
    return "\n\n".join(block for block in blocks if block.startswith("|"))


def folded(title: str, body: str) -> str:
    return f"<details><summary>{title}</summary>\n\n{body.strip()}\n\n</details>"


def percent(share: float) -> str:
    return f"{100 * share:.1f} %"


def off_zero(table: str) -> tuple[int, int]:
    """How many intervals of differences lie off zero, and of how many."""
    found = re.findall(r"[+-][\d.]+ \(([+-][\d.]+) to ([+-][\d.]+)\)", table)
    return sum(not float(low) <= 0 <= float(high) for low, high in found), len(found)
