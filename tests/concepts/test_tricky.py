"""Programs that are easy to get wrong: what claims to hold for any input changes nothing that they do."""

import pytest

from tests.concepts.tricky import behaviours, changes, programs

PROGRAMS = {name: (source, calls) for name, source, calls in programs()}
pytestmark = pytest.mark.filterwarnings("ignore::SyntaxWarning")


def test_each_has_something_to_tell():
    assert len(PROGRAMS) == sum(1 for _ in programs()) > 200
    assert behaviours("def f(p):\n    print(p)\n    return 1 / p", ["f(2)", "f(0)"]) == [
        ("0.5", "2\n"),
        ("raises ZeroDivisionError", "0\n"),
    ]


@pytest.mark.slow
@pytest.mark.parametrize(("source", "calls"), PROGRAMS.values(), ids=PROGRAMS)
def test_sound_sites_change_nothing(source, calls):
    assert [found[1:] for found in changes(source, calls) if found[0] == "syntactic"] == []


@pytest.mark.slow
def test_the_programs_can_tell():
    """Sites that are only tested do change some: the programs have the power to show it."""
    assert any(True for source, calls in PROGRAMS.values() for _ in changes(source, calls, seeds=1))
