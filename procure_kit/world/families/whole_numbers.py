"""Families on one or two whole numbers."""

from procure_kit.world.pieces import number_test, number_value
from procure_kit.world.registry import family
from procure_kit.world.sketch import If, Sketch

N = (("n", "natural"),)
LABELS = ["small big", "low high", "yes no", "good bad", "in out", "left right", "hot cold", "open closed", "a b"]


@family
def label(rng):
    t = number_test(rng)
    a, b = rng.choice(LABELS).split()
    return Sketch(
        f"Return '{a}' if @n {t.says}, otherwise '{b}'.",
        ("label", "describe", "name_it"),
        (("n", "number"),),
        (
            [t.branch("@n", [f"return '{a}'"], [f"return '{b}'"])],
            [t.branch("@n", [f"@out = '{a}'"], [f"@out = '{b}'"]), "return @out"],
        ),
        (t.id,),
    )


@family
def piecewise(rng):
    t, v, w = number_test(rng), number_value(rng), number_value(rng)
    return Sketch(
        f"Return {v.says('@n')} if @n {t.says}, otherwise {w.says('@n')}.",
        ("adjust", "convert", "transform", "piecewise"),
        (("n", "number"),),
        (
            [t.branch("@n", [f"@acc = {v.on('@n')}"], [f"@acc = {w.on('@n')}"]), "return @acc"],
            [f"@acc = {w.on('@n')}", f"if {t.on('@n')}:", [f"@acc = {v.on('@n')}"], "return @acc"],
        ),
        (t.id, v.id, w.id),
        number=True,
    )


@family
def three_ways(rng):
    low, high = rng.randint(-3, 4), rng.randint(6, 15)
    a, b, c = rng.sample(["-1", "0", "1", "2", "5", "10"], 3)
    inner = If(f"@n > {high}", f"@n <= {high}", [f"@acc = {b}"], [f"@acc = {c}"])
    early = [f"if @n < {low}:", [f"return {a}"], f"if @n > {high}:", [f"return {b}"], f"return {c}"]
    return Sketch(
        f"Return {a} if @n is below {low}, {b} if @n is above {high}, otherwise {c}.",
        ("level", "grade", "bucket", "zone"),
        (("n", "number"),),
        ([If(f"@n < {low}", f"@n >= {low}", [f"@acc = {a}"], [inner]), "return @acc"], early),
    )


@family
def three_values(rng):
    low, high = rng.randint(-3, 4), rng.randint(6, 15)
    v, w = number_value(rng), number_value(rng)
    inner = If(f"@n > {high}", f"@n <= {high}", [f"@acc = {w.on('@n')}"], ["@acc = @n"])
    return Sketch(
        f"Return {v.says('@n')} if @n is below {low}, {w.says('@n')} if above {high}, otherwise @n.",
        ("tariff", "scaled", "rate", "fee"),
        (("n", "number"),),
        ([If(f"@n < {low}", f"@n >= {low}", [f"@acc = {v.on('@n')}"], [inner]), "return @acc"],),
        (v.id, w.id),
        number=True,
    )


@family
def clamp(rng):
    return Sketch(
        "Return @n, but not below @first and not above @second.",
        ("clamp", "limit_to", "keep_between"),
        (("n", "number"), ("first", "small"), ("second", "number")),
        (
            ["if @n < @first:", ["return @first"], "if @n > @second:", ["return @second"], "return @n"],
            [
                "@acc = @n",
                "if @acc < @first:",
                ["return @first"],
                "if @acc > @second:",
                ["return @second"],
                "return @acc",
            ],
        ),
    )


@family
def compare_two(rng):
    v, w = number_value(rng), number_value(rng)
    return Sketch(
        f"Return {v.says('@first')} if @first is greater than @second, otherwise {w.says('@second')}.",
        ("compare", "pick_one", "settle"),
        (("first", "number"), ("second", "number")),
        (
            [
                If(
                    "@first > @second", "@first <= @second", [f"@acc = {v.on('@first')}"], [f"@acc = {w.on('@second')}"]
                ),
                "return @acc",
            ],
            ["if @first > @second:", [f"return {v.on('@first')}"], f"return {w.on('@second')}"],
        ),
        (v.id, w.id),
    )


@family
def combine_two(rng):
    v, w = number_value(rng), number_value(rng)
    says, op = rng.choice([("sum", "+"), ("product", "*")])
    return Sketch(
        f"Return the {says} of {v.says('@first')} and {w.says('@second')}.",
        ("combine", "join_numbers", "mix"),
        (("first", "number"), ("second", "small")),
        (
            [(f"@acc = {v.on('@first')}", f"@other = {w.on('@second')}"), f"return @acc {op} @other"],
            [(f"@acc = {v.on('@first')}", f"@other = {w.on('@second')}"), f"@acc! = @acc {op} @other", "return @acc!"],
        ),
        (v.id, w.id, says),
    )


@family
def difference_two(rng):
    v, w = number_value(rng), number_value(rng)
    return Sketch(
        f"Return how far {v.says('@first')} is from {w.says('@second')}.",
        ("distance", "gap", "how_far"),
        (("first", "number"), ("second", "number")),
        (
            [
                (f"@acc = {v.on('@first')}", f"@other = {w.on('@second')}"),
                If("@acc > @other", "@acc <= @other", ["return @acc - @other"], ["return @other - @acc"]),
            ],
            [(f"@acc = {v.on('@first')}", f"@other = {w.on('@second')}"), "return abs(@acc - @other)"],
        ),
        (v.id, w.id),
    )


@family
def repeated(rng):
    k, c = rng.randint(2, 3), rng.randint(1, 9)
    v = number_value(rng)
    return Sketch(
        f"Start from {v.says('@n')} and @size times multiply by {k} and add {c}.",
        ("repeat", "grow", "iterate"),
        (("n", "number"), ("size", "small")),
        (
            [f"@acc = {v.on('@n')}", "for @i in range(@size):", [f"@acc = @acc * {k} + {c}"], "return @acc"],
            [f"@acc = {v.on('@n')}", "while @size > 0:", [f"@acc = @acc * {k} + {c}", "@size -= 1"], "return @acc"],
        ),
        (v.id,),
        number=True,
    )


@family
def recurrence(rng):
    a, b = rng.randint(0, 3), rng.randint(1, 5)
    k = rng.choice(["", "2 * ", "3 * "])
    words = {"": "", "2 * ": " with the first counted twice", "3 * ": " with the first counted three times"}[k]
    return Sketch(
        f"Start with {a} and {b}; @size times go on with the sum of the last two{words}. Return the first.",
        ("sequence", "recurrence", "nth_term"),
        (("size", "small"),),
        (
            [
                (f"@first = {a}", f"@second = {b}"),
                "for @i in range(@size):",
                [f"@first, @second = @second, {k}@first + @second"],
                "return @first",
            ],
            [
                (f"@first = {a}", f"@second = {b}"),
                "for @i in range(@size):",
                [f"@acc = {k}@first + @second", "@first = @second", "@second = @acc"],
                "return @first",
            ],
        ),
        number=True,
    )


@family
def halving(rng):
    k = rng.randint(2, 4)
    return Sketch(
        f"Count how often @n can be divided by {k} until it is 0.",
        ("halvings", "division_steps", "count_divisions"),
        N,
        (
            ["@count = 0", "while @n > 0:", [f"@n = @n // {k}", "@count += 1"], "return @count"],
            ["@count = 0", "@acc = @n", "while @acc > 0:", [f"@acc = @acc // {k}", "@count += 1"], "return @count"],
        ),
        number=True,
    )


@family
def countdown(rng):
    t, k = number_test(rng), rng.randint(1, 4)
    j = k + rng.randint(1, 4)
    return Sketch(
        f"Count the steps until @n is 0 or less: subtract {j} if @n {t.says}, otherwise {k}.",
        ("countdown", "steps_to_zero", "count_steps"),
        N,
        (
            [
                "@count = 0",
                "while @n > 0:",
                [t.branch("@n", [f"@n -= {j}"], [f"@n -= {k}"]), "@count += 1"],
                "return @count",
            ],
        ),
        (t.id,),
        number=True,
    )


@family
def digit_sum(rng):
    t, v = number_test(rng), number_value(rng)
    return Sketch(
        f"Return the sum of {v.says('d')} for each digit d of @n that {t.says}.",
        ("digit_sum", "add_digits", "digit_total"),
        N,
        (
            [
                "@acc = 0",
                "while @n > 0:",
                ["@digit = @n % 10", f"if {t.on('@digit')}:", [f"@acc += {v.on('@digit')}"], "@n = @n // 10"],
                "return @acc",
            ],
            [
                "@acc = 0",
                "for @char in str(@n):",
                ["@digit = int(@char)", f"if {t.on('@digit')} and @n > 0:", [f"@acc += {v.on('@digit')}"]],
                "return @acc",
            ],
        ),
        (t.id, v.id),
        number=True,
    )


@family
def digit_count(rng):
    t = number_test(rng)
    return Sketch(
        f"Count the digits d of @n where d {t.says}.",
        ("digit_count", "count_digits", "digits_that"),
        N,
        (
            [
                "@digits = str(@n)",
                "@count = 0",
                "for @char in @digits:",
                ["@digit = int(@char)", f"if {t.on('@digit')}:", ["@count += 1"]],
                "return @count",
            ],
            ["@count = 0", "for @char in str(@n):", [f"if {t.on('int(@char)')}:", ["@count += 1"]], "return @count"],
        ),
        (t.id,),
        number=True,
    )
