"""Of the results' page: what rewriting finds, keeps and reads."""

from procure_kit.problems import markdown
from tests.pages.files import folded, made, read, text

HEADS = ["concept", "sites", "refused", "rewritten", "valid", "problems", "of them valid", "authors", "CACP"]


def counts(name: str, title: str) -> str:
    """The table of HumanEval's counterfactuals, with the reasons to refuse folded."""
    head, rest = text(name).split("Refused, by reason:\n")
    reasons, invalid = rest.split("Rewritten, but not valid:\n")
    numbers = head.partition("\n\n")[2].strip()
    rows = [line.strip("| ").split(" | ") for line in numbers.splitlines() if line.startswith("| `")]
    rows = [[row[0], *row[2:6], row[1], *row[7:]] for row in rows]  # rewritten, but not valid: listed below
    remark = numbers.rpartition("\n\n")[2]
    short = markdown.table(HEADS, rows, right=HEADS[1:])
    said = f"Rewritten, but not valid:\n\n{invalid.strip()}\n\n{folded('Refused, by reason', reasons)}"
    return f"### {title}\n\n{made(read(name)['command'])}\n\n{short}\n\n{remark}\n\n{said}"


def proofs() -> str:
    """The tables of suites run on rewritten source trees, and what was found in each failure."""
    texts = [text(name) for name in ("standard_library", "packages")]
    lines = [line for part in texts for line in part.splitlines() if line.startswith("|")]
    rows = "\n".join(dict.fromkeys(lines))  # both have the same head
    told = [part.partition("\n\nLooks")[2] for part in texts]
    reasons = [line for part in told for line in part.splitlines() if line.startswith("- `")]
    return f"{rows}\n\nEvery test that fails, by cause:\n\n" + "\n".join(reasons)


def fuzzed() -> str:
    """How far both proofs have come; each goes on where it stopped."""
    rows = [[kind, f"{told['looked at']:,} of {told['sources']:,}", len(told["not read"])]
            for kind, told in read("reading").items() if isinstance(told, dict)]  # fmt: skip
    found = read("fuzz")
    wrote = f"{found['counts']['rewrites']:,} rewrites of {found['programs']:,} random programs"
    return markdown.table(["sources", "looked at", "not read"], rows, right=["looked at", "not read"]) + (
        f"\n\n{wrote} are done; {len(found['failed'])} went wrong."
    )


def commands_of_behaviour() -> list[str]:
    return [part["command"] for part in read("behaviour").values()]


def changes(part: dict, soundness: str) -> tuple[int, int]:
    """How many rewrites of a set there are, and how many of them changed what the program does."""
    rows = [row for row in part["rewrites"] if row[2] == soundness]
    return sum(row[3] for row in rows), sum(row[4] for row in rows)


def behaviour() -> str:
    """How many rewrites changed what a program does, by set and soundness."""
    rows = []
    for name, part in read("behaviour").items():
        left = sum(part["left out"].values())
        cells = [f"{n:,}" for soundness in ("syntactic", "tested") for n in changes(part, soundness)]
        rows.append([name, f"{part['programs'] - left:,}", left, *cells])
    head = ["set", "programs", "left out", "`syntactic` rewrites", "changed", "`tested` rewrites", "changed"]
    return markdown.table(head, rows, right=head[1:])
