"""Random functions `f(p, n)` for property tests: every kind of jump, binding and scope, and calls that leave a log."""

from copy import deepcopy
from random import Random

NAMES = "abcd"
INPUTS = [([], 0), ([3], 1), ([1, 2, 3], 2), (["x", 2], "s"), (None, 0)]
# Nothing here doubles a value, which a loop would then do without end.
EXPRESSIONS = [
    "({} + 1)", "(2 * n + {})", "len({})", "[{}, 1]", "({} or {})", "({} and {})", "(not {})", "g({})", "({} == {})",
    "({} < {})", "({} in {})", "({} is {})", "({} if {} else {})", "[{v} for {v} in {}]", "(w := {})", "{}[0]",
    "[{v} for {v} in {} if {}]", "sum({v} for {v} in {})", "(lambda {v}: {})({})", "f'{{{v}}}x'", "(1 < {} < {})",
    "list({v} + 1 for {v} in {})", "(lambda: {})()", "(-{})", "max({}, 1)", "[({v} := {}) for w in p]", "range({})",
    "list({})", "next({}, 0)", "iter({})", "zip({}, {})", "({v} for {v} in {})", "[*{}]", "f'{{{v}!r:>3}}'", "{}[1:]",
    "(lambda {v}={}: {v})()", "{}.copy()", "{}.pop()", "dict(k={})", "dict({})",
    "show(k=({v} := {}), *[{}])", "show({}, *{}, k={}, **{})", "show(k={}, *[({v} := {})], **dict(m={}))",
    "{}[({v} := {})]",
    "f'{{({v} := {})}}{{{v}}}'", "[{v} for {v} in {} if ({v} := {}) or 1]", 
    "(lambda {v}=({v} := {}), *w: ({v}, w))({})",
    "dict(**{}, k={})", "({} if ({v} := {}) else {v})", "(({v} := {}) and {v})", "(({v} := {}) < {v} < {})", "{}.real",
    "[({v}, w) for {v} in {} for w in [{v}, {}]]", "(not {} or not {})", "({} != {})", "len({}) > 1", "-len({}) < 0",
]  # fmt: skip
SIMPLE = ["assign"] * 5 + ["constant"] * 4 + ["update", "count", "call", "pair", "del", "return", "unpack"]
COMPOUND = ["if", "if", "elif", "for", "range", "while", "try", "finally", "with", "match", "def"]
COMPOUND += ["class", "late", "generator", "handler", "return finally", "star"]
# Shapes of which each once broke a rewrite: see tricky/faults.txt.
COMPOUND += ["suite", "captures", "annotated", "private", "declared", "namespace", "defaults", "decorated", "bases"]

PRELUDE = """
import contextlib
log = []
def show(*args, **options):
    log.append(repr((args, options)))
    return args
def deco(*given):
    return lambda what: what
class Meta(type):
    def __prepare__(name, bases, **words):
        return {"a": "meta", "c": "meta"}
    def __new__(cls, name, bases, body, **words):
        return type.__new__(cls, name, bases, dict(body))
    def __init__(cls, *given, **words):
        log.append(repr(words))
g0 = "global"
def g(value):
    log.append(repr(value))
    if len(log) % 7 == 0:
        raise ValueError("seventh")
    if len(log) > 200:
        raise SystemExit
    return value
@contextlib.contextmanager
def swallow():
    try:
        yield 1
    except TypeError:
        log.append("swallowed")
"""


def expression(rng: Random, depth: int = 2) -> str:
    if depth == 0 or rng.random() < 0.5:
        return rng.choice(["0", "1", "2", "'s'", "n", "p", "None", *NAMES])
    form = rng.choice(EXPRESSIONS).replace("{v}", rng.choice(NAMES)).replace("{{", "<<").replace("}}", ">>")
    parts = [expression(rng, depth - 1) for _ in range(form.count("{}"))]
    return form.format(*parts).replace("<<", "{").replace(">>", "}")


def statements(rng: Random, depth: int, loop: bool = False) -> list[str]:
    return [line for _ in range(rng.randint(1, 4)) for line in statement(rng, depth, loop)]


def indent(lines: list[str]) -> list[str]:
    return ["    " + line for line in lines]


def statement(rng: Random, depth: int, loop: bool) -> list[str]:
    def value():
        return expression(rng)

    def block(inner=loop):
        return indent(statements(rng, depth - 1, inner))

    name, other = rng.choice(NAMES), rng.choice(NAMES)
    match rng.choice(SIMPLE + COMPOUND * (depth > 0) + ["break", "continue"] * loop):
        case "assign":
            return [f"{name} = {value()}"]
        case "constant":
            return [f"{name} = {rng.choice(['0', '1', repr('s'), '[]', '(1, 2)', 'n', other])}"]
        case "update":
            return [f"{name} += {rng.choice(['1', 'n', repr('s'), '[1]', 'g(1)'])}"]
        case "count":
            return [f"{name} = 0", f"{name} += 1"]
        case "call":
            return [f"g({value()})"]
        case "pair":
            return [f"{name}, {other} = {value()}, {value()}"]
        case "unpack":
            return [f"{name}, *{other} = {value()}"]
        case "del":
            return [f"del {name}"]
        case "return":
            return [f"if {value()}: return {value()}"]
        case "break" | "continue" as jump:
            return [f"if {value()}: {jump}"]
        case "if":
            return [f"if {value()}:", *block(), "else:", *block()]
        case "elif":
            return [f"if {value()}:", *block(), f"elif {value()}:", *block(), "else:", *block()]
        case "for":
            return [f"for {name} in tuple({value()}):", *block(True)]  # a copy: the list may grow
        case "range":
            return [f"for {name} in range(3):", *block(True), "else:", *block()]
        case "while":
            return [f"k{depth} = 0", f"while k{depth} < 3:", f"    k{depth} += 1", *block(True)]
        case "try":
            return ["try:", *block(), f"except (TypeError, ValueError) as {name}:", f"    g(str({name}))", *block()]
        case "finally":
            return ["try:", *block(), "finally:", *block(False)]
        case "with":
            return [f"with swallow() as {name}:", *block()]
        case "match":
            cases = [f"case [{name}, 1]:", *block(), f"case {other} if {value()}:", *block(), "case _:", *block()]
            return [f"match {value()}:", *indent(cases)]
        case "class":
            return ["class C:", f"    {name} = {value()}", f"    {other} = {name}", f"{name} = C.{other}"]
        case "late":
            lines = [f"late = [lambda: {name} for {other} in (1, 2)]", *statements(rng, depth - 1, loop)]
            return [*lines, f"{other} = [f() for f in late]"]
        case "generator":
            body = [f"for {name} in (1, 2):", f"    yield {name}, {other}"]
            lines = ["def h():", *indent(body), "taken = h()", f"{name} = next(taken)"]
            return [*lines, *statements(rng, depth - 1, loop), f"{other} = list(taken)"]
        case "handler":
            return ["try:", *block(), f"except TypeError as {name}:", f"    del {name}", *block(), "else:", *block()]
        case "return finally":
            return ["try:", f"    if {value()}: return {value()}", *block(), "finally:", f"    {name} = {value()}"]
        case "star":
            return ["try:", *block(), "except* TypeError:", *block(False), "except* ValueError as e:", *block(False)]
        case "suite":
            head = rng.choice([f"if {value()}:", "for k9 in range(2):", "with swallow():"])
            return [f"{head} {name} = {value()}; {other} = {value()}  # both", f"{name} = 1;  {other} = 2"]
        case "captures":
            patterns = [
                f"({name}, {name}.real)", f"[{name}, *{other}]", f"{{1: {name}, **{other}}}", f"int() as {name}",
                f"[{name}] | [_, {name}]", f"({name}, {other}.real, *_)", f"str({other}) | {other}",
            ]  # fmt: skip
            cases = [
                f"case {rng.choice(patterns[:-1])}:",
                *block(),
                f"case {rng.choice(patterns)} if {value()}:",
                *block(),
            ]
            return [f"{other} = 2", f"match {rng.choice([value(), '(1, 1)', '[7, 2]', '{1: 2}'])}:", *indent(cases)]
        case "annotated":
            kinds = [f"({name} := {value()})", name, value()]
            one, two, three = (rng.choice(kinds) for _ in range(3))
            head = f"def h(x: {one}, /, y: {two} = {value()}, *z: {three}, w: {name} = {other}) -> {other}:"
            end = f"{other} = [*h.__annotations__.values()]"
            return [
                f"{name} = {value()}",
                head,
                "    return y",
                end,
                f"{name}: int = {value()}",
                f"({other}): x = {value()}",
            ]
        case "private":
            lines = [f"__x = {value()}", f"_K__x = {name}", "__y = __x", f"return __y, {other}"]
            rng.shuffle(lines[:2])
            return ["class K:", "    def m(self):", *indent(indent(lines)), f"{name} = K().m()"]
        case "declared":
            how = rng.choice(["global", "nonlocal"])
            body = [f"{how} {name}", f"{name} = {value()}", f"def t(): return {name}, {other}"]
            return [f"{name} = {other}", "class K:", *indent(body), f"{other} = K.t()"]
        case "namespace":
            head = rng.choice(
                ["class K(metaclass=Meta):", f"class K(list, k={value()}, metaclass=Meta):", "class K(list):"]
            )
            return [
                head,
                f"    x = {name}",
                f"    y = [{value()}]",
                f"    {other} = x",
                f"{name} = K.x, K.y, K.{other}",
            ]
        case "defaults":
            given = f"x=({name} := {value()}), *, y={name}, z=({other} := {value()})"
            return [f"def h({given}):", f"    {name} = x", f"    return {name}, y, z", f"{other} = h()"]
        case "decorated":
            return [f"@deco({name} := {value()})", f"@deco({name})", f"def h(x={name}): return x", f"{other} = h()"]
        case "bases":
            lines = [f"{name} = []", f"class K(k=({name} := [{value()}]), metaclass=Meta, *{name}):", "    pass"]
            return [*lines, f"{other} = len({name})"]
        case "def":
            return [
                "def h():",
                f"    nonlocal {other}",
                f"    {other} = {value()}",
                f"    return {name}",
                f"{name} = h()",
            ]


def random_program(rng: Random) -> str:
    """A function that compiles; it may raise, and it ends."""
    while True:
        first = [f"{name} = {rng.choice(['0', 'n', 'p', '[]'])}" for name in rng.sample(NAMES, 3)]
        # What stands behind the last return binds every name, so that `nonlocal` may speak of it.
        last = [f"return {expression(rng)}", *(f"{name} = 0" for name in NAMES)]
        source = "\n".join(["def f(p, n):", *indent(first + statements(rng, 2) + last)]) + "\n"
        try:
            compile(source, "program", "exec")
        except SyntaxError:  # a walrus where none may stand
            continue
        return source


def behaviours(source: str) -> list[tuple[str, list[str]]]:
    """For each input what the function returns or which type it raises, and what it did on the way."""
    code = compile(PRELUDE + source, "program", "exec")
    return [_behaviour(code, *deepcopy(given)) for given in INPUTS]  # a program may change what it is given


def _behaviour(code, p, n) -> tuple[str, list[str]]:
    namespace = {}
    exec(code, namespace)
    try:
        result = repr(namespace["f"](p, n))
    except (Exception, SystemExit) as error:
        result = type(error).__name__
    return result.split(" at 0x")[0], [entry.split(" at 0x")[0] for entry in namespace["log"]]
