"""Random functions `f(p, n)` full of forms: guards, nested conditions, loops that count, updates, in odd layout."""

from random import Random

from tests.concepts.random_programs import NAMES, expression, indent

_BOUNDS = ["3", "n", "len(p)", "1, 4", "5, 0, -2", "a, 4", "0, len('abc'), 2", "b", "-1", "a + 1", "n, n + 3"]
_SEQUENCES = ["'xyz'", "[1, 2, 3]", "(4, 5)", "b'ab'", "range(2)"]
_KINDS = ["assign", "number", "text", "update", "long", "call", "guard", "else", "and", "nested", "range", "sequence"]
_JUMPS = ["return {}", "raise ValueError({})", "return ({}, a)"]


def _simple(rng: Random, loop: bool) -> str:
    name = rng.choice(NAMES)
    sign = rng.choice(["+", "-", "*", "//", "%", "|", "**"])
    ways = [
        f"{name} = {rng.randint(0, 3)}",
        f"{name} {sign}= {rng.randint(1, 2)}",
        f"{name} = {name} {sign} {rng.choice('123n')}",
    ]
    ways += [
        f"g({expression(rng)})",
        f"{name} = {expression(rng)}",
        f"{name} += 's' if n else 't'",
        f"{name} += g(1), 2",
    ]
    ways += [f"{name} = 's'", f"{name} = {name} + 's'", "print(*[p, a])"]
    return rng.choice(ways + [f"if {expression(rng)}: break"] * loop)


def _test(rng: Random) -> str:
    known = rng.choice(["len(p) > 1", "n == 1", "a < 2", "'x' != p", "2 >= len('abc')"])
    one, other = rng.choice([known, expression(rng)]), expression(rng)
    return rng.choice([one, f"{one} and {other}", f"({one} and {other})"])


def _jump(rng: Random, loop: bool) -> str:
    return rng.choice([jump.format(expression(rng, 1)) for jump in _JUMPS] + ["break", "continue"] * loop)


def block(rng: Random, depth: int, loop: bool = False) -> list[str]:
    """A few statements, at least one, with a comment, a blank line or a string on several lines now and then."""
    found = []
    for _ in range(rng.randint(1, 3)):
        found += _statement(rng, depth, loop)
        found += rng.choice([[]] * 6 + [[""], ["# why"], ["g('''one", "   two''')"], ["g(1,", "  2)[0:]"]])
    return found


def _statement(rng: Random, depth: int, loop: bool) -> list[str]:
    if depth == 0:
        return [_simple(rng, False)]
    name, body, test = rng.choice(NAMES), indent(block(rng, depth - 1, loop)), _test(rng)
    match rng.choice(_KINDS):
        case "guard":
            elif_ = [f"elif {_test(rng)}:", "    " + _jump(rng, loop)] * (rng.random() < 0.3)
            return [f"if {test}:  # leave", *body, "    " + _jump(rng, loop), *elif_]
        case "else":
            inner = indent(block(rng, depth - 1, loop))
            return [f"if {test}:", "    " + _jump(rng, loop), rng.choice(["else:", "else:  # or", "else :"]), *inner]
        case "and":
            return rng.choice([[f"if {test}:", *body], [f"if {test}: {name} = 1; a = 2"]])
        case "nested":
            return [f"if {test}:", f"    if {_test(rng)}:", *indent(body)]
        case "range":
            inside = indent(block(rng, depth - 1, True))
            after = ["else:", "    g(3)"] * (rng.random() < 0.3)
            return rng.choice(
                [
                    [f"for {name} in range({rng.choice(_BOUNDS)}):", *inside, *after],
                    [f"for {name} in range(3): g({name})"],
                ]
            )
        case "sequence":
            inside = indent(block(rng, depth - 1, True))
            other = rng.choice(NAMES)
            return [f"{other} = {rng.choice(_SEQUENCES)}", f"for {name} in {other}:", *inside]
        case _:
            return [_simple(rng, loop)]


def form_program(rng: Random) -> str:
    """A function that compiles; it may raise, and it ends."""
    while True:
        first = [
            f"{name} = {rng.choice(['0', '1', 'n', 's', 'p', '[]']) if name != 's' else 0}".replace("= s", "= 's'")
            for name in NAMES
        ]
        source = "\n".join(["def f(p, n):", *indent([*first, *block(rng, 3), "return a, b, c, d"])]) + "\n"
        source = source.replace("    '''", "'''")
        if rng.random() < 0.2:
            source = source.replace("    ", "\t")
        try:
            compile(source, "program", "exec")
        except (SyntaxError, ValueError):
            continue
        return source
