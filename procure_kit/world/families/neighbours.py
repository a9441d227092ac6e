"""Families on numbers and those before them or beside them."""

from procure_kit.world.pieces import number_test, number_value
from procure_kit.world.registry import family
from procure_kit.world.sketch import If, Sketch

PAIR = (("items1", "numbers"), ("items2", "numbers"))
ITEMS = (("items", "numbers"),)


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
