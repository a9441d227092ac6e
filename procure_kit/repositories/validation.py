"""A rewritten source tree judged by the tree's own suite: run on the original first, then on the rewritten tree, and,
where only the second run fails, again on halves of the rewritten sites until the one that is to blame is found.
"""

import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from procure_kit.problems.counterfactual import Edit
from procure_kit.problems.rows import read_rows
from procure_kit.repositories.files import edit_python, files_of, read_python
from procure_kit.repositories.perturbation import read_settings, state_of
from procure_kit.repositories.suite import Suite, SuiteResult


def validate_tree(
    new_dir: Path,
    command: str,
    original: Path | None = None,
    timeout: float = 600,
    limit: float = 3600,
    on_run: Callable[[str, SuiteResult], None] = lambda what, result: None,
) -> list[dict]:
    """Judge every site of a tree that `perturb_tree` made: the manifest's rows with status, detail, seconds, isolation.

    Statuses: `original_fails` for all when the suite fails on the original within `timeout` seconds; `valid`; and for
    the sites to blame `tests_fail` or `timeout` (three times the original's time). Each is found by bisection: in the
    order of the manifest there is a first site with which the suite fails and without which it passes. It is then left
    out and the search goes on, for `limit` seconds at most. `original`: where the original lies now, if it has moved.

    Raises: ValueError when the tree was not made by `perturb_tree`, or its original is gone.
    """
    original = original or Path(read_settings(new_dir).original)
    if not original.is_dir():
        raise ValueError(f"the original of {new_dir} is not at {original}: name it with --original")
    rows = list(read_rows(state_of(new_dir) / "manifest.jsonl"))
    with tempfile.TemporaryDirectory(prefix="procure-", ignore_cleanup_errors=True) as work:
        suite = Suite(original, command, Path(work))
        first = suite.run(timeout)
        on_run("the original", first)
        if first.status != "valid":
            return [_judged(row, SuiteResult("original_fails", first.detail, first.seconds)) for row in rows]
        return _bisect(suite, Units(original, new_dir, rows), rows, max(30, 3 * first.seconds), limit, on_run)


def _judged(row: dict, result: SuiteResult) -> dict:
    if row["status"] == "unparsable":
        return row | {"seconds": 0.0, "isolation": ""}
    return row | {
        "status": result.status, "detail": result.detail, "seconds": result.seconds, "isolation": "process",
    }  # fmt: skip


class Units:
    """What can be taken back by itself: a site; or a whole file, where it is not what its rows make of the original."""

    def __init__(self, original: Path, new_dir: Path, rows: list[dict]):
        self.before, self.after, self.all = {}, {}, []
        by_file: dict[str, list[dict]] = {}
        for row in rows:
            by_file.setdefault(row["file"], []).append(row)
        for file in files_of(new_dir):
            before, after = ((tree / file).read_bytes() for tree in (original, new_dir))
            if before == after or (new_dir / file).is_symlink():
                continue
            self.before[file], self.after[file] = before, after
            edits = [_edits(row, read_python(after)[0]) for row in by_file.get(file, [])]
            fits = edit_python(before, [e for own in edits for e in own]) == after
            units = list(zip(by_file.get(file, []), edits, strict=True)) if fits else [(None, None)]
            self.all += [(file, row, own) for row, own in units]

    def files(self, kept: list[int]) -> dict[str, bytes]:
        """All files that differ, with only the units of these numbers rewritten."""
        edits: dict[str, list[Edit]] = {}
        found = dict(self.before)
        for number in kept:
            file, row, own = self.all[number]
            if row is None:
                found[file] = self.after[file]
            else:
                edits.setdefault(file, []).extend(own)
        for file, wanted in edits.items():
            found[file] = edit_python(self.before[file], wanted)
        return found


def _edits(row: dict, after: str) -> list[Edit]:
    """A row's edits, or, in a row that has only spans, what its spans say."""
    if "edits" in row:
        return [Edit(start, end, text, moved and tuple(moved)) for start, end, text, moved in row["edits"]]
    spans = zip(row["changed_original"], row["changed"], strict=True)
    return [Edit(*old, after[slice(*new)]) for old, new in spans]


def _bisect(suite: Suite, units: Units, rows: list[dict], timeout: float, limit: float, on_run) -> list[dict]:
    end = time.monotonic() + limit
    kept, blamed = list(range(len(units.all))), {}

    def result_of(numbers: list[int]) -> SuiteResult:
        suite.put(units.files(numbers))
        result = suite.run(timeout)
        on_run(f"{len(numbers)} of {len(units.all)} sites", result)
        return result

    result = result_of(kept)
    while result.status != "valid" and kept and time.monotonic() < end:
        passes, fails, blame = 0, len(kept), result
        while fails - passes > 1 and time.monotonic() < end:
            middle = (passes + fails) // 2
            tried = result_of(kept[:middle])
            if tried.status == "valid":
                passes = middle
            else:
                fails, blame = middle, tried
        if fails - passes == 1:
            blamed[kept.pop(passes)] = blame
            result = result_of(kept)
    verdicts, files = {}, {}
    for number, (file, row, _) in enumerate(units.all):
        if number in kept and result.status != "valid":
            why = f"one of {len(kept)} sites is to blame; none was found in {limit:.0f} s. {result.detail}"
            verdict = SuiteResult(result.status, why, result.seconds)
        else:
            verdict = blamed.get(number, result)
        if row is None:
            files[file] = verdict
        else:
            verdicts[id(row)] = verdict
    return [_judged(row, verdicts.get(id(row)) or _of_file(row, files.get(row["file"], result))) for row in rows]


def _of_file(row: dict, result: SuiteResult) -> SuiteResult:
    """The verdict on a file that is not what its rows say, so that no single site can be taken back."""
    if result.status == "valid":
        return result
    return SuiteResult(result.status, f"{row['file']} is not what its rows make of it: {result.detail}", result.seconds)
