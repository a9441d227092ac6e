"""Families on the characters of a text."""

from procure_kit.world.pieces import character_test, character_value, word_value
from procure_kit.world.registry import family
from procure_kit.world.sketch import If, Sketch

TEXT = (("text", "text"),)


@family
def count_characters(rng):
    t = character_test(rng)
    return Sketch(
        f"Count each character of @text that {t.says}.",
        ("count_characters", "count_letters", "how_many_characters"),
        TEXT,
        (
            ["@count = 0", "for @char in @text:", [f"if {t.on('@char')}:", ["@count += 1"]], "return @count"],
            [f"return sum(1 for @char in @text if {t.on('@char')})"],
        ),
        (t.id,),
        number=True,
    )


@family
def keep_characters(rng):
    t, v = character_test(rng), character_value(rng)
    return Sketch(
        f"Join {v.says('c')} for each character c of @text that {t.says}.",
        ("keep_characters", "strip_text", "clean"),
        TEXT,
        (
            ["@out = ''", "for @char in @text:", [f"if {t.on('@char')}:", [f"@out += {v.on('@char')}"]], "return @out"],
            [
                "@out = []",
                "for @char in @text:",
                [f"if {t.on('@char')}:", [f"@out.append({v.on('@char')})"]],
                "return ''.join(@out)",
            ],
        ),
        (t.id, v.id),
    )


@family
def rewrite_characters(rng):
    t, v, w = character_test(rng), character_value(rng), character_value(rng)
    return Sketch(
        f"Join {v.says('c')} for each character c of @text that {t.says} and {w.says('c')} for the others.",
        ("rewrite", "mask_text", "recode"),
        TEXT,
        (
            [
                "@out = ''",
                "for @char in @text:",
                [t.branch("@char", [f"@out += {v.on('@char')}"], [f"@out += {w.on('@char')}"])],
                "return @out",
            ],
        ),
        (t.id, v.id, w.id),
    )


@family
def character_score(rng):
    t = character_test(rng)
    a, b = rng.sample(range(1, 9), 2)
    return Sketch(
        f"Add {a} for each character of @text that {t.says} and subtract {b} for the others.",
        ("text_score", "rate_text", "value_of_text"),
        TEXT,
        (["@acc = 0", "for @char in @text:", [t.branch("@char", [f"@acc += {a}"], [f"@acc -= {b}"])], "return @acc"],),
        (t.id,),
        number=True,
    )


@family
def two_kinds(rng):
    t = character_test(rng)
    return Sketch(
        f"Return how many characters c of @text there are where c {t.says}, and how many others.",
        ("two_kinds", "kinds_of_characters", "tally_kinds"),
        TEXT,
        (
            [
                ("@count = 0", "@other = 0"),
                "for @char in @text:",
                [t.branch("@char", ["@count += 1"], ["@other += 1"])],
                "return @count, @other",
            ],
        ),
        (t.id,),
    )


@family
def first_character(rng):
    t, v = character_test(rng), character_value(rng)
    return Sketch(
        f"Return {v.says('c')} for the first character c of @text that {t.says}, otherwise ''.",
        ("first_character", "find_character", "leading"),
        TEXT,
        (["for @char in @text:", [f"if {t.on('@char')}:", [f"return {v.on('@char')}"]], "return ''"],),
        (t.id, v.id),
    )


@family
def character_positions(rng):
    t = character_test(rng)
    return Sketch(
        f"List the positions of each character of @text that {t.says}.",
        ("character_positions", "places_in_text", "offsets"),
        TEXT,
        (
            [
                "@out = []",
                "for @i, @char in enumerate(@text):",
                [f"if {t.on('@char')}:", ["@out.append(@i)"]],
                "return @out",
            ],
        ),
        (t.id,),
    )


@family
def all_characters(rng):
    t = character_test(rng)
    opposite = t.opposite.replace("{x}", "@char")
    return Sketch(
        f"Return whether every character of @text {t.says}.",
        ("all_characters", "is_pure", "only_such"),
        TEXT,
        (
            ["for @char in @text:", [f"if {opposite}:", ["return False"]], "return True"],
            ["@flag = True", "for @char in @text:", [f"if {opposite}:", ["@flag = False"]], "return @flag"],
        ),
        (t.id,),
    )


@family
def longest_character_run(rng):
    t = character_test(rng)
    return Sketch(
        f"Return the length of the longest run of characters c of @text where c {t.says}.",
        ("longest_stretch", "character_run", "text_streak"),
        TEXT,
        (
            [
                ("@best = 0", "@current = 0"),
                "for @char in @text:",
                [t.branch("@char", ["@current += 1", "@best = max(@best, @current)"], ["@current = 0"])],
                "return @best",
            ],
            [
                ("@best = 0", "@current = 0"),
                "for @char in @text:",
                [t.branch("@char", ["@current += 1"], ["@current = 0"]), "if @current > @best:", ["@best = @current"]],
                "return @best",
            ],
        ),
        (t.id,),
        number=True,
    )


@family
def no_doubles(rng):
    v = character_value(rng)
    return Sketch(
        f"Join {v.says('c')} for each character c of @text that differs from the one before.",
        ("no_doubles", "squeeze", "drop_repeats"),
        TEXT,
        (
            [
                ("@out = ''", "@previous = ''"),
                "for @char in @text:",
                ["if @char != @previous:", [f"@out += {v.on('@char')}"], "@previous = @char"],
                "return @out",
            ],
        ),
        (v.id,),
    )


@family
def shorten(rng):
    v, w, k = word_value(rng), word_value(rng), rng.randint(3, 9)
    return Sketch(
        f"Return {v.says('@text')} if it is longer than {k}, otherwise {w.says('@text')}.",
        ("shorten", "fit_text", "display"),
        TEXT,
        (
            [
                If(f"len(@text) > {k}", f"len(@text) <= {k}", [f"@out = {v.on('@text')}"], [f"@out = {w.on('@text')}"]),
                "return @out",
            ],
            [f"if len(@text) > {k}:", [f"return {v.on('@text')}"], f"return {w.on('@text')}"],
        ),
        (v.id, w.id),
    )
