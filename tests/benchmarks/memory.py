"""What a piece of work holds at its peak: of a GPU's memory, or of a process's on a CPU."""

import resource
from collections.abc import Callable
from pathlib import Path

import torch


def synchronize(device: torch.device) -> None:
    """Wait for what was begun: a GPU goes on while Python has its answer already. A CPU is done by then."""
    if device.type != "cpu":
        torch.cuda.synchronize(device)


def peak(device: torch.device, work: Callable[[], object]) -> tuple[int, int]:
    """Bytes that lie there before the work, and the most on top of them while it goes on.

    On a CPU the most that the process ever held: exact in a process that has done little else.
    """
    if device.type == "cpu":
        before = int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize()
        work()
        return before, max(0, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 - before)
    synchronize(device)
    before = torch.cuda.memory_allocated(device)
    torch.cuda.reset_peak_memory_stats(device)
    work()
    synchronize(device)
    return before, torch.cuda.max_memory_allocated(device) - before
