"""One page to print and hand out: the six concepts, each with a program before and after, and one that is refused."""

from html import escape

from procure_kit.concepts.perturbation import find_sites, perturb
from procure_kit.concepts.table import DEFAULT_CONCEPTS
from procure_kit.views.code_html import mark_spans, sentence_html

ASKS = {  # what a concept changes, and the idea of programming that it asks after
    "if_else_flip": "The test is turned into its opposite and the two bodies change places. *Which branch runs?*",
    "independent_swap": "Two neighbours that do not need each other change places. *What does the order matter for?*",
    "def_use_break": "A variable's second life gets a name of its own. *Where does a value come from?*",
    "variable_name_random": "Variables get names that say nothing. *Does it read the code, or the names?*",
    "variable_name_shuffle": "Names change places among the variables. *Is a name what it says?*",
    "data_type": "A value is written in another form that nothing can tell apart. *What is asked of a value?*",
}
EXAMPLES = {  # a program that is rewritten, and one that is refused
    "if_else_flip": (
        "def fare(age: int):\n    if age < 7:\n        price = 0\n    else:\n        price = 120\n    return price\n",
        "def fare(age: int):\n    price = 120\n    if age < 7:\n        price = 0\n    return price\n",
    ),
    "independent_swap": (
        "def area(box):\n    wide = box[0]\n    high = box[1]\n    return wide * high\n",
        "def area(wide):\n    high = wide + 2\n    size = wide * high\n    return size\n",
    ),
    "def_use_break": (
        "def marks(a, b):\n    x = a + 1\n    first = x * 2\n    x = b + 1\n    return first - x\n",
        "def marks(a, b):\n    x = a\n    if b:\n        x = b\n    return x\n",
    ),
    "variable_name_random": (
        "def half(values):\n    total = sum(values)\n    return total / 2\n",
        "def half(values):\n    total = sum(values)\n    return locals()['total']\n",
    ),
    "variable_name_shuffle": (
        "def span(values):\n    low = min(values)\n    high = max(values)\n    return high - low\n",
        "def span(values):\n    low = min(values)\n    return max(values) - low\n",
    ),
    "data_type": (
        "def vowel(text):\n    known = ['a', 'e']\n    return text in known\n",
        "def vowel(text):\n    found = [text]\n    found.append(1)\n    return found\n",
    ),
}
STYLE = """
@page{size:A4;margin:11mm}
*{box-sizing:border-box}
body{font:9.3pt/1.35 "DejaVu Sans",Helvetica,Arial,sans-serif;color:#1a1a1a;background:white}
body{max-width:188mm;margin:auto}
h1{font-size:15pt;margin:0}h2{font-size:10.5pt;margin:0}p{margin:.4em 0}
.concepts{display:grid;grid-template-columns:1fr 1fr;gap:3mm 5mm}
section{border-top:.4mm solid #0b62a4;padding-top:1.2mm;break-inside:avoid}
.both{display:flex;gap:2mm}.both pre{flex:1 1 0}
pre{font:7.6pt/1.32 "DejaVu Sans Mono",Menlo,monospace;margin:.6mm 0;padding:1mm}
pre{background:#f6f8fa;white-space:pre-wrap}
ins{text-decoration:none;background:#ffe08a;border-bottom:.3mm solid #8a4b00}
.no{color:#8a2b00}small{color:#444}
@media screen{body{padding:8mm 4mm}}@media (max-width:600px){.concepts{grid-template-columns:1fr}}"""


def handout() -> str:
    """The page as HTML: what each concept does to a program is what the rules do, and a refusal is the kit's own."""
    parts = "".join(_section(concept) for concept in DEFAULT_CONCEPTS)
    return (
        '<!doctype html><html lang="en"><meta charset="utf-8"><title>Six ways to rewrite a program</title>'
        f'<meta name="viewport" content="width=device-width"><style>{STYLE}</style>'
        "<h1>Six ways to rewrite a program</h1><p>Each program on the right does what the one on the left does: it is "
        "its <b>counterfactual</b>. Does a model that can finish the one finish the other as well? Below each pair is "
        "a program that is <b>refused</b>, with the reason: what would have to be known to rewrite it safely.</p>"
        f'<div class="concepts">{parts}</div>'
        "<p><small>syntactic: the two behave alike for every input. tested: as far as tests tell. "
        "The concepts are those of ProCURE (arXiv 2508.12620) and CACP (arXiv 2402.05980); data_type is ours. "
        "Made by <code>procure classroom</code>.</small></p></html>\n"
    )


def _section(concept: str) -> str:
    accepted, refused = EXAMPLES[concept]
    cf = perturb(accepted, concept, seed=0)
    reason = next(site.refused for site in find_sites(refused, [concept]) if site.refused)
    asks = escape(ASKS[concept]).split("*")
    marked = [
        mark_spans(text, spans) for text, spans in ((accepted, cf.changed_original), (cf.counterfactual, cf.changed))
    ]
    return (
        f"<section><h2>{escape(concept)} <small>({cf.soundness})</small></h2><p>{asks[0]}<i>{asks[1]}</i></p>"
        f'<div class="both"><pre>{marked[0].rstrip()}</pre><pre>{marked[1].rstrip()}</pre></div>'
        f'<pre>{escape(refused.rstrip())}</pre><p class="no">refused: {sentence_html(reason)}</p></section>'
    )
