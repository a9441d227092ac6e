"""Exercises of notebooks 03 and 04: the terms of the loss, and where a model looks."""

import numpy as np

from procure_kit.views.figures import by_token
from procure_kit.views.lessons.exercise import BUILD, INVESTIGATE, PREDICT, Exercise, Wrong, numbers

CLOSE = 5e-4


def changed_tokens(answer) -> str:
    """Tokens 'return', ' total', '+', ' qw', 'xyz' with the span of `qwxyz` changed."""
    given = [bool(mark) for mark in numbers(answer, 5)]
    return "" if given == [False, False, False, True, True] else "a token is in M when it overlaps the changed span"


def weights(answer, T, M, lam: float, tokens: list[str]) -> str:
    """Of each token in L_NLL + λ · L_mask; T and M are its sets, as booleans (N,)."""
    given, (T, M) = _array(answer), (_array(part).astype(bool) for part in (T, M))
    if given.shape != T.shape:
        raise Wrong(f"{T.size} numbers are asked for, one a token, not an array of shape {given.shape}")
    far = np.flatnonzero(np.abs(given - _weights(T, M, lam)) > 1e-5)
    if not len(far):
        return ""
    token = int(far[0])
    kind = "in M" if M[token] else "in T alone" if T[token] else "in the prompt"
    return f"{len(far)} weights are others, first that of token {token}, which is {kind}"


def _array(values) -> np.ndarray:
    return np.asarray(values.cpu() if hasattr(values, "cpu") else values, dtype=float)


def _weights(T: np.ndarray, M: np.ndarray, lam: float) -> np.ndarray:
    return T / T.sum() + lam * M / max(M.sum(), 1)


def rings(answer, T, M, lam: float, tokens: list[str]):
    """Bars of the answer, rings where they should end."""
    T, M = (_array(part).astype(bool) for part in (T, M))
    values = {"yours": _array(answer)[T].tolist(), "asked for": _weights(T, M, lam)[T].tolist()}
    shown = [token for token, chosen in zip(tokens, T, strict=True) if chosen]
    return by_token(shown, values, M[T].tolist(), "Each ring should stand on its bar", "weight")


def where_it_looks(answer, shares, tokens: list[str]) -> str:
    """Which of the tokens gives the altered ones most; shares (N,)."""
    shares = [float(share) for share in shares]
    number = int(answer)
    if not 0 <= number < len(shares):
        return f"tokens are numbered from 0 to {len(shares) - 1}"
    return "" if shares[number] == max(shares) else f"token {number} gives {shares[number]:.3f}, and one gives more"


def chosen_token(answer, shares, tokens: list[str]):
    """The shares, with the answer's in another colour."""
    chosen = [number == int(answer) for number in range(len(tokens))]
    values = {"mass on M": [float(share) for share in shares]}
    return by_token(tokens, values, chosen, "Is the orange bar the highest?", "mass on M")


def mass_of_a_row(answer) -> str:
    """[0.5, 0.3, 0.2], of which the middle token is changed."""
    return "" if abs(float(answer) - 0.3) < CLOSE else "only what the row gives to changed tokens counts"


def merged_map(answer) -> str:
    """[[1, 0, 0], [.6, .4, 0], [.2, .3, .5]] with the first two tokens merged."""
    try:
        given = np.array(answer, dtype=float)
    except (TypeError, ValueError):
        raise Wrong("two rows of two numbers are asked for") from None
    if given.shape != (2, 2):
        return f"two units make a map of two rows and two columns, not one of shape {given.shape}"
    if np.abs(given.sum(1) - 1).max() > CLOSE:
        return "a row of it does not sum to one: columns are added, rows averaged"
    return "" if np.abs(given - [[1, 0], [0.5, 0.5]]).max() < CLOSE else "average the rows of the merged token"


def the_head_that_gains_most(answer, pair) -> str:
    """By the mass of the counterfactual minus that of the original."""
    gain = pair.sides[1].mass - pair.sides[0].mass
    try:
        layer, head = (int(number) for number in answer)
    except (TypeError, ValueError):
        raise Wrong("(layer, head) is asked for, such as (0, 3)") from None
    if not (0 <= layer < gain.shape[0] and 0 <= head < gain.shape[1]):
        return f"there are {gain.shape[0]} layers and {gain.shape[1]} heads, counted from 0"
    if gain[layer, head] == gain.max():
        return ""
    return f"layer {layer}, head {head} gains {gain[layer, head]:+.3f}, and one gains more"


def chosen_head(answer, pair):
    """The masses of all heads, with a ring around the answer's."""
    ring = {"symbol": "circle-open", "size": 16, "color": "#000000", "line": {"width": 3}}
    figure = pair.mass_figure()
    return figure.add_scatter(x=[answer[1]], y=[answer[0]], mode="markers", marker=ring, name="yours", row=1, col=3)


EXERCISES = (
    Exercise("changed tokens", "03", PREDICT, 1, 3, "five booleans", changed_tokens),
    Exercise("weights", "03", BUILD, 2, 8, "a number for each token", weights, rings),
    Exercise("where it looks", "03", INVESTIGATE, 1, 4, "the number of a token", where_it_looks, chosen_token),
    Exercise("mass of a row", "04", PREDICT, 1, 2, "a number", mass_of_a_row),
    Exercise("merged map", "04", BUILD, 2, 5, "two rows of two numbers", merged_map),
    Exercise("the head that gains most", "04", INVESTIGATE, 2, 6, "two numbers", the_head_that_gains_most, chosen_head),
)
