"""Families that look for numbers in a list."""

from procure_kit.world.pieces import number_test, number_value
from procure_kit.world.registry import family
from procure_kit.world.sketch import Sketch

ITEMS = (("items", "numbers"),)


def _extreme(rng, names, role, word, sign, function):
    t, v, start = number_test(rng), number_value(rng), rng.choice([0, 1, 5, 10])
    return Sketch(
        f"Return the {word} {v.says()} for each x in @items that {t.says}, starting from {start}.",
        names,
        ITEMS,
        (
            [
                f"{role} = {start}",
                "for @item in @items:",
                [f"@acc = {v.on('@item')}", f"if {t.on('@item')} and @acc {sign} {role}:", [f"{role} = @acc"]],
                f"return {role}",
            ],
            [
                f"{role} = {start}",
                "for @item in @items:",
                [f"if {t.on('@item')}:", [f"{role} = {function}({role}, {v.on('@item')})"]],
                f"return {role}",
            ],
        ),
        (t.id, v.id),
        number=True,
    )


@family
def largest_if(rng):
    return _extreme(rng, ("largest", "highest", "maximum_of"), "@best", "largest", ">", "max")


@family
def smallest_if(rng):
    return _extreme(rng, ("smallest", "lowest", "minimum_of"), "@least", "smallest", "<", "min")


@family
def spread(rng):
    v = number_value(rng)
    return Sketch(
        f"Return the largest minus the smallest {v.says()} of @items, starting both from 0.",
        ("spread", "span_of", "width_of"),
        ITEMS,
        (
            [
                ("@best = 0", "@least = 0"),
                "for @item in @items:",
                [
                    f"@acc = {v.on('@item')}",
                    "if @acc > @best:",
                    ["@best = @acc"],
                    "if @acc < @least:",
                    ["@least = @acc"],
                ],
                "return @best - @least",
            ],
            [
                ("@best = 0", "@least = 0"),
                "for @item in @items:",
                [f"@best = max(@best, {v.on('@item')})", f"@least = min(@least, {v.on('@item')})"],
                "return @best - @least",
            ],
        ),
        (v.id,),
        number=True,
    )


@family
def first_if(rng):
    t, v, d = number_test(rng), number_value(rng), rng.choice(["None", "-1", "0"])
    return Sketch(
        f"Return {v.says()} for the first x in @items that {t.says}, otherwise {d}.",
        ("first_if", "find_first", "first_match"),
        ITEMS,
        (
            ["for @item in @items:", [f"if {t.on('@item')}:", [f"return {v.on('@item')}"]], f"return {d}"],
            [
                f"@acc = {d}",
                "for @item in @items:",
                [f"if {t.on('@item')}:", [f"@acc = {v.on('@item')}", "break"]],
                "return @acc",
            ],
        ),
        (t.id, v.id),
    )


@family
def last_if(rng):
    t, v, d = number_test(rng), number_value(rng), rng.choice(["None", "-1", "0"])
    return Sketch(
        f"Return {v.says()} for the last x in @items that {t.says}, otherwise {d}.",
        ("last_if", "find_last", "last_match"),
        ITEMS,
        (
            [
                f"@acc = {d}",
                "for @item in @items:",
                [f"if {t.on('@item')}:", [f"@acc = {v.on('@item')}"]],
                "return @acc",
            ],
            ["for @item in reversed(@items):", [f"if {t.on('@item')}:", [f"return {v.on('@item')}"]], f"return {d}"],
        ),
        (t.id, v.id),
    )


@family
def position_of_first(rng):
    t = number_test(rng)
    return Sketch(
        f"Return the position of the first x in @items that {t.says}, otherwise -1.",
        ("position_of", "where_is", "index_of_first"),
        ITEMS,
        (
            ["for @i, @item in enumerate(@items):", [f"if {t.on('@item')}:", ["return @i"]], "return -1"],
            [
                "@position = 0",
                "for @item in @items:",
                [f"if {t.on('@item')}:", ["return @position"], "@position += 1"],
                "return -1",
            ],
        ),
        (t.id,),
    )


@family
def any_of(rng):
    t = number_test(rng)
    return Sketch(
        f"Return whether any x in @items {t.says}.",
        ("any_of", "has_one", "contains_any"),
        ITEMS,
        (
            ["for @item in @items:", [f"if {t.on('@item')}:", ["return True"]], "return False"],
            ["@flag = False", "for @item in @items:", [f"if {t.on('@item')}:", ["@flag = True"]], "return @flag"],
        ),
        (t.id,),
    )


@family
def all_of(rng):
    t = number_test(rng)
    opposite = t.opposite.replace("{x}", "@item")
    return Sketch(
        f"Return whether every x in @items {t.says}.",
        ("all_of", "are_all", "every"),
        ITEMS,
        (
            ["for @item in @items:", [f"if {opposite}:", ["return False"]], "return True"],
            ["@flag = True", "for @item in @items:", [f"if {opposite}:", ["@flag = False"]], "return @flag"],
        ),
        (t.id,),
    )


@family
def longest_run(rng):
    t = number_test(rng)
    return Sketch(
        f"Return the length of the longest run of x in @items where x {t.says}.",
        ("longest_run", "best_streak", "longest_streak"),
        ITEMS,
        (
            [
                ("@best = 0", "@current = 0"),
                "for @item in @items:",
                [t.branch("@item", ["@current += 1", "@best = max(@best, @current)"], ["@current = 0"])],
                "return @best",
            ],
            [
                ("@best = 0", "@current = 0"),
                "for @item in @items:",
                [t.branch("@item", ["@current += 1"], ["@current = 0"]), "if @current > @best:", ["@best = @current"]],
                "return @best",
            ],
        ),
        (t.id,),
        number=True,
    )


@family
def count_rises(rng):
    says, sign = rng.choice([("greater than", ">"), ("less than", "<"), ("equal to", "=="), ("at least", ">=")])
    k = rng.randint(1, 4)
    return Sketch(
        f"Count the numbers of @items that are {says} the one before, starting before them at {k}.",
        ("count_rises", "count_changes", "steps_up"),
        ITEMS,
        (
            [
                ("@count = 0", f"@previous = {k}"),
                "for @item in @items:",
                [f"if @item {sign} @previous:", ["@count += 1"], "@previous = @item"],
                "return @count",
            ],
        ),
        (says,),
        number=True,
    )
