"""A source tree copied with every sound site of every file rewritten: the paper's open question of whole repositories.

Only names that live and die inside a function are ever renamed, so modules, classes, attributes, parameters, `__all__`
and whatever other files import stay as they are. Beside NEW_DIR lies NEW_DIR.procure with `settings.json` and
`manifest.jsonl`: one row a rewritten site, so that each site can be taken back by itself.
"""

import json
import os
import shutil
import warnings
from collections import Counter
from collections.abc import Callable, Collection
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from random import Random

from procure_kit.analysis.analysis import analyse
from procure_kit.concepts.perturbation import find_sites, perturb_all
from procure_kit.concepts.table import known_concepts
from procure_kit.generation.processes import mapped
from procure_kit.generation.rules import GENERATOR
from procure_kit.problems.counterfactual import Counterfactual, Edit, Site, apply_edits, place_edits
from procure_kit.problems.rows import BadRow, append_row, read_rows, replace_rows, warn_bad_row
from procure_kit.repositories.files import (
    copy_whole,
    directories_of,
    edit_python,
    files_of,
    is_python,
    is_test,
    read_python,
    write_whole,
)
from procure_kit.repositories.frames import NONE, Reach, reach_of


@dataclass(frozen=True)
class TreeSettings:
    """What made a tree: the same command goes on with it, any other is refused. `tests`: the suite is rewritten too."""

    original: str
    concepts: tuple[str, ...]
    mode: str = "strict"
    seed: int = 0
    soundness: str = "syntactic"
    tests: bool = False


def state_of(new_dir: Path) -> Path:
    """Where a rewritten tree's manifest and settings lie: beside it, so that the package itself has no new file."""
    return new_dir.resolve().with_name(new_dir.resolve().name + ".procure")


def read_settings(new_dir: Path) -> TreeSettings:
    """Raises: ValueError when the directory was not made by `perturb_tree`."""
    path = state_of(new_dir) / "settings.json"
    if not path.is_file():
        raise ValueError(
            f"{new_dir} has no {path.parent.name} beside it: make it with `procure perturb DIR -o NEW_DIR`"
        )
    try:
        values = json.loads(path.read_text())
        return TreeSettings(**values | {"concepts": tuple(values["concepts"])})
    except (ValueError, TypeError, KeyError) as error:
        raise ValueError(f"{path} is damaged, and cannot say how the tree was made: remove both, start anew") from error


def perturb_tree(
    tree: Path,
    new_dir: Path,
    concepts: Collection[str] | None = None,
    mode: str = "strict",
    seed: int = 0,
    soundness: str = "syntactic",
    tests: bool = False,
    workers: int = 1,
    on_bad: Callable[[BadRow], None] = warn_bad_row,
) -> Counter:
    """Copy `tree` to `new_dir` with every sound site rewritten. A killed run goes on where it stopped.

    `soundness="tested"` also rewrites what holds only as far as tests tell. A file that cannot be read goes to
    `on_bad` and is copied as it is, like all that is not Python and, without `tests`, the tree's own suite.

    Returns: the number of sites of each concept, of files of either kind, and of files that are "unparsable".
    Raises: ValueError for an unknown concept or mode, directories in each other, or a `new_dir` made by anything else.
    """
    if not tree.is_dir():
        raise ValueError(f"{tree} is not a directory")
    settings = TreeSettings(str(tree.resolve()), tuple(known_concepts(concepts, mode)), mode, seed, soundness, tests)
    manifest = _prepare(tree, new_dir, settings)
    counts, pending = Counter(), []
    for directory in directories_of(tree):
        (new_dir / directory).mkdir(exist_ok=True)
    for file in files_of(tree):
        rewritten = is_python(tree, file) and (tests or not is_test(file))
        counts["files rewritten" if rewritten else "files copied"] += 1
        if rewritten and not os.path.lexists(new_dir / file):
            pending.append(file)
        elif not os.path.lexists(new_dir / file):
            _copy(tree, new_dir, file, on_bad)
    reach = reach_of(tree, (file for file in files_of(tree) if is_python(tree, file)))
    for file, edits, rows in mapped(partial(_rewrite_file, settings, reach), pending, workers, "perturb", "file"):
        for row in rows:
            append_row(manifest, row)
        if edits:
            write_whole(new_dir / file, edit_python((tree / file).read_bytes(), edits), like=tree / file)
        else:
            _copy(tree, new_dir, file, on_bad)
    for directory in reversed(directories_of(tree)):
        shutil.copystat(tree / directory, new_dir / directory)
    for row in read_rows(manifest):
        counts[row["status"] or row["concept"]] += 1
        if row["status"]:
            on_bad(BadRow(f"{tree / row['file']}: {row['detail']}"))
    return counts


def _copy(tree: Path, new_dir: Path, file: str, on_bad: Callable[[BadRow], None]) -> None:
    try:
        copy_whole(tree / file, new_dir / file)
    except OSError as error:
        on_bad(BadRow(f"{tree / file} is not in the new tree: {error.strerror or error}"))


def _prepare(tree: Path, new_dir: Path, settings: TreeSettings) -> Path:
    """Make the directories, or check that the run may go on in them. Returns the manifest's path."""
    if tree.resolve() in (new_dir.resolve(), *new_dir.resolve().parents) or new_dir.resolve() in tree.resolve().parents:
        raise ValueError(f"{new_dir} must lie outside {tree}, and not around it")
    if new_dir.exists() and (not new_dir.is_dir() or any(new_dir.iterdir())):
        if not (state_of(new_dir) / "settings.json").exists():
            raise ValueError(f"{new_dir} is there already and was not made by this command: name another directory")
        if read_settings(new_dir) != settings:
            raise ValueError(f"{new_dir} was made with other settings: name another directory, or remove this one")
    manifest = state_of(new_dir) / "manifest.jsonl"
    manifest.parent.mkdir(parents=True, exist_ok=True)
    (manifest.parent / "settings.json").write_text(json.dumps(asdict(settings), indent=1) + "\n")
    new_dir.mkdir(parents=True, exist_ok=True)
    # A file is written after its rows: those of a file that is missing were cut off, and are made again.
    rows = list(read_rows(manifest, on_bad=lambda cut_off: None)) if manifest.exists() else []
    replace_rows(manifest, [row for row in rows if (new_dir / row["file"]).exists()])
    return manifest


def _rewrite_file(settings: TreeSettings, reach: Reach, file: str) -> tuple[str, list[Edit], list[dict]]:
    try:
        data = (Path(settings.original) / file).read_bytes()
        text, rows = rewrite_source(read_python(data)[0], file, settings, reach)
        edits = [Edit(start, end, text, moved) for row in rows for start, end, text, moved in row["edits"]]
        edit_python(data, edits)
        return file, edits, rows
    except (ValueError, OSError) as error:
        why = f"{type(error).__name__}: {error.strerror}" if isinstance(error, OSError) else str(error)
        nothing = Counterfactual(
            file, "", settings.mode, -1, settings.seed, GENERATOR, "", "", (), (), "", "unparsable", why
        )
        return file, [], [nothing.to_row() | {"file": file}]


def rewrite_source(source: str, file: str, settings: TreeSettings, reach: Reach = NONE) -> tuple[str, list[dict]]:
    """The source with every site rewritten, and a row for each.

    A row has the kit's fields and `file`, `line`, `label` and `edits` ([start, end, text, moved] of the original file,
    see `counterfactual.Edit`). `changed` are spans in the new file and `changed_original` in the original one, an entry
    for each edit; `original` and `counterfactual` are the piece of the file around the site, and what this site alone
    makes of it. `reach`: what other files of the tree can do to this one. Where they can read the variables of frames,
    only the If-Else Flip leaves all variables alone; where they replace a built-in that is used, only renamings do not
    rest on what it means.

    Raises: ValueError for a source that cannot be read.
    """
    sites = _choose(source, file, settings)
    if file in reach.frames:
        sites = [site for site in sites if site.concept == "if_else_flip"]
    analysis = analyse(source)
    if not reach.built_ins.isdisjoint(filter(None, map(analysis.is_builtin, analysis.scopes.occurrence))):
        sites = [site for site in sites if site.concept.startswith("variable_name")]
    made = perturb_all(source, settings.concepts, settings.seed, settings.mode, settings.soundness, sites)
    text, placed = place_edits(source, [edit for edits in made.edits for edit in edits])
    _check_compiles(text)
    rows = []
    for site, edits in zip(made.sites, made.edits, strict=True):
        piece, rewritten = _alone(source, site, edits)
        row = Counterfactual(
            file, site.concept, settings.mode, site.index, settings.seed, GENERATOR, piece, rewritten,
            tuple(placed[edit] for edit in edits), tuple((edit.start, edit.end) for edit in edits), site.soundness,
        )  # fmt: skip
        where = {"file": file, "line": site.line, "label": site.label}
        rows.append(row.to_row() | where | {"edits": [(e.start, e.end, e.text, e.moved) for e in edits]})
    return text, rows


def _choose(source: str, file: str, settings: TreeSettings) -> list[Site]:
    """The sites to rewrite: of a function that could get random names or shuffled ones, a coin picks one of the two.
    Shuffling gives way to Def-Use Break, so that either can be taken back without the other."""
    sites = [site for site in find_sites(source, settings.concepts, settings.mode) if site.refused is None]
    of = {(site.concept, site.span): site for site in sites}
    broken = [site.span[0] for site in sites if site.concept == "def_use_break"]
    drop = set()
    for site in sites:
        if site.concept == "variable_name_shuffle":
            other = of.get(("variable_name_random", site.span))
            coin = Random(f"{settings.seed} {file} {site.index}").random() < 0.5
            if any(site.span[0] <= start < site.span[1] for start in broken) or other and coin:
                drop.add(site)
            elif other:
                drop.add(other)
    return [site for site in sites if site not in drop]


def _alone(source: str, site: Site, edits: tuple[Edit, ...]) -> tuple[str, str]:
    start = min(site.span[0], *(edit.start for edit in edits))
    piece = source[start : max(site.span[1], *(edit.end for edit in edits))]
    near = [
        Edit(e.start - start, e.end - start, e.text, e.moved and (e.moved[0] - start, e.moved[1] - start))
        for e in edits
    ]
    return piece, apply_edits(piece, near)[0]


def _check_compiles(text: str) -> None:
    """A last look, that costs little: a file that does not compile is worth less than one that is as it was."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            compile(text.removeprefix("\ufeff"), "rewritten", "exec", dont_inherit=True)
        except SyntaxError as error:
            raise ValueError(f"line {error.lineno}: rewritten, the file would not compile: {error.msg}") from error
