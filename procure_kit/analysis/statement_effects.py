"""What a statement can do besides giving values to its names."""

import libcst as cst

from procure_kit.analysis.analysis import Analysis
from procure_kit.analysis.effects import ACTS, INERT, READS, Effect, effect_of, target_effect, using_up, worst
from procure_kit.analysis.inert_operators import arithmetic_is_inert
from procure_kit.analysis.inference import PLAIN, definition_kind, kind
from procure_kit.analysis.scopes import Occurrence


def statement_effect(analysis: Analysis, statement: cst.BaseSmallStatement) -> Effect:
    """What an assignment or an expression statement can do, besides giving values to its names."""
    match statement:
        case cst.Expr():
            return effect_of(analysis, statement.value)
        case cst.Assign():
            targets = [target.target for target in statement.targets]
            unpacked = [target for target in targets if not _unpacks_safely(target, statement.value)]
            return worst(
                [effect_of(analysis, statement.value), Effect(READS if unpacked else INERT)]
                + [using_up(analysis, statement.value)] * bool(unpacked)
                + [target_effect(analysis, target) for target in targets]
            )
        case cst.AnnAssign():
            # Only a call in the annotation could act, and only outside functions is it evaluated at all.
            annotation = effect_of(analysis, statement.annotation.annotation)
            parts = [effect_of(analysis, statement.value), target_effect(analysis, statement.target)]
            return worst(parts + [annotation] * (annotation.level == ACTS))
        case cst.AugAssign():
            return _update_effect(analysis, statement)


def _unpacks_safely(target: cst.CSTNode, value: cst.CSTNode) -> bool:
    if not isinstance(target, cst.Tuple | cst.List):
        return True
    if not isinstance(value, cst.Tuple) or len(value.elements) != len(target.elements):
        return False
    pairs = list(zip(target.elements, value.elements, strict=True))
    plain = all(isinstance(t, cst.Element) and isinstance(v, cst.Element) for t, v in pairs)
    return plain and all(_unpacks_safely(t.value, v.value) for t, v in pairs)


def _update_effect(analysis: Analysis, statement: cst.AugAssign) -> Effect:
    parts = [effect_of(analysis, statement.value), target_effect(analysis, statement.target)]
    if isinstance(statement.target, cst.Name):
        occurrence = analysis.scopes.occurrence[statement.target]
        if kind(analysis, statement.target) not in PLAIN:
            parts.append(Effect(ACTS, f"may change `{occurrence.name}` in place, as `+=` does with a list"))
        elif not arithmetic_is_inert(analysis, statement.target, statement.operator, statement.value):
            parts.append(Effect(READS))
        elif analysis.flow(occurrence.variable.scope.frame).reaching(occurrence)[1]:
            parts.append(Effect(READS))  # it may be unbound yet
    return worst(parts)


def may_finalize(analysis: Analysis, definition: Occurrence) -> bool:
    """Whether a definition may drop the last reference to an object whose end does something (a file closes)."""
    previous, _ = analysis.flow(definition.variable.scope.frame).reaching(definition)
    return any(definition_kind(analysis, o) not in PLAIN for o in previous)
