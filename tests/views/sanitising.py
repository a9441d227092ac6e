"""What JupyterLab leaves of the HTML of a notebook that it does not trust.

The rule is the installed Lab's own, from its bundle: packages/apputils/src/sanitizer.ts gives sanitize-html a list of
tags and of attributes by tag. A tag that is not listed goes and what is inside it stays, except of `nonTextTags`
(sanitize-html's default), which go whole. Sources of images are not among the attributes whose scheme is checked.
"""

import re
import sys
from functools import cache
from html import escape
from html.parser import HTMLParser
from pathlib import Path

WHOLE = ("script", "style", "textarea", "option")
EMPTY = ("img", "br", "hr", "input", "wbr", "col")


@cache
def rule() -> tuple[set[str], set[str], set[str]]:
    """The tags that stay, the attributes of any tag that stay, and those of <img>."""
    static = Path(sys.prefix, "share", "jupyter", "lab", "static")
    (bundle,) = (text for path in static.glob("*.js") if 'allowedTags:["a","abbr"' in (text := path.read_text("utf-8")))
    tags, anywhere = re.search(r'allowedTags:\[("a",.*?)\],allowedAttributes:\{"\*":\[(.*?)\]', bundle).groups()
    (image,) = re.findall(r'[,{]img:\[("align",.*?)\],input:', bundle)
    assert 'allowedSchemesAppliedToAttributes:["href","cite"]' in bundle, "Lab now checks the sources of images too"
    return tuple(set(re.findall(r'"([^"]+)"', part)) for part in (tags, anywhere, image))


def sanitised(html: str) -> str:
    parser = _Sanitiser()
    parser.feed(html)
    parser.close()
    return "".join(parser.kept)


class _Sanitiser(HTMLParser):
    CDATA_CONTENT_ELEMENTS = ("script", "style")  # sanitize-html reads what is in <noscript> as elements

    def __init__(self):
        super().__init__()
        self.kept, self.inside = [], 0

    def handle_starttag(self, tag, attributes):
        tags, anywhere, image = rule()
        if tag in WHOLE and tag not in tags:
            self.inside += 1
        elif tag in tags and not self.inside:
            stay = anywhere | (image if tag == "img" else set())
            kept = "".join(f' {name}="{escape(value or "")}"' for name, value in attributes if name in stay)
            self.kept.append(f"<{tag}{kept}>")

    def handle_endtag(self, tag):
        tags, *_ = rule()
        if tag in WHOLE and tag not in tags:
            self.inside -= bool(self.inside)
        elif tag in tags and tag not in EMPTY and not self.inside:
            self.kept.append(f"</{tag}>")

    def handle_data(self, data):
        if not self.inside:
            self.kept.append(escape(data, quote=False))
