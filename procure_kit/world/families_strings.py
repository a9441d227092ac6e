"""Families on texts, characters and words."""

from procure_kit.world.pieces import character_test, character_value, word_test, word_value
from procure_kit.world.registry import family
from procure_kit.world.sketch import If, Sketch

TEXT = (("text", "text"),)
WORDS = (("words", "words"),)


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


@family
def words_of_text(rng):
    t, v = word_test(rng), word_value(rng)
    return Sketch(
        f"List {v.says('w')} for each word w of @text that {t.says}.",
        ("words_of", "select_words", "extract_words"),
        TEXT,
        (
            [
                ("@words = @text.split()", "@out = []"),
                "for @word in @words:",
                [f"if {t.on('@word')}:", [f"@out.append({v.on('@word')})"]],
                "return @out",
            ],
            [
                "@out = []",
                "for @word in @text.split():",
                [f"if {t.on('@word')}:", [f"@out.append({v.on('@word')})"]],
                "return @out",
            ],
        ),
        (t.id, v.id),
    )


@family
def words_joined(rng):
    t, v, w = word_test(rng), word_value(rng), word_value(rng)
    return Sketch(
        f"Join with spaces {v.says('w')} for each word w of @text that {t.says} and {w.says('w')} for the others.",
        ("join_words", "restyle", "rephrase"),
        TEXT,
        (
            [
                ("@words = @text.split()", "@out = []"),
                "for @word in @words:",
                [t.branch("@word", [f"@out.append({v.on('@word')})"], [f"@out.append({w.on('@word')})"])],
                "return ' '.join(@out)",
            ],
        ),
        (t.id, v.id, w.id),
    )


@family
def count_words(rng):
    t = word_test(rng)
    return Sketch(
        f"Count each word in @words that {t.says}.",
        ("count_words", "how_many_words", "word_count"),
        WORDS,
        (
            ["@count = 0", "for @word in @words:", [f"if {t.on('@word')}:", ["@count += 1"]], "return @count"],
            [f"return len([@word for @word in @words if {t.on('@word')}])"],
        ),
        (t.id,),
        number=True,
    )


@family
def keep_words(rng):
    t, v = word_test(rng), word_value(rng)
    return Sketch(
        f"List {v.says('w')} for each w in @words that {t.says}.",
        ("keep_words", "pick_words", "filter_words"),
        WORDS,
        (
            [
                "@out = []",
                "for @word in @words:",
                [f"if {t.on('@word')}:", [f"@out.append({v.on('@word')})"]],
                "return @out",
            ],
            [f"return [{v.on('@word')} for @word in @words if {t.on('@word')}]"],
        ),
        (t.id, v.id),
    )


@family
def change_words(rng):
    t, v, w = word_test(rng), word_value(rng), word_value(rng)
    return Sketch(
        f"List {v.says('w')} for each w in @words that {t.says} and {w.says('w')} for the others.",
        ("change_words", "restyle_words", "format_words"),
        WORDS,
        (
            [
                "@out = []",
                "for @word in @words:",
                [t.branch("@word", [f"@out.append({v.on('@word')})"], [f"@out.append({w.on('@word')})"])],
                "return @out",
            ],
        ),
        (t.id, v.id, w.id),
    )


@family
def split_words(rng):
    t, v = word_test(rng), word_value(rng)
    return Sketch(
        f"Return the list of {v.says('w')} for each w in @words that {t.says}, and the list of the others.",
        ("split_words", "sort_out", "two_lists"),
        WORDS,
        (
            [
                ("@out = []", "@rest = []"),
                "for @word in @words:",
                [t.branch("@word", [f"@out.append({v.on('@word')})"], ["@rest.append(@word)"])],
                "return @out, @rest",
            ],
        ),
        (t.id, v.id),
    )


@family
def longest_word(rng):
    t, v = word_test(rng), word_value(rng)
    return Sketch(
        f"Return {v.says('w')} for the longest w in @words that {t.says}, otherwise ''.",
        ("longest_word", "biggest_word", "longest_of"),
        WORDS,
        (
            [
                "@best = ''",
                "for @word in @words:",
                [f"if {t.on('@word')} and len(@word) > len(@best):", ["@best = @word"]],
                "if not @best:",
                ["return ''"],
                f"return {v.on('@best')}",
            ],
            [
                ("@best = ''", "@size = 0"),
                "for @word in @words:",
                [f"if {t.on('@word')} and len(@word) > @size:", [("@best = @word", "@size = len(@word)")]],
                "if @size == 0:",
                ["return ''"],
                f"return {v.on('@best')}",
            ],
        ),
        (t.id, v.id),
    )


@family
def first_word(rng):
    t, v = word_test(rng), word_value(rng)
    return Sketch(
        f"Return {v.says('w')} for the first w in @words that {t.says}, otherwise 'none'.",
        ("first_word", "find_word", "search_words"),
        WORDS,
        (
            ["for @word in @words:", [f"if {t.on('@word')}:", [f"return {v.on('@word')}"]], "return 'none'"],
            [
                "@out = 'none'",
                "for @word in @words:",
                [f"if {t.on('@word')}:", [f"@out = {v.on('@word')}", "break"]],
                "return @out",
            ],
        ),
        (t.id, v.id),
    )


@family
def letters_total(rng):
    t, k = word_test(rng), rng.randint(1, 5)
    return Sketch(
        f"Return the number of letters of each word in @words that {t.says}, plus {k} for each other word.",
        ("letters_total", "total_length", "length_sum"),
        WORDS,
        (
            [
                "@acc = 0",
                "for @word in @words:",
                [t.branch("@word", ["@acc += len(@word)"], [f"@acc += {k}"])],
                "return @acc",
            ],
        ),
        (t.id,),
        number=True,
    )


@family
def join_parts(rng):
    v, k = word_value(rng), rng.choice(["-", "+", "/", ", "])
    return Sketch(
        f"Join {v.says('w')} for each w in @words with '{k}'.",
        ("join_parts", "glue", "chain_words"),
        WORDS,
        (
            ["@out = []", "for @word in @words:", [f"@out.append({v.on('@word')})"], f"return '{k}'.join(@out)"],
            [
                "@out = ''",
                "for @word in @words:",
                ["if @out != '':", [f"@out += '{k}'"], f"@out += {v.on('@word')}"],
                "return @out",
            ],
        )
        if v.id not in ("tail", "head")
        else (["@out = []", "for @word in @words:", [f"@out.append({v.on('@word')})"], f"return '{k}'.join(@out)"],),
        (v.id, k),
    )


@family
def count_letter(rng):
    says, sign, k = *rng.choice([("more than", ">"), ("fewer than", "<"), ("not", "!=")]), rng.randint(1, 3)
    return Sketch(
        f"Count the words in @words in which @letter occurs {says} {k} times.",
        ("count_with_letter", "words_with", "letter_matches"),
        WORDS + (("letter", "letter"),),
        (
            [
                "@count = 0",
                "for @word in @words:",
                [f"if @word.count(@letter) {sign} {k}:", ["@count += 1"]],
                "return @count",
            ],
            [
                "@count = 0",
                "for @word in @words:",
                ["@acc = @word.count(@letter)", f"if @acc {sign} {k}:", ["@count += 1"]],
                "return @count",
            ],
        ),
        (says,),
        number=True,
    )
