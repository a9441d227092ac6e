"""Families on words."""

from procure_kit.world.pieces import word_test, word_value
from procure_kit.world.registry import family
from procure_kit.world.sketch import Sketch

TEXT = (("text", "text"),)
WORDS = (("words", "words"),)


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
