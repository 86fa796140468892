"""What a new process asks of the Linux kernel: to end with its parent, and to be known by a name."""

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG, PR_SET_NAME = 1, 15  # linux/prctl.h
LONGEST_NAME_BYTES = 15

# Loaded before any fork: loading a library in the child could wait for a lock that no thread there will release.
_LIBC = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None


def die_with_parent(parent_pid: int) -> None:
    """Run in a new child, before its program: have the kernel kill it when the parent dies, even by `kill -9`.

    On macOS the kernel has no such thing; there the next start finds and names a store that was left running.
    """
    if _LIBC is None:
        return
    _LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != parent_pid:  # it died before the line above
        os._exit(1)


def name_process(name: str) -> None:
    """Show this process under a name in `ps -e` and `top`: its command line is still that of its parent."""
    if _LIBC is not None:
        _LIBC.prctl(PR_SET_NAME, name.encode()[:LONGEST_NAME_BYTES], 0, 0, 0)
