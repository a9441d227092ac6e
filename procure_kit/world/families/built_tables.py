"""Families that build a dictionary."""

from procure_kit.world.pieces import character_test, number_test, number_value, word_test, word_value
from procure_kit.world.registry import family
from procure_kit.world.sketch import If, Sketch

WORDS = (("words", "words"),)
ITEMS = (("items", "naturals"),)


@family
def count_each_character(rng):
    t = character_test(rng)
    return Sketch(
        f"Map each character of @text that {t.says} to how often it occurs.",
        ("character_counts", "frequencies", "letter_counts"),
        (("text", "text"),),
        (
            [
                "@made = {}",
                "for @char in @text:",
                [f"if {t.on('@char')}:", ["@made[@char] = @made.get(@char, 0) + 1"]],
                "return @made",
            ],
            [
                "@made = {}",
                "for @char in @text:",
                [
                    f"if {t.on('@char')}:",
                    [If("@char in @made", "@char not in @made", ["@made[@char] += 1"], ["@made[@char] = 1"])],
                ],
                "return @made",
            ],
        ),
        (t.id,),
    )


@family
def count_each_number(rng):
    v = number_value(rng)
    return Sketch(
        f"Map {v.says()} to how often it occurs, for each x in @items.",
        ("number_counts", "histogram", "value_counts"),
        ITEMS,
        (
            [
                "@made = {}",
                "for @item in @items:",
                [f"@key = {v.on('@item')}", "@made[@key] = @made.get(@key, 0) + 1"],
                "return @made",
            ],
            [
                "@made = {}",
                "for @item in @items:",
                [
                    f"@key = {v.on('@item')}",
                    If("@key in @made", "@key not in @made", ["@made[@key] += 1"], ["@made[@key] = 1"]),
                ],
                "return @made",
            ],
        ),
        (v.id,),
    )


@family
def words_to_lengths(rng):
    t, v = word_test(rng), word_value(rng)
    return Sketch(
        f"Map {v.says('w')} to the length of w, for each w in @words that {t.says}.",
        ("word_lengths", "lengths_by_word", "measure_words"),
        WORDS,
        (
            [
                "@made = {}",
                "for @word in @words:",
                [f"if {t.on('@word')}:", [f"@made[{v.on('@word')}] = len(@word)"]],
                "return @made",
            ],
            [f"return {{{v.on('@word')}: len(@word) for @word in @words if {t.on('@word')}}}"],
        ),
        (t.id, v.id),
    )


@family
def group_by_length(rng):
    v = word_value(rng)
    return Sketch(
        f"Group {v.says('w')} for each w in @words by the length of w.",
        ("group_by_length", "by_length", "sort_by_length"),
        WORDS,
        (
            [
                "@made = {}",
                "for @word in @words:",
                [
                    "@size = len(@word)",
                    "if @size not in @made:",
                    ["@made[@size] = []"],
                    f"@made[@size].append({v.on('@word')})",
                ],
                "return @made",
            ],
            [
                "@made = {}",
                "for @word in @words:",
                [f"@made.setdefault(len(@word), []).append({v.on('@word')})"],
                "return @made",
            ],
        ),
        (v.id,),
    )


@family
def group_by_test(rng):
    t, v = number_test(rng), number_value(rng)
    a, b = rng.choice(["yes no", "in out", "good bad", "keep drop", "left right"]).split()
    return Sketch(
        f"Put {v.says()} for each x in @items that {t.says} under '{a}', and each other x under '{b}'.",
        ("group_by_test", "sort_into", "put_under"),
        ITEMS,
        (
            [
                f"@made = {{'{a}': [], '{b}': []}}",
                "for @item in @items:",
                [t.branch("@item", [f"@made['{a}'].append({v.on('@item')})"], [f"@made['{b}'].append(@item)"])],
                "return @made",
            ],
            [
                ("@out = []", "@rest = []"),
                "for @item in @items:",
                [t.branch("@item", [f"@out.append({v.on('@item')})"], ["@rest.append(@item)"])],
                f"return {{'{a}': @out, '{b}': @rest}}",
            ],
        ),
        (t.id, v.id),
    )


@family
def sums_by_remainder(rng):
    k, v = rng.randint(2, 4), number_value(rng)
    return Sketch(
        f"Map the remainder of x by {k} to the sum of {v.says()}, for each x in @items.",
        ("sums_by_remainder", "totals_by_class", "remainder_sums"),
        ITEMS,
        (
            [
                "@made = {}",
                "for @item in @items:",
                [f"@key = @item % {k}", f"@made[@key] = @made.get(@key, 0) + {v.on('@item')}"],
                "return @made",
            ],
        ),
        (v.id,),
    )


@family
def first_places(rng):
    t = character_test(rng)
    return Sketch(
        f"Map each character of @text that {t.says} to the position where it first occurs.",
        ("first_places", "first_seen", "where_first"),
        (("text", "text"),),
        (
            [
                "@made = {}",
                "for @i, @char in enumerate(@text):",
                [f"if {t.on('@char')} and @char not in @made:", ["@made[@char] = @i"]],
                "return @made",
            ],
        ),
        (t.id,),
    )
