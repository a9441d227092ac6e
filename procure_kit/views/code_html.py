"""Code as HTML with marked spans. Everything shown is escaped; marks survive where styles are stripped (<ins>, <b>)."""

import difflib
import re
from collections.abc import Iterable
from html import escape
from itertools import accumulate

from procure_kit.analysis.source_tree import short
from procure_kit.problems.counterfactual import Counterfactual, Site, Span
from procure_kit.views.code_view import CodeView

MARK = "background:#ffe08a;color:#1a1a1a;text-decoration:none;border-radius:2px"
FADED = "opacity:.7"  # of the page's own ink, which can be read on light paper and on dark
PRE = "margin:0;padding:.5em;font:13px/1.45 monospace;text-align:left;white-space:pre-wrap;word-break:normal"


def mark_spans(source: str, spans: Iterable[Span]) -> str:
    """Escape the source and mark each character span, line by line, without the indentation."""
    html, position = [], 0
    for start, end in sorted(spans):
        html.append(escape(source[position:start]))
        html += [
            f'{blank}<ins style="{MARK}">{escape(text)}</ins>{rest}' if text else blank + rest
            for blank, text, rest in re.findall(r"([ \t]*)([^\n]*?)(\s*\n|\s*$)", source[start:end])
        ]
        position = end
    return "".join(html) + escape(source[position:])


def show_pair(cf: Counterfactual) -> CodeView:
    """The original and the counterfactual side by side, changed spans marked; as text, a unified diff.

    A row from elsewhere may not say what was changed: then the tokens that differ are marked.
    """
    spans = (cf.changed_original, cf.changed) if cf.changed or cf.changed_original else _different(cf)
    sides = (cf.original, spans[0]), (cf.counterfactual, spans[1])
    column = '<td style="vertical-align:top;text-align:left;width:50%">'
    cells = "".join(f'{column}<pre style="{PRE}">{mark_spans(source, spans)}</pre></td>' for source, spans in sides)
    titles = "original", f"counterfactual: {cf.concept}, {cf.soundness}"
    head = "".join(f'<th style="text-align:left">{escape(title)}</th>' for title in titles)
    lines = (source.splitlines(keepends=True) for source, _ in sides)
    diff = difflib.unified_diff(*lines, fromfile="original", tofile=f"counterfactual ({cf.concept})")
    return CodeView(f'<table style="width:100%"><tr>{head}</tr><tr>{cells}</tr></table>', "".join(diff))


def _different(cf: Counterfactual) -> tuple[list[Span], list[Span]]:
    """The tokens in which the programs differ, in each of them."""
    tokens = [re.findall(r"\w+|\s+|[^\w\s]+", text) for text in (cf.original, cf.counterfactual)]
    places = [list(accumulate(map(len, side), initial=0)) for side in tokens]
    found = difflib.SequenceMatcher(None, *tokens, autojunk=False).get_opcodes()
    changed = [codes for codes in found if codes[0] != "equal"]
    return (
        [(places[0][a], places[0][b]) for _, a, b, _, _ in changed if b > a],
        [(places[1][c], places[1][d]) for _, _, _, c, d in changed if d > c],
    )


def show_text(text: str) -> CodeView:
    """A text as it stands; lines that are too long for the page are broken between words."""
    return CodeView(f'<pre style="{PRE}">{escape(text)}</pre>', text)


def sentence_html(text: str) -> str:
    """A sentence of the kit's, escaped: what stands between backquotes in it is code."""
    return re.sub(r"`([^`]*)`", r"<code>\1</code>", escape(text))


def show_sites(sites: Iterable[Site]) -> CodeView:
    """A table of sites: concept, number, line, what it is, and why it was refused or how sound it is."""
    rows = [
        (s.concept, s.index, s.line, short(s.label, 90), s.soundness if s.refused is None else f"refused: {s.refused}")
        for s in sites
    ]
    head = ("concept", "site", "line", "what", "soundness")
    html = "".join(
        "<tr>"
        + "".join(f'<t{tag} style="text-align:left">{sentence_html(str(cell))}</t{tag}>' for cell in row)
        + "</tr>"
        for tag, row in [("h", head), *(("d", row) for row in rows)]
    )
    text = "\n".join(" | ".join(map(str, row)) for row in [head, *rows])
    return CodeView(f"<table>{html}</table>", text)


def show_tokens(
    tokens: list[str], marked: list[bool], faded: list[bool], values: list[float] | None = None
) -> CodeView:
    """Tokens as they stand in the text: `marked` ones highlighted, `faded` ones (the prompt) grey.

    values: a number from 0 up for each token, shown when the pointer rests on it; the larger, the redder the token,
    and `marked` ones are underlined instead of highlighted. As text, marked tokens stand in brackets.
    """
    html, text = [], []
    most = max((v for v, grey in zip(values or (), faded, strict=False) if not grey), default=0) or 1
    for index, (token, is_marked, is_faded) in enumerate(zip(tokens, marked, faded, strict=True)):
        style, title = MARK if is_marked else FADED if is_faded else "", repr(token)
        if values and not is_faded:
            style = "text-decoration:underline 2px;" if is_marked else ""
            if values[index] > most / 50:  # the rest stays on the page's own ground, which may be dark
                style += f"background:{_shade(values[index] / most)};color:#1a1a1a"
            title += f": {values[index]:.4g}"
        tag = "ins" if is_marked else "span"
        html.append(f'<{tag} style="{style}" title="{escape(title)}">{escape(token)}</{tag}>')
        text.append(f"[{token}]" if is_marked else token)
    return CodeView(f'<pre style="{PRE}">{"".join(html)}</pre>', "".join(text))


def show_example(tokenizer, example: dict) -> CodeView:
    """A training example as the loss sees it: the prompt grey, the tokens that M holds marked (see `show_tokens`)."""
    pieces, marked, faded, held = [], [], [], []
    for i, token in enumerate(example["input_ids"]):
        held.append(token)
        piece = tokenizer.decode(held)
        if "\ufffd" in piece and i + 1 < len(example["input_ids"]) and len(held) < 4:
            continue  # a character whose bytes are spread over several tokens
        pieces.append(piece)
        marked.append(bool(example["changed"][i]))
        faded.append(example["labels"][i] == -100)
        held = []
    return show_tokens(pieces, marked, faded)


def _shade(share: float) -> str:
    """From white to a red on which black text can be read."""
    return "#{:02x}{:02x}{:02x}".format(*(round(255 - share * (255 - part)) for part in (244, 137, 95)))
