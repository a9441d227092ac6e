"""What stands before a response, and how a turn ends: plain code, an instruction, or the tokenizer's own chat."""

from dataclasses import dataclass

from jinja2 import TemplateError

from procure_kit.problems.counterfactual import Span

# {task} is TASK with the problem's statement (signature and docstring). "plain" and "chat" are built in; any text with
# {task} in it is a template, too.
TEMPLATES = {
    "instruct": "### Instruction:\n{task}\n\n### Response:\n",
}
TASK = "Complete this Python function.\n\n{statement}"
GENERIC_TASK = "Write a Python program."  # for a pair whose problem is not at hand, or has no statement
PLACE = "\ue000task\ue000", "\ue000program\ue000"  # private characters, which no template looks for


@dataclass(frozen=True)
class Frame:
    """A template around a program: the text before it, with the span of the task in it, and what ends the turn."""

    lead: str
    task: Span = (0, 0)
    end: str | None = None  # None: as the tokenizer ends a text


def frame(tokenizer, template: str, statement: str | None) -> Frame:
    """Raises: ValueError for an unknown template, a tokenizer without chat, or a chat template that refuses."""
    if template == "plain":
        return Frame("")
    statement = (statement or "").strip()
    task = TASK.format(statement=statement) if statement else GENERIC_TASK
    if template == "chat":
        before, between, end = _chat(tokenizer)
        return Frame(before + task + between, (len(before), len(before) + len(task)), end)
    if template not in TEMPLATES and "{task}" not in template:
        raise ValueError(f"no template {template!r}: use plain, chat, {', '.join(TEMPLATES)}, or a text with {{task}}")
    before, _, behind = TEMPLATES.get(template, template).partition("{task}")
    return Frame(before + task + behind, (len(before), len(before) + len(task)))


def _chat(tokenizer) -> tuple[str, str, str | None]:
    """What the chat template writes before the user's message, between it and the answer, and behind the answer."""
    if tokenizer.chat_template is None:
        raise ValueError('this tokenizer has no chat template: use template="instruct"')
    user, answer = {"role": "user", "content": PLACE[0]}, {"role": "assistant", "content": PLACE[1]}
    try:
        asked = tokenizer.apply_chat_template([user], tokenize=False, add_generation_prompt=True)
        unasked = tokenizer.apply_chat_template([user], tokenize=False, add_generation_prompt=False)
        whole = tokenizer.apply_chat_template([user, answer], tokenize=False, add_generation_prompt=False)
    except TemplateError as error:
        raise ValueError(f'the chat template refuses: {error}; use template="instruct"') from error
    if asked.count(PLACE[0]) != 1 or whole.count(PLACE[1]) != 1:
        raise ValueError('the chat template does not write each message once: use template="instruct"')
    before, between = asked.split(PLACE[0])
    end = whole.split(PLACE[1])[1]
    controls = [token.content for token in tokenizer.added_tokens_decoder.values() if token.content.strip()]
    controls = [token for token in controls if token in end]
    if asked == unasked and (last := max(map(end.rfind, controls), default=0)) > 0 and between.endswith(end[last:]):
        end = end[:last]  # the next turn's head, which this template writes whether asked or not
    return before, between, end if controls else None
