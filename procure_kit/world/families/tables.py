"""Families that read or change dictionaries."""

from procure_kit.world.pieces import number_test, number_value, word_test, word_value
from procure_kit.world.registry import family
from procure_kit.world.sketch import If, Sketch

TABLE = (("table", "table"),)


@family
def invert(rng):
    t = number_test(rng)
    return Sketch(
        f"Map each value of @table that {t.says} to its key.",
        ("invert", "swap_keys", "keys_by_value"),
        TABLE,
        (
            [
                "@made = {}",
                "for @key, @value in @table.items():",
                [f"if {t.on('@value')}:", ["@made[@value] = @key"]],
                "return @made",
            ],
        ),
        (t.id,),
    )


@family
def keep_entries(rng):
    t, v = number_test(rng), number_value(rng)
    return Sketch(
        f"Map each key of @table to {v.says()} where its value x {t.says}; leave out the others.",
        ("keep_entries", "filter_table", "select_entries"),
        TABLE,
        (
            [
                "@made = {}",
                "for @key, @value in @table.items():",
                [f"if {t.on('@value')}:", [f"@made[@key] = {v.on('@value')}"]],
                "return @made",
            ],
            [f"return {{@key: {v.on('@value')} for @key, @value in @table.items() if {t.on('@value')}}}"],
        ),
        (t.id, v.id),
    )


@family
def change_entries(rng):
    t, v, w = number_test(rng), number_value(rng), number_value(rng)
    return Sketch(
        f"Map each key of @table to {v.says()} if its value x {t.says}, otherwise to {w.says()}.",
        ("change_entries", "update_table", "reprice"),
        TABLE,
        (
            [
                "@made = {}",
                "for @key, @value in @table.items():",
                [t.branch("@value", [f"@made[@key] = {v.on('@value')}"], [f"@made[@key] = {w.on('@value')}"])],
                "return @made",
            ],
        ),
        (t.id, v.id, w.id),
    )


@family
def sum_entries(rng):
    t, v = number_test(rng), number_value(rng)
    return Sketch(
        f"Return the sum of {v.says()} for each value x of @table that {t.says}.",
        ("sum_entries", "table_total", "add_entries"),
        TABLE,
        (
            [
                "@acc = 0",
                "for @value in @table.values():",
                [f"if {t.on('@value')}:", [f"@acc += {v.on('@value')}"]],
                "return @acc",
            ],
            [
                "@acc = 0",
                "for @key in @table:",
                ["@value = @table[@key]", f"if {t.on('@value')}:", [f"@acc += {v.on('@value')}"]],
                "return @acc",
            ],
        ),
        (t.id, v.id),
        number=True,
    )


@family
def sum_by_key(rng):
    t, k = word_test(rng), rng.randint(1, 5)
    return Sketch(
        f"Add up the values of @table whose key {t.says}, and {k} for each other key.",
        ("sum_by_key", "total_by_key", "key_total"),
        TABLE,
        (
            [
                "@acc = 0",
                "for @key, @value in @table.items():",
                [t.branch("@key", ["@acc += @value"], [f"@acc += {k}"])],
                "return @acc",
            ],
        ),
        (t.id,),
        number=True,
    )


@family
def keys_where(rng):
    t, v = number_test(rng), word_value(rng)
    return Sketch(
        f"List {v.says('k')} for each key k of @table whose value {t.says}.",
        ("keys_where", "names_with", "list_keys"),
        TABLE,
        (
            [
                "@out = []",
                "for @key, @value in @table.items():",
                [f"if {t.on('@value')}:", [f"@out.append({v.on('@key')})"]],
                "return @out",
            ],
            [
                "@out = []",
                "for @key in @table:",
                [f"if {t.on('@table[@key]')}:", [f"@out.append({v.on('@key')})"]],
                "return @out",
            ],
        ),
        (t.id, v.id),
    )


@family
def best_key(rng):
    t, k = word_test(rng), rng.randint(-3, 3)
    says, sign, role = rng.choice([("largest", ">", "@best"), ("smallest", "<", "@least")])
    return Sketch(
        f"Return the key of @table with the {says} value, from {k}, among keys that {t.says.replace('is ', 'are ')}.",
        ("best_key", "key_with", "leading_key"),
        TABLE,
        (
            [
                (f"{role} = {k}", "@out = ''"),
                "for @key, @value in @table.items():",
                [f"if {t.on('@key')} and @value {sign} {role}:", [(f"{role} = @value", "@out = @key")]],
                "return @out",
            ],
        ),
        (t.id, says),
    )


@family
def look_up(rng):
    v, d = number_value(rng), rng.randint(-2, 5)
    return Sketch(
        f"List {v.says()} where x is the value in @table of each of @words, or {d} if there is none.",
        ("look_up", "values_for", "fetch_all"),
        (("words", "words"), ("table", "table")),
        (
            [
                "@out = []",
                "for @word in @words:",
                [
                    If(
                        "@word in @table",
                        "@word not in @table",
                        ["@acc = @table[@word]", f"@out.append({v.on('@acc')})"],
                        [f"@out.append({d})"],
                    )
                ],
                "return @out",
            ],
        ),
        (v.id,),
    )


@family
def total_of_keys(rng):
    t, d = word_test(rng), rng.randint(0, 5)
    return Sketch(
        f"Add up the values in @table, or {d} if there is none, for each w in @words that {t.says}.",
        ("total_of_keys", "bill", "add_for_words"),
        (("words", "words"), ("table", "table")),
        (
            [
                "@acc = 0",
                "for @word in @words:",
                [f"if {t.on('@word')}:", [f"@acc += @table.get(@word, {d})"]],
                "return @acc",
            ],
        ),
        (t.id,),
        number=True,
    )


@family
def merge_tables(rng):
    v = number_value(rng)
    return Sketch(
        f"Copy @table1 and add {v.says()} for each entry x of @table2 to the value of the same key.",
        ("merge_tables", "add_tables", "combine_tables"),
        (("table1", "table"), ("table2", "table")),
        (
            [
                "@made = dict(@table1)",
                "for @key, @value in @table2.items():",
                [f"@made[@key] = @made.get(@key, 0) + {v.on('@value')}"],
                "return @made",
            ],
            [
                "@made = dict(@table1)",
                "for @key, @value in @table2.items():",
                [
                    If(
                        "@key in @made",
                        "@key not in @made",
                        [f"@made[@key] += {v.on('@value')}"],
                        [f"@made[@key] = {v.on('@value')}"],
                    )
                ],
                "return @made",
            ],
        ),
        (v.id,),
    )


@family
def split_table(rng):
    t = number_test(rng)
    return Sketch(
        f"Return the keys of @table whose value {t.says}, and the other keys.",
        ("split_table", "two_key_lists", "divide_keys"),
        TABLE,
        (
            [
                ("@out = []", "@rest = []"),
                "for @key, @value in @table.items():",
                [t.branch("@value", ["@out.append(@key)"], ["@rest.append(@key)"])],
                "return @out, @rest",
            ],
        ),
        (t.id,),
    )


@family
def two_table_sums(rng):
    t, v = word_test(rng), number_value(rng)
    return Sketch(
        f"Return the sum of {v.says()} for each value x of @table whose key {t.says}, and the sum of the other values.",
        ("two_table_sums", "key_sums", "sums_by_key"),
        TABLE,
        (
            [
                ("@acc = 0", "@other = 0"),
                "for @key, @value in @table.items():",
                [t.branch("@key", [f"@acc += {v.on('@value')}"], ["@other += @value"])],
                "return @acc, @other",
            ],
        ),
        (t.id, v.id),
    )
