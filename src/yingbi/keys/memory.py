"""Guarding this process's memory: no core file, no debugger, no swap.

Secrets and clear film stand in memory while a vault is open. The kernel is
asked to keep them there. MCL_ONFAULT locks pages as they are touched; without
it everything mapped is brought in, and a small process grew tenfold.

Clause: 6.2.5.a-2; A.1.b-2; A.2.b-2; A.3.b-2.
"""

import ctypes
import os
from dataclasses import dataclass
from pathlib import Path

from yingbi.errors import MemoryNotLockedError, NotOnThisSystemError

_PR_GET_DUMPABLE, _PR_SET_DUMPABLE = 3, 4
_MCL_CURRENT, _MCL_FUTURE, _MCL_ONFAULT = 1, 2, 4
_CAP_IPC_LOCK = 1 << 14


@dataclass(frozen=True, slots=True)
class MemoryState:
    """What was achieved.

    dumpable: whether a core file or another process of this user may see the memory.
    core_limit: the greatest core file in bytes, -1 for no bound.
    locked: whether all memory stays out of the swap.
    lock_limit: how many bytes this user may lock, -1 for no bound.
    reason: why it is not locked; empty where it is.
    """

    dumpable: bool
    core_limit: int
    locked: bool
    lock_limit: int
    reason: str = ""

    @property
    def guarded(self) -> bool:
        """Whether nothing of the memory can reach a disk."""
        return self.locked and not self.dumpable and self.core_limit == 0


def guard(mode: str = "wanted") -> MemoryState:
    """Guard this process for the rest of its life and return what was achieved.

    mode: "wanted" goes on with less, "required" does not.

    Memory is locked only where the user's limit has no bound: under a bounded
    one later allocations would fail midway through a film.

    Raises: MemoryNotLockedError with "required"; NotOnThisSystemError.
    """
    try:
        import resource
    except ImportError:
        raise NotOnThisSystemError(reason="no resource limits") from None
    libc = ctypes.CDLL(None, use_errno=True)
    if not hasattr(libc, "prctl"):
        raise NotOnThisSystemError(reason="no prctl")
    libc.prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    _, lock_limit = resource.getrlimit(resource.RLIMIT_MEMLOCK)
    reason = _lock_all(libc, lock_limit, unbounded=lock_limit == resource.RLIM_INFINITY)
    state = MemoryState(
        dumpable=bool(libc.prctl(_PR_GET_DUMPABLE, 0, 0, 0, 0)),
        core_limit=resource.getrlimit(resource.RLIMIT_CORE)[1],
        locked=not reason,
        lock_limit=lock_limit,
        reason=reason,
    )
    if mode == "required" and not state.guarded:
        raise MemoryNotLockedError(reason=reason or "core files cannot be forbidden")
    return state


def _lock_all(libc: ctypes.CDLL, lock_limit: int, *, unbounded: bool) -> str:
    """Lock all memory, present and future; return why not, or nothing."""
    import resource

    if not unbounded and not _may_lock_anything():
        return f"this user may lock {lock_limit // 1024} KiB only"
    if unbounded:
        resource.setrlimit(resource.RLIMIT_MEMLOCK, (lock_limit, lock_limit))
    if libc.mlockall(_MCL_CURRENT | _MCL_FUTURE | _MCL_ONFAULT) != 0:
        return os.strerror(ctypes.get_errno())
    return ""


def _may_lock_anything() -> bool:
    status = Path("/proc/self/status").read_text()
    effective = next(line for line in status.splitlines() if line.startswith("CapEff:"))
    return bool(int(effective.split()[1], 16) & _CAP_IPC_LOCK)
