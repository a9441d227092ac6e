"""Families on lists of numbers that yield lists."""

from procure_kit.world.pieces import number_test, number_value
from procure_kit.world.registry import family
from procure_kit.world.sketch import If, Sketch

ITEMS = (("items", "numbers"),)
PAIR = (("items1", "numbers"), ("items2", "numbers"))


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
def running_sums(rng):
    v, k = number_value(rng), rng.randint(0, 5)
    return Sketch(
        f"List the running sums of {v.says()} for each x in @items, starting from {k}.",
        ("running_sums", "cumulate", "partial_sums"),
        ITEMS,
        (
            [
                ("@acc = " + str(k), "@out = []"),
                "for @item in @items:",
                [f"@acc += {v.on('@item')}", "@out.append(@acc)"],
                "return @out",
            ],
        ),
        (v.id,),
    )


@family
def running_best(rng):
    v, k = number_value(rng), rng.randint(0, 5)
    says, sign, role = rng.choice([("largest", ">", "@best"), ("smallest", "<", "@least")])
    return Sketch(
        f"List the {says} {v.says()} so far for each x in @items, starting from {k}.",
        ("running_best", "records_so_far", "extremes"),
        ITEMS,
        (
            [
                (f"{role} = {k}", "@out = []"),
                "for @item in @items:",
                [f"@acc = {v.on('@item')}", f"if @acc {sign} {role}:", [f"{role} = @acc"], f"@out.append({role})"],
                "return @out",
            ],
        ),
        (v.id, says),
    )


@family
def gaps(rng):
    v, k = number_value(rng), rng.randint(0, 5)
    return Sketch(
        f"List {v.says()} minus the number before for each x in @items, starting before them at {k}.",
        ("gaps", "steps_between", "changes"),
        ITEMS,
        (
            [
                ("@out = []", f"@previous = {k}"),
                "for @item in @items:",
                [f"@out.append({v.on('@item')} - @previous)", "@previous = @item"],
                "return @out",
            ],
        ),
        (v.id,),
    )


@family
def unlike_previous(rng):
    v, k = number_value(rng), rng.randint(0, 5)
    says, sign = rng.choice([("differs from", "!="), ("is greater than", ">"), ("is less than", "<")])
    return Sketch(
        f"List {v.says()} for each x in @items that {says} the last one listed or {k}.",
        ("unlike_previous", "without_repeats", "compress"),
        ITEMS,
        (
            [
                ("@out = []", f"@previous = {k}"),
                "for @item in @items:",
                [f"if @item {sign} @previous:", [f"@out.append({v.on('@item')})", "@previous = @item"]],
                "return @out",
            ],
        ),
        (v.id, says),
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


@family
def merge_pairs(rng):
    v, w = number_value(rng), number_value(rng)
    says, sign = rng.choice([("greater", ">"), ("less", "<")])
    return Sketch(
        f"For each pair x, y of @items1 and @items2 list {v.says()} if x is {says} than y, otherwise {w.says('y')}.",
        ("merge_pairs", "choose_pairwise", "zip_choose"),
        PAIR,
        (
            [
                "@out = []",
                "for @first, @second in zip(@items1, @items2):",
                [
                    If(
                        f"@first {sign} @second",
                        f"@first {'<=' if sign == '>' else '>='} @second",
                        [f"@out.append({v.on('@first')})"],
                        [f"@out.append({w.on('@second')})"],
                    )
                ],
                "return @out",
            ],
        ),
        (v.id, w.id, says),
    )


@family
def pair_products(rng):
    t, k = number_test(rng), rng.randint(0, 9)
    return Sketch(
        f"Return {k} plus the sum of x * y for each pair of @items1 and @items2 where x {t.says}.",
        ("pair_products", "dot_if", "weighted_sum"),
        PAIR,
        (
            [
                f"@acc = {k}",
                "for @first, @second in zip(@items1, @items2):",
                [f"if {t.on('@first')}:", ["@acc += @first * @second"]],
                "return @acc",
            ],
        ),
        (t.id,),
        number=True,
    )


@family
def count_pairs(rng):
    says, sign = rng.choice([("greater than", ">"), ("less than", "<"), ("not", "!="), ("at least", ">=")])
    v = number_value(rng)
    return Sketch(
        f"Count the pairs x, y of @items1 and @items2 where {v.says()} is {says} y.",
        ("count_pairs", "pairs_where", "compare_lists"),
        PAIR,
        (
            [
                "@count = 0",
                "for @first, @second in zip(@items1, @items2):",
                [f"if {v.on('@first')} {sign} @second:", ["@count += 1"]],
                "return @count",
            ],
            [
                "@count = 0",
                "for @i in range(min(len(@items1), len(@items2))):",
                [f"if {v.on('@items1[@i]')} {sign} @items2[@i]:", ["@count += 1"]],
                "return @count",
            ],
        ),
        (says, v.id),
        number=True,
    )


@family
def common(rng):
    v = number_value(rng)
    says, op = rng.choice([("also", "in"), ("not", "not in")])
    return Sketch(
        f"List {v.says()} for each x in @items1 that is {says} in @items2.",
        ("common", "compare_members", "against"),
        PAIR,
        (
            [
                "@out = []",
                "for @item in @items1:",
                [f"if @item {op} @items2:", [f"@out.append({v.on('@item')})"]],
                "return @out",
            ],
            [f"return [{v.on('@item')} for @item in @items1 if @item {op} @items2]"],
        ),
        (v.id, says),
    )
