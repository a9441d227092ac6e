"""Families that make a list from a list of numbers."""

from procure_kit.world.pieces import number_test, number_value
from procure_kit.world.registry import family
from procure_kit.world.sketch import Sketch

ITEMS = (("items", "numbers"),)


@family
def keep_if(rng):
    t, v = number_test(rng), number_value(rng)
    return Sketch(
        f"List {v.says()} for each x in @items that {t.says}.",
        ("keep_if", "select", "filter_values", "pick_out"),
        ITEMS,
        (
            [
                "@out = []",
                "for @item in @items:",
                [f"if {t.on('@item')}:", [f"@out.append({v.on('@item')})"]],
                "return @out",
            ],
            [f"return [{v.on('@item')} for @item in @items if {t.on('@item')}]"],
        ),
        (t.id, v.id),
    )


@family
def map_all(rng):
    v, w = number_value(rng), number_value(rng)
    return Sketch(
        f"List y = {v.says()} for each x in @items, then {w.says('y')} for each y.",
        ("map_all", "change_all", "apply_both"),
        ITEMS,
        (
            [
                "@out = []",
                "for @item in @items:",
                [f"@acc = {v.on('@item')}", f"@out.append({w.on('@acc')})"],
                "return @out",
            ],
            [
                f"@out = [{v.on('@item')} for @item in @items]",
                f"@out! = [{w.on('@item')} for @item in @out]",
                "return @out!",
            ],
        ),
        (v.id, w.id),
    )


@family
def map_either(rng):
    t, v, w = number_test(rng), number_value(rng), number_value(rng)
    return Sketch(
        f"List {v.says()} for each x in @items that {t.says} and {w.says()} for the others, in place.",
        ("map_either", "change_some", "rewrite_values"),
        ITEMS,
        (
            [
                "@out = []",
                "for @item in @items:",
                [t.branch("@item", [f"@out.append({v.on('@item')})"], [f"@out.append({w.on('@item')})"])],
                "return @out",
            ],
            [
                "@out = []",
                "for @item in @items:",
                [t.branch("@item", [f"@acc = {v.on('@item')}"], [f"@acc = {w.on('@item')}"]), "@out.append(@acc)"],
                "return @out",
            ],
        ),
        (t.id, v.id, w.id),
    )


@family
def replace_if(rng):
    t, k = number_test(rng), rng.randint(-3, 9)
    return Sketch(
        f"Replace each x in @items that {t.says} by {k}.",
        ("replace_if", "blank_out", "overwrite"),
        ITEMS,
        (
            [
                "@out = []",
                "for @item in @items:",
                [t.branch("@item", [f"@out.append({k})"], ["@out.append(@item)"])],
                "return @out",
            ],
            [
                "@out = list(@items)",
                "for @i in range(len(@out)):",
                [f"if {t.on('@out[@i]')}:", [f"@out[@i] = {k}"]],
                "return @out",
            ],
        ),
        (t.id,),
    )


@family
def separate(rng):
    t, v = number_test(rng), number_value(rng)
    return Sketch(
        f"Return the list of {v.says()} for each x in @items that {t.says}, and the list of the others.",
        ("separate", "partition", "divide_up"),
        ITEMS,
        (
            [
                ("@out = []", "@rest = []"),
                "for @item in @items:",
                [t.branch("@item", [f"@out.append({v.on('@item')})"], ["@rest.append(@item)"])],
                "return @out, @rest",
            ],
        ),
        (t.id, v.id),
    )


@family
def others_last(rng):
    t = number_test(rng)
    return Sketch(
        f"Move each x in @items that {t.says} to the front and keep the order.",
        ("to_front", "matching_first", "bring_forward"),
        ITEMS,
        (
            [
                ("@out = []", "@rest = []"),
                "for @item in @items:",
                [t.branch("@item", ["@out.append(@item)"], ["@rest.append(@item)"])],
                "return @out + @rest",
            ],
        ),
        (t.id,),
    )


@family
def distinct(rng):
    t = number_test(rng)
    return Sketch(
        f"List once each x in @items that {t.says}, in order.",
        ("distinct", "unique_values", "no_repeats"),
        ITEMS,
        (
            [
                "@out = []",
                "for @item in @items:",
                [f"if {t.on('@item')} and @item not in @out:", ["@out.append(@item)"]],
                "return @out",
            ],
        ),
        (t.id,),
    )


@family
def positions_if(rng):
    t = number_test(rng)
    return Sketch(
        f"List the positions of each x in @items that {t.says}.",
        ("positions", "indices_of", "places"),
        ITEMS,
        (
            [
                "@out = []",
                "for @i, @item in enumerate(@items):",
                [f"if {t.on('@item')}:", ["@out.append(@i)"]],
                "return @out",
            ],
            [
                ("@out = []", "@position = 0"),
                "for @item in @items:",
                [f"if {t.on('@item')}:", ["@out.append(@position)"], "@position += 1"],
                "return @out",
            ],
        ),
        (t.id,),
    )


@family
def take_until(rng):
    t, v = number_test(rng), number_value(rng)
    return Sketch(
        f"List {v.says()} for each x in @items until one {t.says}.",
        ("take_until", "stop_at", "list_before"),
        ITEMS,
        (
            [
                "@out = []",
                "for @item in @items:",
                [f"if {t.on('@item')}:", ["break"], f"@out.append({v.on('@item')})"],
                "return @out",
            ],
            [
                "@out = []",
                "for @item in @items:",
                [f"if {t.on('@item')}:", ["return @out"], f"@out.append({v.on('@item')})"],
                "return @out",
            ],
        ),
        (t.id, v.id),
    )


@family
def skip_until(rng):
    t, v = number_test(rng), number_value(rng)
    return Sketch(
        f"List {v.says()} for each x in @items from the first one that {t.says}.",
        ("skip_until", "start_at", "list_after"),
        ITEMS,
        (
            [
                ("@out = []", "@flag = False"),
                "for @item in @items:",
                [f"if {t.on('@item')}:", ["@flag = True"], "if @flag:", [f"@out.append({v.on('@item')})"]],
                "return @out",
            ],
        ),
        (t.id, v.id),
    )


@family
def every_kth(rng):
    v = number_value(rng)
    return Sketch(
        f"List {v.says()} for each x in @items at a position divisible by @step.",
        ("every_kth", "sample_values", "take_every"),
        ITEMS + (("step", "step"),),
        (
            [
                "@out = []",
                "for @i, @item in enumerate(@items):",
                ["if @i % @step == 0:", [f"@out.append({v.on('@item')})"]],
                "return @out",
            ],
            ["@out = []", "for @item in @items[::@step]:", [f"@out.append({v.on('@item')})"], "return @out"],
        ),
        (v.id,),
    )


@family
def row_sums(rng):
    t = number_test(rng)
    return Sketch(
        f"For each list of @rows, list the sum of each x in it that {t.says}.",
        ("row_sums", "sum_each_row", "line_totals"),
        (("rows", "matrix"),),
        (
            [
                "@out = []",
                "for @row in @rows:",
                ["@acc = 0", "for @item in @row:", [f"if {t.on('@item')}:", ["@acc += @item"]], "@out.append(@acc)"],
                "return @out",
            ],
            [
                "@out = []",
                "for @row in @rows:",
                [f"@out.append(sum(@item for @item in @row if {t.on('@item')}))"],
                "return @out",
            ],
        ),
        (t.id,),
    )
