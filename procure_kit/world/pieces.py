"""The pieces that families are composed of: tests and values of numbers, words and characters.

A piece is drawn with its constants; `says` and the codes hold `{x}` for the subject.
"""

from dataclasses import dataclass

from procure_kit.world.sketch import If


@dataclass(frozen=True)
class Test:
    id: str
    says: str  # "is even"
    code: str
    opposite: str

    __test__ = False  # not for pytest to collect

    def on(self, x: str) -> str:
        return self.code.replace("{x}", x)

    def branch(self, x: str, then: list, other: list) -> If:
        return If(self.on(x), self.opposite.replace("{x}", x), then, other)


@dataclass(frozen=True)
class Value:
    id: str
    words: str  # "{x} times 3"
    code: str

    def says(self, x: str = "x") -> str:
        return self.words.replace("{x}", x)

    def on(self, x: str) -> str:
        return self.code.replace("{x}", x)


NUMBER_TESTS = [  # id, words, code, opposite, range of the constant
    ("even", "is even", "{x} % 2 == 0", "{x} % 2 != 0", (0, 0)),
    ("odd", "is odd", "{x} % 2 == 1", "{x} % 2 != 1", (0, 0)),
    ("positive", "is positive", "{x} > 0", "{x} <= 0", (0, 0)),
    ("negative", "is negative", "{x} < 0", "{x} >= 0", (0, 0)),
    ("above", "is greater than K", "{x} > #K#", "{x} <= #K#", (1, 15)),
    ("below", "is less than K", "{x} < #K#", "{x} >= #K#", (1, 15)),
    ("least", "is at least K", "{x} >= #K#", "{x} < #K#", (2, 15)),
    ("most", "is at most K", "{x} <= #K#", "{x} > #K#", (1, 15)),
    ("divisible", "is divisible by K", "{x} % #K# == 0", "{x} % #K# != 0", (3, 7)),
    ("indivisible", "is not divisible by K", "{x} % #K# != 0", "{x} % #K# == 0", (3, 6)),
    ("differs", "is not K", "{x} != #K#", "{x} == #K#", (0, 9)),
    ("remainder", "leaves remainder 1 by K", "{x} % #K# == 1", "{x} % #K# != 1", (3, 6)),
]
NUMBER_VALUES = [
    ("itself", "{x}", "{x}", (0, 0)),
    ("itself", "{x}", "{x}", (0, 0)),
    ("plus", "{x} plus K", "{x} + K", (1, 9)),
    ("minus", "{x} minus K", "{x} - K", (1, 9)),
    ("times", "{x} times K", "{x} * K", (2, 9)),
    ("square", "{x} squared", "{x} * {x}", (0, 0)),
    ("absolute", "the absolute value of {x}", "abs({x})", (0, 0)),
    ("from", "K minus {x}", "K - {x}", (1, 20)),
    ("half", "{x} divided by K", "{x} // K", (2, 5)),
    ("rest", "the remainder of {x} by K", "{x} % K", (3, 9)),
    ("bounded", "{x} but at most K", "min({x}, K)", (3, 12)),
    ("floored", "{x} but at least K", "max({x}, K)", (1, 9)),
]
WORD_TESTS = [
    ("long", "is longer than K", "len({x}) > #K#", "len({x}) <= #K#", (1, 4)),
    ("short", "is shorter than K", "len({x}) < #K#", "len({x}) >= #K#", (3, 5)),
    ("length", "has K letters", "len({x}) == #K#", "len({x}) != #K#", (2, 5)),
    ("evenly", "has an even length", "len({x}) % 2 == 0", "len({x}) % 2 != 0", (0, 0)),
    ("starts", "starts with 'L'", "{x}.startswith('L')", "not {x}.startswith('L')", (0, 0)),
    ("ends", "ends with 'L'", "{x}.endswith('L')", "not {x}.endswith('L')", (0, 0)),
    ("contains", "contains 'L'", "'L' in {x}", "'L' not in {x}", (0, 0)),
    ("lacks", "does not contain 'L'", "'L' not in {x}", "'L' in {x}", (0, 0)),
    ("lower", "is in lower case", "{x}.islower()", "not {x}.islower()", (0, 0)),
]
WORD_VALUES = [
    ("itself", "{x}", "{x}", (0, 0)),
    ("upper", "{x} in upper case", "{x}.upper()", (0, 0)),
    ("lower", "{x} in lower case", "{x}.lower()", (0, 0)),
    ("reversed", "{x} reversed", "{x}[::-1]", (0, 0)),
    ("twice", "{x} twice", "{x} * 2", (0, 0)),
    ("head", "the first K letters of {x}", "{x}[:K]", (1, 3)),
    ("tail", "{x} without its first letter", "{x}[1:]", (0, 0)),
    ("plus", "{x} and a 'L'", "{x} + 'L'", (0, 0)),
    ("title", "{x} capitalized", "{x}.capitalize()", (0, 0)),
]
CHARACTER_TESTS = [
    ("vowel", "is a vowel", "{x} in 'aeiou'", "{x} not in 'aeiou'", (0, 0)),
    ("digit", "is a digit", "{x}.isdigit()", "not {x}.isdigit()", (0, 0)),
    ("letter", "is a letter", "{x}.isalpha()", "not {x}.isalpha()", (0, 0)),
    ("upper", "is upper case", "{x}.isupper()", "not {x}.isupper()", (0, 0)),
    ("lower", "is lower case", "{x}.islower()", "not {x}.islower()", (0, 0)),
    ("is", "is 'L'", "{x} == 'L'", "{x} != 'L'", (0, 0)),
    ("not", "is not 'L'", "{x} != 'L'", "{x} == 'L'", (0, 0)),
    ("after", "comes after 'M'", "{x} > 'M'", "{x} <= 'M'", (0, 0)),
    ("space", "is not a space", "{x} != ' '", "{x} == ' '", (0, 0)),
]
CHARACTER_VALUES = [
    ("itself", "{x}", "{x}", (0, 0)),
    ("upper", "{x} in upper case", "{x}.upper()", (0, 0)),
    ("lower", "{x} in lower case", "{x}.lower()", (0, 0)),
    ("twice", "{x} twice", "{x} * 2", (0, 0)),
    ("plus", "{x} and a 'L'", "{x} + 'L'", (0, 0)),
    ("starred", "a star", "'*'", (0, 0)),
    ("dashed", "a dash", "'-'", (0, 0)),
]


def _draw(rng, table: list[tuple]) -> list[str]:
    id_, *texts, (low, high) = rng.choice(table)
    k, letter, middle = str(rng.randint(low, high)), rng.choice("aeotnrl"), rng.choice("ghkmp")
    return [id_] + [t.replace("K", k).replace("'L'", f"'{letter}'").replace("'M'", f"'{middle}'") for t in texts]


def number_test(rng) -> Test:
    return Test(*_draw(rng, NUMBER_TESTS))


def number_value(rng) -> Value:
    return Value(*_draw(rng, NUMBER_VALUES))


def word_test(rng) -> Test:
    return Test(*_draw(rng, WORD_TESTS))


def word_value(rng) -> Value:
    return Value(*_draw(rng, WORD_VALUES))


def character_test(rng) -> Test:
    return Test(*_draw(rng, CHARACTER_TESTS))


def character_value(rng) -> Value:
    return Value(*_draw(rng, CHARACTER_VALUES))
