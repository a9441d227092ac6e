"""Families on the whole numbers up to a bound."""

from procure_kit.world.pieces import number_test, number_value
from procure_kit.world.registry import family
from procure_kit.world.sketch import Sketch

N = (("n", "natural"),)


@family
def sum_up_to(rng):
    t, v = number_test(rng), number_value(rng)
    return Sketch(
        f"Return the sum of {v.says('i')} for each i from 1 to @n that {t.says}.",
        ("sum_up_to", "range_total", "add_range"),
        N,
        (
            [
                "@acc = 0",
                "for @i in range(1, @n + 1):",
                [f"if {t.on('@i')}:", [f"@acc += {v.on('@i')}"]],
                "return @acc",
            ],
            [
                ("@acc = 0", "@i = 1"),
                "while @i <= @n:",
                [f"if {t.on('@i')}:", [f"@acc += {v.on('@i')}"], "@i += 1"],
                "return @acc",
            ],
        ),
        (t.id, v.id),
        number=True,
    )


@family
def count_up_to(rng):
    t = number_test(rng)
    return Sketch(
        f"Count each i from 1 to @n that {t.says}.",
        ("count_up_to", "count_range", "how_many_up_to"),
        N,
        (
            ["@count = 0", "for @i in range(1, @n + 1):", [f"if {t.on('@i')}:", ["@count += 1"]], "return @count"],
            [f"return sum(1 for @i in range(1, @n + 1) if {t.on('@i')})"],
        ),
        (t.id,),
        number=True,
    )


@family
def balance_up_to(rng):
    t, v, w = number_test(rng), number_value(rng), number_value(rng)
    return Sketch(
        f"For each i from 1 to @n, add {v.says('i')} if i {t.says}, otherwise subtract {w.says('i')}.",
        ("balance_up_to", "alternate_range", "signed_range"),
        N,
        (
            [
                "@acc = 0",
                "for @i in range(1, @n + 1):",
                [t.branch("@i", [f"@acc += {v.on('@i')}"], [f"@acc -= {w.on('@i')}"])],
                "return @acc",
            ],
        )
        if w.id not in ("plus", "minus", "from")
        else (
            [
                "@acc = 0",
                "for @i in range(1, @n + 1):",
                [t.branch("@i", [f"@acc += {v.on('@i')}"], [f"@acc -= ({w.on('@i')})"])],
                "return @acc",
            ],
        ),
        (t.id, v.id, w.id),
        number=True,
    )


@family
def list_up_to(rng):
    t, v = number_test(rng), number_value(rng)
    return Sketch(
        f"List {v.says('i')} for each i from 1 to @n that {t.says}.",
        ("list_up_to", "collect_range", "range_values"),
        N,
        (
            [
                "@out = []",
                "for @i in range(1, @n + 1):",
                [f"if {t.on('@i')}:", [f"@out.append({v.on('@i')})"]],
                "return @out",
            ],
            [f"return [{v.on('@i')} for @i in range(1, @n + 1) if {t.on('@i')}]"],
        ),
        (t.id, v.id),
    )


@family
def first_from(rng):
    t, v = number_test(rng), number_value(rng)
    return Sketch(
        f"Return {v.says('i')} for the first i from @n upwards that {t.says}, or -1 after ten.",
        ("first_from", "next_number", "search_from"),
        N,
        (
            ["for @i in range(@n, @n + 10):", [f"if {t.on('@i')}:", [f"return {v.on('@i')}"]], "return -1"],
            [
                ("@acc = -1", "@i = @n"),
                "while @i < @n + 10:",
                [f"if {t.on('@i')}:", [f"@acc = {v.on('@i')}", "break"], "@i += 1"],
                "return @acc",
            ],
        ),
        (t.id, v.id),
    )


@family
def divisor_sum(rng):
    v = number_value(rng)
    return Sketch(
        f"Return the sum of {v.says('d')} for each divisor d of @n.",
        ("divisor_sum", "add_divisors", "divisor_total"),
        N,
        (
            ["@acc = 0", "for @i in range(1, @n + 1):", ["if @n % @i == 0:", [f"@acc += {v.on('@i')}"]], "return @acc"],
            [
                "@out = [@i for @i in range(1, @n + 1) if @n % @i == 0]",
                "@acc = 0",
                "for @i in @out:",
                [f"@acc += {v.on('@i')}"],
                "return @acc",
            ],
        ),
        (v.id,),
        number=True,
    )


@family
def two_totals_up_to(rng):
    t = number_test(rng)
    return Sketch(
        f"Return the sum of each i from 1 to @n that {t.says}, and the sum of the others.",
        ("split_totals", "two_totals", "both_sums"),
        N,
        (
            [
                ("@acc = 0", "@other = 0"),
                "for @i in range(1, @n + 1):",
                [t.branch("@i", ["@acc += @i"], ["@other += @i"])],
                "return @acc, @other",
            ],
        ),
        (t.id,),
    )
