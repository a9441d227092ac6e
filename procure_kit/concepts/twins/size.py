"""How large an edit is: a twin should be no easier to tell by its size than its counterfactual."""

import difflib
import io
import tokenize

_LAYOUT = (tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT, tokenize.COMMENT, tokenize.ENDMARKER)


def tokens_changed(original: str, other: str) -> int:
    """The Python tokens, without layout and comments, that an alignment of the two programs (difflib's) does not match:
    of each stretch that differs the longer side counts.

    Raises: SyntaxError or tokenize.TokenError for a program that has no tokens.
    """
    matcher = difflib.SequenceMatcher(None, _tokens(original), _tokens(other), autojunk=False)
    return sum(max(b - a, d - c) for tag, a, b, c, d in matcher.get_opcodes() if tag != "equal")


def _tokens(program: str) -> list[str]:
    found = tokenize.generate_tokens(io.StringIO(program).readline)
    return [token.string for token in found if token.type not in _LAYOUT]
