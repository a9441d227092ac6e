"""The notebooks' exercises. Takes an answer; hands on what is wrong with it, or that it is right (`check`), and how far
one has come, in one line that a teacher can collect (`progress`).

Read exercise.py, which says what an exercise is; rewriting.py has those of notebooks 00 and 01, judging.py of 01b and
02, learning.py of 03 and 04, measuring.py of 05 and 06.
"""

from procure_kit.views.lessons import judging, learning, measuring, rewriting
from procure_kit.views.lessons.exercise import Exercise, Wrong

EXERCISES: dict[str, Exercise] = {
    exercise.name: exercise for part in (rewriting, judging, learning, measuring) for exercise in part.EXERCISES
}
SIGN = judging.SIGN
_tries: dict[str, list[bool]] = {}  # of this kernel, by exercise: whether each try was right


def check(name: str, answer, *evidence) -> None:
    """Print the verdict on an answer and count it; None counts as not answered yet, and no answer raises.

    evidence: what the notebook has made and the question is about, such as its pair or its report.
    """
    exercise = EXERCISES[name]
    _tries.setdefault(name, [])
    if answer is None:
        print(f"{name}: not answered yet. Put your answer in place of None and run the cell again.")
        return
    try:
        wrong = exercise.wrong(answer, *evidence)
    except Wrong as reason:
        wrong = str(reason)
    except Exception as error:  # whatever a reader hands in, the lesson goes on
        wrong = f"the check could not use it ({type(error).__name__}: {error}); {exercise.wanted} is asked for"
    _tries[name].append(not wrong)
    print(f"{name}: {wrong}." if wrong else f"{name}: right.")
    _show(exercise, answer, evidence)


def _show(exercise: Exercise, answer, evidence: tuple) -> None:
    """The picture of an answer, where it can be drawn."""
    if exercise.picture is None:
        return
    from IPython.display import display

    try:
        display(exercise.picture(answer, *evidence))
    except Exception as error:  # the verdict has said already what is wrong with it
        print(f"{exercise.name}: no picture of this answer ({type(error).__name__}: {error})")


def progress() -> None:
    """Print what became of the exercises that this notebook has asked, and last the line to hand in.

    The line has, for each exercise, the try that was right, or – and how many were not.
    """
    begun = sorted({EXERCISES[name].notebook for name in _tries})
    line = []
    for name in (name for name, exercise in EXERCISES.items() if exercise.notebook in begun):
        tries = _tries.get(name, [])
        said = f"right at try {tries.index(True) + 1}" if True in tries else f"{len(tries)} tries" if tries else "open"
        print(f"{name}: {said}")
        line.append(f"{name} {tries.index(True) + 1}" if True in tries else f"{name} –{len(tries) or ''}")
    right = sum(True in tries for tries in _tries.values())
    print(f"\nprocure lessons {' '.join(begun) or 'none'}: {right} of {len(line)} right ({'; '.join(line)})")


def start_anew() -> None:
    """Forget all tries, for the next reader at this machine."""
    _tries.clear()
