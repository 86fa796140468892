"""Ties a child's life to ours, so that even `kill -9` of the supervisor leaves no process behind (Linux only)."""

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1  # linux/prctl.h

# Loaded before any fork: loading a library in the child could wait for a lock that no thread there will release.
_LIBC = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None


def die_with_parent(parent_pid: int) -> None:
    """Run in a new child, before its program: have the kernel kill it when the parent dies.

    On macOS the kernel has no such thing; there the next start finds and names a store that was left running.
    """
    if _LIBC is None:
        return
    _LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != parent_pid:  # it died before the line above
        os._exit(1)
