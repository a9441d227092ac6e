"""Exercises of notebooks 03 and 04: the terms of the loss, and where a model looks."""

import numpy as np

from procure_kit.views.lessons.exercise import BUILD, INVESTIGATE, PREDICT, Exercise, Wrong, numbers

CLOSE = 5e-4


def changed_tokens(answer) -> str:
    """Tokens 'return', ' total', '+', ' qw', 'xyz' with the span of `qwxyz` changed."""
    given = [bool(mark) for mark in numbers(answer, 5)]
    return "" if given == [False, False, False, True, True] else "a token is in M when it overlaps the changed span"


def weights(answer, T, M, lam: float) -> str:
    """Of each token in L_NLL + λ · L_mask; T and M are its sets, as booleans (N,)."""
    T, M = (np.asarray(part.cpu() if hasattr(part, "cpu") else part, dtype=bool) for part in (T, M))
    given = np.asarray(answer.cpu() if hasattr(answer, "cpu") else answer, dtype=float)
    if given.shape != T.shape:
        raise Wrong(f"{T.size} numbers are asked for, one a token, not an array of shape {given.shape}")
    expected = T / T.sum() + lam * M / max(M.sum(), 1)
    far = np.flatnonzero(np.abs(given - expected) > 1e-5)
    if not len(far):
        return ""
    token = int(far[0])
    kind = "in M" if M[token] else "in T alone" if T[token] else "in the prompt"
    return f"{len(far)} weights are others, first that of token {token}, which is {kind}"


def where_it_looks(answer, shares) -> str:
    """Which of the tokens gives the altered ones most; shares (N,)."""
    shares = [float(share) for share in shares]
    number = int(answer)
    if not 0 <= number < len(shares):
        return f"tokens are numbered from 0 to {len(shares) - 1}"
    return "" if shares[number] == max(shares) else f"token {number} gives {shares[number]:.3f}, and one gives more"


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


EXERCISES = (
    Exercise("changed tokens", "03", PREDICT, 1, 3, "five booleans", changed_tokens),
    Exercise("weights", "03", BUILD, 2, 8, "a number for each token", weights),
    Exercise("where it looks", "03", INVESTIGATE, 1, 4, "the number of a token", where_it_looks),
    Exercise("mass of a row", "04", PREDICT, 1, 2, "a number", mass_of_a_row),
    Exercise("merged map", "04", BUILD, 2, 5, "two rows of two numbers", merged_map),
    Exercise("the head that gains most", "04", INVESTIGATE, 2, 6, "a layer and a head", the_head_that_gains_most),
)
