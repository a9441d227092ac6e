"""How deep is too deep: the kit's own number, whatever the interpreter's limit and however deep the caller stands."""

import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from itertools import islice

import pytest

import procure_kit as pk
from procure_kit.analysis.depth import DEEPEST, FRAMES, LONGEST_CHAIN, with_room
from procure_kit.validation.mutants import broken_versions

# A flip whose branch holds an expression; each shape at a number of levels, and a few more around it.
SHAPES = {
    "sum": lambda n: " + ".join(["a"] * n),
    "and": lambda n: " and ".join(["a"] * n),
    "calls": lambda n: "a" + ".b()" * (n // 2),
    "items": lambda n: "a" + "[0]" * n,
    "signs": lambda n: "-" * n + "1",
    "not": lambda n: "not " * n + "1",
    "powers": lambda n: "**".join(["a"] * n),
    "lambdas": lambda n: "lambda: " * n + "1",
}
PROGRAM = "def f(a, p):\n    if p > 1:\n        x = {}\n    else:\n        x = 2\n    return x\n"


def elifs(n: int) -> str:
    return (
        "def f(a):\n    if a: x = 1\n" + "".join(f"    elif a == {k}: x = {k}\n" for k in range(n)) + "    return x\n"
    )


QUICK = 400  # levels that LibCST reads at once: it takes seconds for sums and calls of thousands
DEEP = {name: PROGRAM.format(shape(QUICK)) for name, shape in SHAPES.items()} | {"elifs": elifs(QUICK)}
MOST = {name: LONGEST_CHAIN if name == "and" else DEEPEST for name in SHAPES}
TOO_DEEP = {name: PROGRAM.format(shape(MOST[name] + 2)) for name, shape in SHAPES.items()} | {"elifs": elifs(DEEPEST)}
MUCH_TOO_DEEP = {name: PROGRAM.format(shape(3 * MOST[name])) for name, shape in SHAPES.items()} | {
    "elifs": elifs(9_000)
}
LONG = {
    "or": lambda n: " or ".join(["a"] * n),
    "strings": lambda n: " ".join(["'a'"] * n),
    "f-strings": lambda n: " ".join(["f'{p}b'"] * n),
    "comparisons": lambda n: " < ".join(["a"] * n),
    "a list": lambda n: f"[{', '.join(['a'] * n)}]",
    "targets": lambda n: " = ".join(["y"] * n) + " = a",
}


def from_below(frames: int, function):
    return function() if frames == 0 else from_below(frames - 1, function)


def answers(source: str) -> list:
    """What each entry point says of a source."""
    try:
        sites = pk.find_sites(source, mode="procure")
    except ValueError as error:
        said = pk.recognise(source, source + "x = 1\n")
        return [str(error), said.status, said.detail]
    cf = pk.perturb(source, "variable_name_random")
    both = pk.perturb_all(source)
    said = pk.classify(source, cf.counterfactual, cf.concept), pk.recognise(source, both.counterfactual)
    twin = pk.twin(pk.perturb(source, "if_else_flip"))
    broken = [version.what for version in islice(broken_versions(source, "f"), 3)]
    return [
        *(str(site) for site in sites),
        cf.counterfactual,
        twin.counterfactual,
        both.concept,
        *map(str, said),
        *broken,
    ]


@pytest.fixture
def limit():
    """Sets the interpreter's limit, for one test."""
    before = sys.getrecursionlimit()
    yield sys.setrecursionlimit
    sys.setrecursionlimit(before)


@pytest.mark.parametrize("shape", [*SHAPES, "elifs"])
def test_every_shape_is_read_to_the_kits_own_depth_and_refused_beyond(shape, limit):
    assert pk.find_sites(DEEP[shape])
    for source in (TOO_DEEP[shape], MUCH_TOO_DEEP[shape]):
        with pytest.raises(ValueError, match="the source is nested too deeply") as caught:
            pk.find_sites(source)
        assert "\n" not in str(caught.value)


@pytest.mark.slow  # a quarter of a minute: LibCST's parser and the checks take seconds for each
@pytest.mark.parametrize("shape", [*LONG, "elifs", "not"])
def test_what_cpython_compiles_of_thousands_of_parts_is_read(shape):
    source = PROGRAM.format(LONG[shape](10_000)) if shape in LONG else elifs(2_000)
    source = PROGRAM.format(SHAPES["not"](2_000)) if shape == "not" else source
    compile(source, "long", "exec")
    cf = pk.perturb(source, "variable_name_random", mode="procure")
    assert pk.classify(source, cf.counterfactual, cf.concept).status == "ok"


def test_a_twin_of_a_deep_source_needs_no_room_of_its_caller(limit):
    cf = pk.perturb(DEEP["not"], "if_else_flip")
    limit(200)
    clear()
    assert "not " * QUICK in pk.twin(cf).counterfactual


@pytest.mark.slow  # twelve rounds of every entry point, at the greatest depth
@pytest.mark.parametrize("sources", [DEEP, TOO_DEEP], ids=["deep", "too deep"])
def test_the_answer_hangs_neither_on_the_limit_nor_on_the_caller(sources, limit):
    for source in (sources["sum"], sources["not"]):
        seen = []
        for frames, recursion in ((10, 1000), (10, 400), (10, 5000), (700, 1000), (700, 5000), (700, 50_000)):
            limit(recursion)
            clear()
            seen.append(from_below(frames, lambda source=source: answers(source)))
            assert sys.getrecursionlimit() == recursion
        assert all(answer == seen[0] for answer in seen)
        assert len(seen[0]) == 3 if sources is TOO_DEEP else seen[0][-1].startswith("line ")


def clear():
    from procure_kit.analysis.analysis import analyse
    from procure_kit.concepts.perturbation import candidates_of

    analyse.cache_clear()
    candidates_of.cache_clear()


def test_the_limit_is_raised_while_there_is_work_and_then_back(limit):
    limit(400)
    inside, go_on = threading.Event(), threading.Event()

    @with_room
    def waits():
        inside.set()
        assert go_on.wait(60)
        return sys.getrecursionlimit()

    with ThreadPoolExecutor(2) as threads:
        first = threads.submit(waits)
        assert inside.wait(60)
        assert with_room(sys.getrecursionlimit)() == FRAMES
        assert sys.getrecursionlimit() == FRAMES  # the first still needs it
        go_on.set()
        assert first.result() == FRAMES
    assert sys.getrecursionlimit() == 400


def test_a_limit_set_meanwhile_stays(limit):
    with_room(lambda: limit(FRAMES + 7))()
    assert sys.getrecursionlimit() == FRAMES + 7


def test_what_is_raised_reaches_the_caller_and_room_is_made_once():
    @with_room
    def outer():
        here = threading.get_ident()
        assert with_room(threading.get_ident)() == here
        raise KeyError("told")

    with pytest.raises(KeyError, match="told"):
        outer()
