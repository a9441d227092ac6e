"""Families that add up the numbers of a list."""

from procure_kit.world.pieces import number_test, number_value
from procure_kit.world.registry import family
from procure_kit.world.sketch import If, Sketch

ITEMS = (("items", "numbers"),)


@family
def sum_if(rng):
    t, v = number_test(rng), number_value(rng)
    return Sketch(
        f"Return the sum of {v.says()} for each x in @items that {t.says}.",
        ("sum_if", "add_up", "total_of", "sum_values"),
        ITEMS,
        (
            ["@acc = 0", "for @item in @items:", [f"if {t.on('@item')}:", [f"@acc += {v.on('@item')}"]], "return @acc"],
            [f"@out = [{v.on('@item')} for @item in @items if {t.on('@item')}]", "return sum(@out)"],
        ),
        (t.id, v.id),
        number=True,
    )


@family
def count_if(rng):
    t = number_test(rng)
    return Sketch(
        f"Count each x in @items that {t.says}.",
        ("count_if", "how_many", "count_values"),
        ITEMS,
        (
            ["@count = 0", "for @item in @items:", [f"if {t.on('@item')}:", ["@count += 1"]], "return @count"],
            [f"return len([@item for @item in @items if {t.on('@item')}])"],
        ),
        (t.id,),
        number=True,
    )


@family
def product_if(rng):
    t, v = number_test(rng), number_value(rng)
    return Sketch(
        f"Return the product of {v.says()} for each x in @items that {t.says}.",
        ("product_if", "multiply", "product_of"),
        ITEMS,
        (
            [
                "@acc = 1",
                "for @item in @items:",
                [f"if {t.on('@item')}:", [f"@acc = @acc * ({v.on('@item')})"]],
                "return @acc",
            ],
        ),
        (t.id, v.id),
        number=True,
    )


@family
def balance(rng):
    t, v = number_test(rng), number_value(rng)
    return Sketch(
        f"Add {v.says()} for each x in @items that {t.says} and subtract the other x.",
        ("balance", "signed_sum", "add_or_subtract"),
        ITEMS,
        (
            [
                "@acc = 0",
                "for @item in @items:",
                [t.branch("@item", [f"@acc += {v.on('@item')}"], ["@acc -= @item"])],
                "return @acc",
            ],
        ),
        (t.id, v.id),
        number=True,
    )


@family
def sum_two_values(rng):
    t, v, w = number_test(rng), number_value(rng), number_value(rng)
    return Sketch(
        f"Return the sum of {v.says()} for each x in @items that {t.says} and of {w.says()} for the others.",
        ("sum_either", "mixed_sum", "add_both"),
        ITEMS,
        (
            [
                "@acc = 0",
                "for @item in @items:",
                [t.branch("@item", [f"@acc += {v.on('@item')}"], [f"@acc += {w.on('@item')}"])],
                "return @acc",
            ],
        ),
        (t.id, v.id, w.id),
        number=True,
    )


@family
def points(rng):
    t, s = number_test(rng), number_test(rng)
    a, b, c = rng.sample(range(1, 9), 3)
    return Sketch(
        f"Score {a} for each x in @items that {t.says}, {b} if it {s.says} instead, and {c} otherwise.",
        ("points", "score", "rate_values"),
        ITEMS,
        (
            [
                "@acc = 0",
                "for @item in @items:",
                [t.branch("@item", [f"@acc += {a}"], [s.branch("@item", [f"@acc += {b}"], [f"@acc += {c}"])])],
                "return @acc",
            ],
        ),
        (t.id, s.id),
        number=True,
    )


@family
def two_counts(rng):
    t = number_test(rng)
    return Sketch(
        f"Return how many x in @items there are where x {t.says}, and how many others.",
        ("two_counts", "count_both", "split_counts"),
        ITEMS,
        (
            [
                ("@count = 0", "@other = 0"),
                "for @item in @items:",
                [t.branch("@item", ["@count += 1"], ["@other += 1"])],
                "return @count, @other",
            ],
        ),
        (t.id,),
    )


@family
def two_sums(rng):
    t, v, w = number_test(rng), number_value(rng), number_value(rng)
    return Sketch(
        f"Return the sum of {v.says()} for each x in @items that {t.says}, and the sum of {w.says()} for the others.",
        ("two_sums", "sum_both", "separate_sums"),
        ITEMS,
        (
            [
                ("@acc = 0", "@other = 0"),
                "for @item in @items:",
                [t.branch("@item", [f"@acc += {v.on('@item')}"], [f"@other += {w.on('@item')}"])],
                "return @acc, @other",
            ],
        ),
        (t.id, v.id, w.id),
    )


@family
def sum_and_count(rng):
    t = number_test(rng)
    k = rng.randint(2, 9)
    return Sketch(
        f"Return the sum of each x in @items that {t.says}, plus {k} times how many these are.",
        ("sum_and_count", "weighted_total", "sum_with_bonus"),
        ITEMS,
        (
            [
                ("@acc = 0", "@count = 0"),
                "for @item in @items:",
                [f"if {t.on('@item')}:", [("@acc += @item", "@count += 1")]],
                f"return @acc + {k} * @count",
            ],
        ),
        (t.id,),
        number=True,
    )


@family
def average_if(rng):
    t = number_test(rng)
    return Sketch(
        f"Return the whole average of each x in @items that {t.says}, or 0 without one.",
        ("average_if", "mean_of", "typical"),
        ITEMS,
        (
            [
                ("@acc = 0", "@count = 0"),
                "for @item in @items:",
                [f"if {t.on('@item')}:", [("@acc += @item", "@count += 1")]],
                If("@count > 0", "@count == 0", ["return @acc // @count"], ["return 0"]),
            ],
            [
                f"@out = [@item for @item in @items if {t.on('@item')}]",
                If("@out", "not @out", ["return sum(@out) // len(@out)"], ["return 0"]),
            ],
        ),
        (t.id,),
    )


@family
def alternating(rng):
    v, w = number_value(rng), number_value(rng)
    return Sketch(
        f"Add up {v.says()} for each x at an even position in @items and {w.says()} at an odd one.",
        ("alternating", "zigzag_sum", "by_turns"),
        ITEMS,
        (
            [
                "@acc = 0",
                "for @i, @item in enumerate(@items):",
                [If("@i % 2 == 0", "@i % 2 != 0", [f"@acc += {v.on('@item')}"], [f"@acc += {w.on('@item')}"])],
                "return @acc",
            ],
            [
                ("@acc = 0", "@flag = True"),
                "for @item in @items:",
                [
                    If("@flag", "not @flag", [f"@acc += {v.on('@item')}"], [f"@acc += {w.on('@item')}"]),
                    "@flag = not @flag",
                ],
                "return @acc",
            ],
        ),
        (v.id, w.id),
        number=True,
    )


@family
def sum_until(rng):
    t, v = number_test(rng), number_value(rng)
    return Sketch(
        f"Add up {v.says()} for each x in @items until one {t.says}.",
        ("sum_until", "add_until", "total_before"),
        ITEMS,
        (
            [
                "@acc = 0",
                "for @item in @items:",
                [f"if {t.on('@item')}:", ["break"], f"@acc += {v.on('@item')}"],
                "return @acc",
            ],
            [
                ("@acc = 0", "@i = 0"),
                f"while @i < len(@items) and {t.opposite.replace('{x}', '@items[@i]')}:",
                [f"@acc += {v.on('@items[@i]')}", "@i += 1"],
                "return @acc",
            ],
        ),
        (t.id, v.id),
        number=True,
    )


@family
def capped_sum(rng):
    v = number_value(rng)
    return Sketch(
        f"Add up {v.says()} for each x in @items, but return @limit as soon as the sum is over it.",
        ("capped_sum", "sum_with_cap", "bounded_sum"),
        ITEMS + (("limit", "number"),),
        (
            [
                "@acc = 0",
                "for @item in @items:",
                [f"@acc += {v.on('@item')}", "if @acc > @limit:", ["return @limit"]],
                "return @acc",
            ],
        ),
        (v.id,),
    )


@family
def above_average(rng):
    v = number_value(rng)
    says, sign = rng.choice([("greater", ">"), ("less", "<")])
    return Sketch(
        f"Return the sum of {v.says()} for each x in @items that is {says} than their whole average.",
        ("above_average", "against_mean", "beyond_mean"),
        ITEMS,
        (
            [
                ("@acc = 0", "@count = sum(@items)", "@size = len(@items)"),
                "for @item in @items:",
                [f"if @item {sign} @count // @size:", [f"@acc += {v.on('@item')}"]],
                "return @acc",
            ],
        ),
        (v.id, says),
        number=True,
    )


@family
def grid_sum(rng):
    t, v = number_test(rng), number_value(rng)
    return Sketch(
        f"Return the sum of {v.says()} for each x in the lists of @rows that {t.says}.",
        ("grid_sum", "matrix_total", "sum_rows"),
        (("rows", "matrix"),),
        (
            [
                "@acc = 0",
                "for @row in @rows:",
                ["for @item in @row:", [f"if {t.on('@item')}:", [f"@acc += {v.on('@item')}"]]],
                "return @acc",
            ],
        ),
        (t.id, v.id),
        number=True,
    )


@family
def grid_count(rng):
    t = number_test(rng)
    return Sketch(
        f"Count each x in the lists of @rows that {t.says}.",
        ("grid_count", "matrix_count", "count_cells"),
        (("rows", "matrix"),),
        (
            [
                "@count = 0",
                "for @row in @rows:",
                ["for @item in @row:", [f"if {t.on('@item')}:", ["@count += 1"]]],
                "return @count",
            ],
        ),
        (t.id,),
        number=True,
    )
