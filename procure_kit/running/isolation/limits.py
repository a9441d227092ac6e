"""How much a process may take: CPU time, memory, files, processes, and threads that C libraries start."""

import resource

from procure_kit.running.isolation.libc import libc

FILE_BYTES, PROCESSES, OPEN_FILES = 16_000_000, 32, 64
NOT_GIVEN = {
    "can't start new thread": f"a program may have {PROCESSES} processes and threads at a time",
    "[Errno 1] Operation not permitted": "no program may open sockets, or change rights and processes",
    "[Errno 24] Too many open files": f"a program may have {OPEN_FILES} files open at a time",
    "[Errno 27] File too large": f"a program may write {FILE_BYTES:,} bytes into a file",
    "[Errno 28] No space left on device": "a program's folder is full",
}


def limit(*, cpu_seconds: int = 0, memory_mb: int = 0, processes: int = 0) -> None:
    """Limit this process and what it will fork for good, never above the hard limits that it already has.

    With `processes`, also the size and number of files, and core dumps. 0: not limited.
    """
    wanted = {resource.RLIMIT_CPU: cpu_seconds, resource.RLIMIT_AS: memory_mb * 1024 * 1024}
    if processes:
        wanted |= {resource.RLIMIT_NPROC: processes, resource.RLIMIT_FSIZE: FILE_BYTES}
        wanted |= {resource.RLIMIT_NOFILE: OPEN_FILES, resource.RLIMIT_CORE: 0}
    for kind, value in wanted.items():
        if value or kind == resource.RLIMIT_CORE:
            hard = resource.getrlimit(kind)[1]
            value = value if hard == resource.RLIM_INFINITY else min(value, hard)
            resource.setrlimit(kind, (value, value))


def soften(memory_mb: int) -> None:
    """Limit the memory of a trusted process, so that what is too much is an error in it and not the system's end."""
    soft, hard = resource.getrlimit(resource.RLIMIT_AS)
    wanted = memory_mb * 1024 * 1024
    if all(other == resource.RLIM_INFINITY or wanted < other for other in (soft, hard)):
        resource.setrlimit(resource.RLIMIT_AS, (wanted, hard))


def quiet_threads() -> None:
    """One thread for numpy and its kind, said where C code looks and `os.environ` does not: threads count as memory
    and as processes."""
    for name in (b"OPENBLAS_NUM_THREADS", b"OMP_NUM_THREADS", b"MKL_NUM_THREADS"):
        libc.setenv(name, b"1", 1)


def not_to_be_had(errors: str) -> str:
    """What a program asked of the system that this kit does not give it, by what Python says of it; or ""."""
    if "multiprocessing" in errors and "synchronize" in errors:
        return "there are no semaphores at this level of isolation, and so no pools of processes"
    return next((why for error, why in NOT_GIVEN.items() if error in errors), "")
