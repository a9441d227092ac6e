"""What processes use, as Linux's /proc tells it: how many a user has, memory and CPU time of one's descendants."""

import os
import resource


def processes_of_this_user() -> int:
    """How many processes and threads the caller's user has: the kernel counts new ones on top of them."""
    count = 0
    for pid in os.listdir("/proc") if os.path.isdir("/proc/self") else ():
        try:
            if pid.isdigit() and os.stat(f"/proc/{pid}").st_uid == os.geteuid():
                count += len(os.listdir(f"/proc/{pid}/task"))
        except (FileNotFoundError, ProcessLookupError):
            continue  # it has just ended
    return count


class Usage:
    """What the descendants of the process `root` use together, by a /proc opened before namespaces hid it."""

    def __init__(self):
        self.root = 0
        self.proc = os.open("/proc", os.O_RDONLY | os.O_DIRECTORY) if os.path.isdir("/proc/self") else None

    def now(self) -> tuple[float, float]:
        """Megabytes, without the pages that each fork shares with `root`, and seconds of CPU time, with those of
        processes that have ended; 0.0 and 0.0 where the system has no /proc to ask."""
        if self.proc is None or not self.root:
            return 0.0, 0.0
        shared, pages, ticks, waiting = self._pages(self.root), 0, 0, self._children(self.root)
        while waiting:
            pid = waiting.pop()
            pages += max(0, self._pages(pid) - shared)
            ticks += self._ticks(pid)
            waiting += self._children(pid)
        return pages * resource.getpagesize() / 2**20, ticks / os.sysconf("SC_CLK_TCK")

    def _pages(self, pid: int) -> int:
        return int((self._read(f"{pid}/statm") or b"0 0").split()[1])

    def _ticks(self, pid: int) -> int:
        """User and system time, of the process and of those that it has waited for."""
        fields = self._read(f"{pid}/stat").rpartition(b")")[2].split()
        return sum(map(int, fields[11:15]))

    def _children(self, pid: int) -> list[int]:
        try:
            folder = os.open(f"{pid}/task", os.O_RDONLY | os.O_DIRECTORY, dir_fd=self.proc)
        except OSError:
            return []  # it has just ended
        try:
            threads = os.listdir(folder)
        except OSError:
            return []
        finally:
            os.close(folder)
        return [int(child) for tid in threads for child in self._read(f"{pid}/task/{tid}/children").split()]

    def _read(self, path: str) -> bytes:
        try:
            file = os.open(path, os.O_RDONLY, dir_fd=self.proc)
        except OSError:
            return b""
        try:
            return os.read(file, 1 << 20)
        except OSError:
            return b""
        finally:
            os.close(file)
