"""The tuned SmolLM2 in this process, behind the same `Client` as a server: no network, no key, one answer at a time."""

import asyncio
import json
import threading
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import torch
from tqdm import tqdm
from transformers import AutoModelForCausalLM, AutoTokenizer

from procure_kit.generation.llm.client import Client
from procure_kit.generation.llm.edits import GENERATOR, SETTINGS
from procure_kit.shipped import DATA
from procure_kit.training.adapters import put_on
from procure_kit.training.rewriter.training import STOP
from procure_kit.training.smollm2 import smollm2_folder

ADAPTER = DATA / "rewriter"
DRAWS = 8  # samples of a question, at once: its repairs are those that differ, in turn
BATCH = 16  # questions that are answered together, where several are known beforehand


@dataclass(frozen=True)
class Answer:
    text: str
    whole: bool  # it came to its end before the limit
    tokens: int


class Rewriter:
    """What `Client` asks in place of a server. Only a dialogue's first message is read: the first answer is the most
    likely one, and a repair the next of DRAWS samples that is none of the rejected answers. So the model is not told
    what was wrong, and a question stays short. The samples are drawn when the first is wanted, and all count as its
    tokens."""

    def __init__(self, model, tokenizer):
        self.model, self.tokenizer = model, tokenizer
        self._one_at_a_time = threading.Lock()
        self._likeliest: dict[str, Answer] = {}
        self._samples: dict[tuple, list[Answer]] = {}

    async def post(self, body: dict) -> str:
        """A chat completion in JSON, as a server sends it."""
        return json.dumps(await asyncio.to_thread(self._completion, body))

    def answer_all(self, questions: Iterable[str], max_tokens: int = SETTINGS["max_tokens"]) -> None:
        """Find the likeliest answers of many questions, BATCH at a time: a token costs the most in reading weights."""
        new = sorted(set(questions) - self._likeliest.keys(), key=len)
        for start in tqdm(range(0, len(new), BATCH), desc="answers", unit="batch"):
            some = new[start : start + BATCH]
            self._likeliest |= zip(some, self._generate(some, max_new_tokens=max_tokens, do_sample=False), strict=True)

    def _completion(self, body: dict) -> dict:
        said = [message["content"] for message in body["messages"]]
        question, before = said[0], said[1::2]
        with self._one_at_a_time:
            answer, written = self._repair(question, before, body) if before else self._first(question, body)
        read = len(self.tokenizer(question).input_ids) if written else 0
        usage = {"prompt_tokens": read, "completion_tokens": written}
        message = {"role": "assistant", "content": answer.text.strip() or "(nothing)"}
        choice = {"message": message, "finish_reason": "stop" if answer.whole else "length"}
        return {"choices": [choice], "usage": usage}

    def _first(self, question: str, body: dict) -> tuple[Answer, int]:
        if question not in self._likeliest:
            options = {"max_new_tokens": body["max_tokens"], "do_sample": False}
            (self._likeliest[question],) = self._generate([question], **options)
        return self._likeliest[question], self._likeliest[question].tokens

    def _repair(self, question: str, before: list[str], body: dict) -> tuple[Answer, int]:
        options = {"max_new_tokens": body["max_tokens"], "temperature": body["temperature"], "do_sample": True}
        key, written = (question, *options.values(), body["seed"]), 0
        if key not in self._samples:
            with torch.random.fork_rng():
                torch.manual_seed(body["seed"])
                more = {"num_return_sequences": DRAWS, "top_k": 0, "top_p": 1.0}
                self._samples[key] = self._generate([question], **options, **more)
            written = sum(answer.tokens for answer in self._samples[key])
        samples = self._samples[key]
        return next((answer for answer in samples if answer.text.strip() not in before), samples[0]), written

    def _generate(self, questions: list[str], **options) -> list[Answer]:
        asked = self.tokenizer(questions, return_tensors="pt", add_special_tokens=False, padding=True)
        with torch.inference_mode():
            made = self.model.generate(**asked, **options)
        stop, answers = self.model.generation_config.eos_token_id, []
        for ids in made[:, asked.input_ids.shape[1] :].tolist():
            end = ids.index(stop) if stop in ids else len(ids)
            answers.append(Answer(self.tokenizer.decode(ids[:end]), end < len(ids), min(end + 1, len(ids))))
        return answers


def load_rewriter(adapter: Path = ADAPTER) -> Rewriter:
    """SmolLM2 with the adapter of a folder, merged. Raises: ValueError where there is none, or one of another model."""
    folder = smollm2_folder()
    tokenizer = AutoTokenizer.from_pretrained(folder, padding_side="left")
    model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32)
    model = put_on(model, adapter).merge_and_unload().eval()
    stop = tokenizer.convert_tokens_to_ids(STOP)
    model.generation_config.update(eos_token_id=stop, pad_token_id=stop)
    return Rewriter(model, tokenizer)


def rewriter_client(adapter: Path = ADAPTER, parameters: dict | None = None, **options) -> Client:
    """A `Client` of the rewriter, for `llm_generate(..., form=EDITS)`. parameters: in place of those in SETTINGS;
    options: any others of `Client`."""
    parameters = SETTINGS | (parameters or {})
    return Client(GENERATOR, server=load_rewriter(adapter), parameters=parameters, **options)
