"""What any family may be extended by: a guard with an early return, a first step and a last step."""

import re
from dataclasses import replace

from procure_kit.world.sketch import Sketch, rewritten

FIRST = {  # by kind of the first parameter: id, words, code
    "numbers": [
        ("tail", "Ignore the first number.", "@p[1:]"),
        ("absolute", "Use absolute values.", "[abs(@e) for @e in @p]"),
        ("sorted", "Go from the smallest up.", "sorted(@p)"),
        ("largest", "Go from the largest down.", "sorted(@p, reverse=True)"),
        ("backwards", "Go backwards.", "@p[::-1]"),
        ("distinct", "Take equal numbers once.", "sorted(set(@p))"),
        ("without", "Leave out zeros.", "[@e for @e in @p if @e != 0]"),
        ("head", "Look at the first K only.", "@p[:K]"),
        ("shifted", "Add K to each number first.", "[@e + K for @e in @p]"),
    ],
    "words": [
        ("tail", "Ignore the first word.", "@p[1:]"),
        ("lower", "Ignore case.", "[@e.lower() for @e in @p]"),
        ("sorted", "Go in alphabetical order.", "sorted(@p)"),
        ("backwards", "Go backwards.", "@p[::-1]"),
        ("distinct", "Take equal words once.", "sorted(set(@p))"),
        ("long", "Leave out words of one letter.", "[@e for @e in @p if len(@e) > 1]"),
        ("head", "Look at the first K only.", "@p[:K]"),
    ],
    "text": [
        ("lower", "Ignore case.", "@p.lower()"),
        ("upper", "Work in upper case.", "@p.upper()"),
        ("tail", "Ignore the first character.", "@p[1:]"),
        ("strip", "Ignore marks at the end.", "@p.strip('!?')"),
        ("spaceless", "Leave out spaces.", "@p.replace(' ', '')"),
        ("backwards", "Go backwards.", "@p[::-1]"),
        ("head", "Look at the first K characters only.", "@p[:K]"),
    ],
    "natural": [
        ("plus", "First add K to @p.", "@p + K"),
        ("half", "First halve @p.", "@p // 2"),
        ("rest", "First take @p modulo 1K.", "@p % 1K"),
    ],
    "number": [
        ("absolute", "Ignore the sign of @p.", "abs(@p)"),
        ("plus", "First add K to @p.", "@p + K"),
        ("times", "First multiply @p by K.", "@p * K"),
    ],
}
FIRST["naturals"] = FIRST["few"] = [step for step in FIRST["numbers"] if step[0] not in ("absolute", "shifted")]
ELEMENT = {"numbers": "item", "naturals": "item", "few": "item", "words": "word"}
LAST = [
    ("plus", "Finally add K.", "@v + K"),
    ("times", "Finally multiply by K.", "@v * K"),
    ("minus", "Finally subtract K.", "@v - K"),
    ("absolute", "Finally drop the sign.", "abs(@v)"),
    ("bounded", "Return at most 1K.", "min(@v, 1K)"),
    ("rest", "Return it modulo K.", "@v % K"),
]
GUARDS = {
    "natural": [
        ("small", "Return R if @p is less than K.", "@p < K"),
        ("big", "Return R if @p is over 4K.", "@p > 4K"),
    ],
    "number": [("zero", "Return R if @p is 0.", "@p == 0"), ("big", "Return R if @p is over 2K.", "@p > 2K")],
}
USE_LENGTH = ("length", "Finally add the length of @p.", "@v + len(@p)")
USE_INPUT = ("input", "Finally add @p.", "@v + @p")
EMPTY = [("empty", "Return R if @p is empty.", "not @p"), ("few", "Return R for fewer than K.", "len(@p) < K")]


def with_first_step(sketch: Sketch, rng) -> Sketch:
    """Put a step in front that computes a new value from the first parameter; the rest uses that value."""
    role, kind = sketch.params[0]
    if kind not in FIRST:
        return sketch
    id_, words, code = rng.choice(FIRST[kind])
    k = str(rng.randint(2, 5))
    words, code = (text.replace("K", k).replace("@p", f"@{role}") for text in (words, code))
    step = f"@{role}! = " + code.replace("@e", f"@{ELEMENT.get(kind, '')}")
    ways = tuple([step] + _renewed(way, role) for way in sketch.ways)
    return replace(sketch, says=f"{sketch.says} {words}", ways=ways, pieces=sketch.pieces + (f"first-{id_}",))


def with_last_step(sketch: Sketch, rng) -> Sketch:
    """Put a step before the final return: a new number from the result, or the input itself for an empty result."""
    role, kind = sketch.params[0]
    if sketch.number:
        changed = re.search(rf"@{role} (//|-|\+)?= ", repr(sketch.ways))
        own = [] if changed else 4 * [USE_LENGTH if kind in ELEMENT or kind == "text" else USE_INPUT]
        id_, words, code = rng.choice(LAST + (own if kind in FIRST else []))
        k = str(rng.randint(2, 9))
        words, code = (text.replace("K", k).replace("@p", f"@{role}") for text in (words, code))
        ways = tuple(_before_return(way, code) for way in sketch.ways)
    elif sketch.ways[0][-1] in ("return @out", "return @made") and repr(sketch.ways).count("return") == len(
        sketch.ways
    ):
        id_, words = "fallback", f"Return @{role} itself if nothing is left."
        ways = tuple(_with_fallback(way, role) for way in sketch.ways)
    else:
        return sketch
    return replace(sketch, says=f"{sketch.says} {words}", ways=ways, pieces=sketch.pieces + (f"last-{id_}",))


def with_guard(sketch: Sketch, rng) -> Sketch:
    """Return early for inputs without a sensible answer."""
    role, kind = sketch.params[0]
    id_, words, code = rng.choice(
        GUARDS.get(kind, EMPTY if kind not in ("small", "step", "letter") else [("", "", "")])
    )
    if not id_:
        return sketch
    k, early = str(rng.randint(2, 4)), rng.choice(["0", "-1", "None", "1"])
    words, code = (text.replace("K", k).replace("@p", f"@{role}") for text in (words, code))
    ways = tuple([f"if {code}:", [f"return {early}"]] + way for way in sketch.ways)
    says = f"{sketch.says} {words.replace(' R ', f' {early} ')}"
    return replace(sketch, says=says, ways=ways, pieces=sketch.pieces + (f"guard-{id_}",))


def _renewed(way: list, role: str) -> list:
    return rewritten(way, lambda line: re.sub(rf"@{role}\b!?", f"@{role}!", line))


def _before_return(way: list, code: str) -> list:
    value = way[-1].removeprefix("return ")
    if re.fullmatch(r"@\w+", value):
        return way[:-1] + [f"{value}! = " + code.replace("@v", value), f"return {value}!"]
    return way[:-1] + [f"@acc = {value}", "@acc! = " + code.replace("@v", "@acc"), "return @acc!"]


def _with_fallback(way: list, role: str) -> list:
    value = way[-1].removeprefix("return ")
    head = way[:-1] if re.fullmatch(r"@\w+", value) else way[:-1] + [f"@out = {value}"]
    value = value if len(head) < len(way) else "@out"
    return head + [f"if not {value}:", [f"return @{role}"], f"return {value}"]
