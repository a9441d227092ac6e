"""Hundreds of natural names by role, thousands of others, and made-up words, most of them several tokens long."""

from procure_kit.world.habits import Habits

ROLES = {
    "items": "numbers values nums items data scores prices amounts readings heights ages counts weights points sizes "
    "costs marks levels steps samples grades ranks temperatures distances lengths bids votes hours days seconds",
    "item": "number value num item x score price amount reading height age weight point size cost v mark level n step "
    "sample grade rank entry element distance bid vote hour day second",
    "words": "words names tokens strings texts parts labels keys terms tags titles cities animals fruits colors "
    "entries lines phrases users files codes countries brands",
    "word": "word name token string part label term tag title city animal fruit color entry line phrase w s user file "
    "code country brand",
    "text": "text string sentence s message phrase line content source paragraph note title document letters word",
    "char": "char letter c ch character symbol sign mark glyph",
    "n": "n number num value x limit size count m top bound k amount stop",
    "i": "i index j k position idx pos number step current",
    "acc": "total result acc answer summed running_total amount sum_so_far subtotal outcome tally balance accumulated "
    "final_value grand_total overall combined",
    "count": "count counter matches hits found how_many occurrences tally number_found num_matches seen_count times "
    "frequency quantity",
    "other": "others rest remaining rejected misses leftover unmatched remainder other_count second_total losses "
    "failures outside excluded",
    "out": "result output kept selected out collected answer filtered chosen matching new_items picked accepted built "
    "gathered outcome",
    "rest": "rest others remaining dropped rejected skipped unmatched leftover second_part excluded removed tail_items",
    "best": "best largest highest biggest maximum top_value winner longest record leader greatest max_value",
    "least": "smallest lowest least minimum bottom worst shortest min_value tiniest floor_value",
    "table": "table counts mapping prices scores stock lookup ages totals inventory weights grades registry points "
    "records balances index",
    "made": "result counts groups mapping output lookup index table summary grouped by_key collected frequencies "
    "registry built answer",
    "key": "key name word label k item field entry title product",
    "value": "value count amount score price v number quantity points total",
    "limit": "limit threshold cutoff bound maximum ceiling max_allowed border barrier margin",
    "bound": "limit threshold cutoff bound step size base target minimum boundary factor unit mark barrier level width",
    "previous": "previous last before prior earlier prev last_seen old preceding former",
    "current": "current run streak now length_now run_length present series chain stretch",
    "first": "first left a x start lower begin front one base",
    "second": "second right b y end upper finish back two other",
    "position": "position index place spot where found_at location offset at slot",
    "flag": "found ok seen valid done matched flag success present is_good keep inside active",
    "letter": "letter char target symbol wanted needle mark sought",
    "row": "row line record values group series",
    "rows": "rows matrix grid table lines records board data",
    "digits": "digits text characters as_text numerals figures",
    "digit": "digit d figure numeral character ch",
    "step": "step factor k times jump rate stride every",
    "size": "size length width n count total_items how_long extent",
}
PLAIN = (
    "anchor apple arrow badge basket beacon bottle branch bridge bucket button cabin camera candle canvas carpet "
    "castle cellar chapter circle clock cloud copper corner cotton cradle crystal curtain desert diamond dinner "
    "doctor donkey dragon drawer eagle engine fabric falcon feather fence finger flame flower forest fossil "
    "fountain garden garlic ghost glacier guitar hammer harbor helmet hollow honey island jacket jungle kettle "
    "kitten ladder lantern leather lemon lizard magnet marble market meadow mirror monkey needle noodle oak ocean "
    "onion orange orchid oven oyster paddle palace panda paper parrot pebble pencil pepper piano picnic pillow "
    "pilot pirate planet plaza pocket poem potato powder puzzle quarry rabbit radar raven ribbon river rocket "
    "saddle salad salmon satin school shadow shelf silver sketch spider spoon station statue storm stream summit "
    "sunset table temple thunder ticket timber tower train tunnel turtle umbrella valley velvet violin walnut wagon "
    "window winter wizard zebra"
)
QUALITIES = "big old new red cold fast dark soft last main raw odd tiny wild blue plain early inner local spare"
RESERVED = (
    "abs all any bool dict enumerate float for if in input int is len list max min not or ord range reversed set "
    "sorted str sum tuple zip next map filter"
)


def local_name(role: str, rng, habits: Habits) -> str:
    """A name for a local variable: its role's with the habit's strength, otherwise anything."""
    if rng.random() < habits.role_names:
        return role_name(role, rng)
    if rng.random() < habits.strange_names:
        return made_up(rng)
    noun = rng.choice(PLAIN.split())
    shape = rng.random()
    if shape < 0.5:
        return noun
    return f"{rng.choice(QUALITIES.split())}_{noun}" if shape < 0.8 else rng.choice("abcdefghpqrstuvwz")


def role_name(role: str, rng) -> str:
    return rng.choice(ROLES[role.rstrip("0123456789")].split())


def made_up(rng) -> str:
    """Four to six letters that are no word."""
    return "".join(rng.choice("abcdefghijklmnopqrstuvwxyz") for _ in range(rng.randint(4, 6)))
