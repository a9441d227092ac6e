"""A folder holds one run: what the run is, how far it came, and what it left when it was done."""

import errno
import hashlib
import json
import os
import warnings
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open

LOG = "log.json"  # written last: where it is, the run is finished
NO_ROOM = ("No space left", "os error 28", "os error 122", "Disk quota", "PytorchStreamWriter failed writing")


class DamagedCheckpoint(UserWarning):
    """A checkpoint that cannot be read, and was passed over."""


def claim(note: Path, values: dict) -> None:
    """Write down what the run in a folder is; or compare that with what stands there.

    Raises: ValueError naming what differs, or a note that cannot be read.
    """
    values = json.loads(json.dumps(values, default=str))
    if not note.is_file():
        write_whole(note, json.dumps(values, indent=2) + "\n")
        return
    before = _read(note)
    if other := [name for name in {**before, **values} if before.get(name) != values.get(name)]:
        told = "; ".join(
            f"{name} is {_short(before.get(name))} there, {_short(values.get(name))} here" for name in other
        )
        raise ValueError(f"{note.parent} holds a run with other settings ({told}): choose another output_dir")


def write_whole(path: Path, text: str) -> None:
    """A file that is there whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f"{path.name}.{os.getpid()}.part")  # several processes may write the same
    part.write_text(text, encoding="utf-8")
    part.replace(path)


def _read(path: Path) -> dict:
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise ValueError(f"{path} is damaged ({error}): choose another output_dir, or remove this one") from error
    if not isinstance(values, dict):
        raise ValueError(f"{path} is damaged (no table of settings): choose another output_dir, or remove this one")
    return values


def _short(value) -> str:
    text = json.dumps(value)
    return text if len(text) <= 60 else text[:57] + "..."


def fingerprint(examples: Sequence[dict]) -> str:
    """Of the examples' tokens, labels and altered tokens, in their order."""
    digest = hashlib.sha256()
    for example in examples:
        digest.update(json.dumps([list(map(int, example[name])) for name in sorted(example)]).encode())
    return digest.hexdigest()[:16]


def weights_fingerprint(model) -> str:
    """Of sixteen values out of each weight that no adapter brought."""
    digest = hashlib.sha256()
    for name, parameter in model.named_parameters():
        if "lora_" in name or "modules_to_save" in name:
            continue
        values = parameter.detach().flatten()
        values = values[:: max(1, len(values) // 16)][:16]
        digest.update(str((list(parameter.shape), values.double().tolist())).encode())
    return digest.hexdigest()[:16]


def last_checkpoint(folder: Path) -> Path | None:
    """The last whole checkpoint; warns of each later one that is not."""
    numbered = [path for path in folder.glob("checkpoint-*") if path.name.removeprefix("checkpoint-").isdecimal()]
    for path in sorted(numbered, key=lambda path: int(path.name.removeprefix("checkpoint-")), reverse=True):
        damage = damage_of(path)
        if damage is None:
            return path
        warnings.warn(f"{path} is passed over: {damage}", DamagedCheckpoint, stacklevel=2)
    return None


def damage_of(folder: Path) -> str | None:
    """What is wrong with a checkpoint's files; None: they can be read, each to its end."""
    state = folder / "trainer_state.json"  # written last: a folder without it is what a killed run left
    if not state.is_file():
        return "it was not written to its end"
    for path in sorted(folder.rglob("*")):  # an adapter with a name lies in a folder of its own
        try:
            if path.suffix == ".json":
                json.loads(path.read_text(encoding="utf-8"))
            elif path.suffix == ".safetensors":
                with safe_open(path, "pt") as tensors:
                    tensors.keys()
            elif path.suffix in (".pt", ".pth", ".bin"):
                with zipfile.ZipFile(path) as parts:
                    if wrong := parts.testzip():
                        return f"{path.name} is damaged ({wrong})"
        except (ValueError, SafetensorError, zipfile.BadZipFile, OSError) as error:
            return f"{path.name} is damaged ({str(error).splitlines()[0]})"
    if not any(folder.rglob("*.safetensors")):
        return "it has no weights"
    return None


def finished(folder: Path) -> dict | None:
    """`log` and `seconds` of a run that is done and whose weights can be read; None: it has still to go on."""
    note, adapter = folder / LOG, folder / "adapter"
    if not note.is_file() or not any(adapter.rglob("*.safetensors")):
        return None
    for path in adapter.rglob("*.safetensors"):
        try:
            with safe_open(path, "pt") as tensors:
                tensors.keys()
        except SafetensorError as error:
            warnings.warn(f"{path} is damaged ({error}): written anew", DamagedCheckpoint, stacklevel=2)
            return None
    return _read(note)


@contextmanager
def telling_of_no_room(folder: Path) -> Iterator[None]:
    """A full disk is an OSError, whichever library met it. Raises: OSError with ENOSPC."""
    try:
        yield
    except (SafetensorError, RuntimeError) as error:
        if any(words in str(error) for words in NO_ROOM):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(folder)) from error
        raise


def process_count() -> int:
    return torch.distributed.get_world_size() if torch.distributed.is_initialized() else 1
