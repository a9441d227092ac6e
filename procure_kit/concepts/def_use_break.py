"""Def-Use Break (CACP, data flow): a variable's second definition and the uses it reaches get a name of their own.

x = first()           x = first()
use(x)           →    use(x)
x = second()          hwrpe = second()
use(x)                use(hwrpe)
"""

from collections.abc import Iterator
from functools import partial
from random import Random

from procure_kit.analysis.analysis import Analysis
from procure_kit.analysis.inference import PLAIN, definition_kind
from procure_kit.analysis.scopes import BINDING, Occurrence, Variable
from procure_kit.concepts.candidate import Candidate
from procure_kit.concepts.renaming import VARIABLE, fresh_names, kept, not_plain, places, rename, stays
from procure_kit.problems.counterfactual import Edit, Span


def find(analysis: Analysis, mode: str) -> Iterator[Candidate]:
    """Strict: every variable of a function that is defined twice. Procure: every variable, renamed whole."""
    for scope in analysis.scopes.all:
        if scope.kind == "function":
            for variable in scope.variables.values():
                yield from (_whole if mode == "procure" else _second)(analysis, variable)


def _second(analysis: Analysis, variable: Variable) -> Iterator[Candidate]:
    definitions = sorted((o for o in variable.occurrences if o.kind in BINDING - {"delete"}), key=lambda o: o.span)
    if len(definitions) < 2:
        return
    web = second_web(analysis, variable)
    at = next((o for o in definitions if o in web), definitions[1])
    label = f"{variable.name}, from line {analysis.tree.line(at.span[0])}"
    refused = _refuse(analysis, variable, web, at)
    if refused:
        yield Candidate(at.span, label, refused=refused)
    else:
        sure = _nothing_lives_longer(analysis, variable, set(web)) and not analysis.onlookers.doubt(variable.scope)
        spans = [occurrence.span for occurrence in web]
        yield Candidate(at.span, label, partial(_rewrite, analysis, spans), soundness="syntactic" if sure else "tested")


def second_web(analysis: Analysis, variable: Variable) -> list[Occurrence]:
    """The second definition with all that must be renamed with it. Definitions that share a use, as the two branches
    of an `if` or the rounds of a loop may, count as one. Empty when there is no second."""
    webs = analysis.flow(variable.scope).webs(variable)
    return webs[1] if len(webs) > 1 else []


def is_used(web: list[Occurrence]) -> bool:
    """Whether something uses a definition: one that nothing uses may be there to let the old value go."""
    return any(occurrence.kind in ("load", "update") for occurrence in web)


def _refuse(analysis: Analysis, variable: Variable, web: list[Occurrence], at: Occurrence) -> str | None:
    name = variable.name
    if not analysis.flow(variable.scope).covers(variable):
        return f"`{name}` is also used in a function, class, generator or annotation inside, which may run at any time"
    if not web:
        return _shared(analysis, variable)
    line = analysis.tree.line(at.span[0])
    if name.startswith("__"):
        return f"`{name}` begins with two underscores, and may mean another name in a class"
    if odd := {o.kind for o in web} - VARIABLE:
        return not_plain(analysis, web, odd)
    unused = None if is_used(web) else f"nothing uses what `{name}` is given on line {line}"
    return kept(analysis, variable) or analysis.reader(variable.scope) or unused


def _shared(analysis: Analysis, variable: Variable) -> str:
    """Why all definitions of a variable need one name: the first use that may see two of them."""
    name, flow = variable.name, analysis.flow(variable.scope)
    uses = sorted((o for o in variable.occurrences if o.kind in ("load", "update")), key=lambda o: (o.kind, o.span))
    for use in uses:
        line = analysis.tree.line(use.span[0])
        if use.kind == "update":
            return f"line {line} reads `{name}` and changes it in one step, so that one name has to stand for both"
        given = sorted({analysis.tree.line(o.span[0]) for o in flow.reaching(use)[0] if o.kind != "delete"})
        if len(given) > 1:
            either = f"on line {given[0]} or on line {given[1]}"
            return f"line {line} may see what `{name}` is given {either}, so that one name has to stand for both"
    return f"every use of `{name}` may see its first definition as well as another"


def _nothing_lives_longer(analysis: Analysis, variable: Variable, web: set[Occurrence]) -> bool:
    """With two names, what the other definition replaced lives on to the end of the function: a file, say, stays
    open. That cannot be seen when every such value is a number, a string or None."""
    flow = analysis.flow(variable.scope)
    for definition in (o for o in variable.occurrences if o.kind in BINDING):
        replaced = {o for o in flow.reaching(definition)[0] if (o in web) != (definition in web)}
        if any(definition_kind(analysis, o) not in PLAIN for o in replaced):
            return False
    return True


def _whole(analysis: Analysis, variable: Variable) -> Iterator[Candidate]:
    """The authors' data: the whole variable gets a random name, mostly a parameter."""
    is_parameter = "parameter" in variable.kinds
    refused = analysis.reader(variable.scope)
    refused = refused or stays(analysis, variable, "procure")
    first = min(o.span for o in variable.occurrences)
    rewrite = None if refused else partial(_rewrite, analysis, places(analysis, variable))
    sure = "tested" if is_parameter or analysis.onlookers.doubt(variable.scope) else "syntactic"
    yield Candidate(first, variable.name, rewrite, refused, sure)


def _rewrite(analysis: Analysis, spans: list[Span], rng: Random) -> list[Edit]:
    return rename(spans, fresh_names(analysis, rng, 1)[0])
