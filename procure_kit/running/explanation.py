"""Why a test failed, in words: the statement, what it expected, what was called and what came of it."""

import ast
import reprlib
import traceback

TESTS = "<tests>"  # the file name under which tests are compiled
LONGEST, LONGEST_DETAIL = 400, 2000  # characters of a detail's part, which a learner reads, and of the whole


class Short(reprlib.Repr):
    """Values as a learner wants to read them: whole when they are small, and cut when they are not."""

    def __init__(self):
        super().__init__()
        self.maxlist = self.maxtuple = self.maxset = self.maxfrozenset = self.maxdict = self.maxdeque = 20
        self.maxstring = self.maxother = 150

    def repr(self, value: object) -> str:
        self.left = LONGEST  # values: lists in lists would be many
        return super().repr(value)[:LONGEST]

    def repr1(self, value: object, level: int) -> str:
        self.left -= 1
        return super().repr1(value, level) if self.left > 0 else "..."

    def repr_int(self, value: int, level: int) -> str:
        """Large integers by their size: their digits take quadratic time, and Python refuses to print some."""
        return repr(value) if abs(value) < 10**50 else f"<an integer of {value.bit_length():,} bits>"


short = Short().repr


def explain(error: BaseException, tests: str, call: str, outcome: str) -> str:
    """Which test failed, what it expected and what came, in one line.

    call, outcome: the last call of the entry point, "" where there was none, and what came of it.
    """
    said = f"{type(error).__name__}: {error}".removeprefix("AssertionError: ").removesuffix(": ")[:LONGEST]
    frames = [(frame, line) for frame, line in traceback.walk_tb(error.__traceback__) if _of_tests(frame)]
    if not frames:
        return f"the tests could not be run: {said}"
    frame, line = frames[-1]
    simple = (ast.Assert, ast.Expr, ast.Assign, ast.Return, ast.For, ast.If, ast.With, ast.While, ast.Raise)
    around = [n for n in ast.walk(ast.parse(tests)) if isinstance(n, simple) and n.lineno <= line <= n.end_lineno]
    parts = [f"test line {line}"]
    if around:
        statement = min(around, key=lambda node: node.end_lineno - node.lineno)
        parts.append(ast.unparse(statement).splitlines()[0][:LONGEST])
        expected = _expected(statement, frame)
        if expected and expected not in parts[-1]:
            parts.append(f"expected {expected}")
    parts.append(f"{call} {outcome}" if call else said)
    if call and not isinstance(error, AssertionError) and not outcome.startswith("raised"):
        parts.append(said)
    return "; ".join(parts)


def _of_tests(frame) -> bool:
    return frame.f_code.co_filename == TESTS


def _expected(statement: ast.stmt, frame) -> str:
    """The right-hand side of `assert ... == value`, unless computing it would call the candidate again, or fails."""
    match statement:
        case ast.Assert(test=ast.Compare(ops=[ast.Eq() | ast.Is()], comparators=[right])):
            if any(isinstance(node, ast.Call) for node in ast.walk(right)):
                return ""
            code = compile(ast.Expression(right), TESTS, "eval")
            try:
                return short(eval(code, frame.f_globals, frame.f_locals))
            except Exception:  # a name of the function around this frame; an attribute that the candidate answers for
                return ""
    return ""


def on_one_line(detail: str) -> str:
    """With every character that cannot be printed, such as a terminal's commands, as Python would write it."""
    return "".join(char if char.isprintable() else repr(char)[1:-1] for char in detail[:LONGEST_DETAIL])
