"""Launcher that ties a program's life to its parent's: ``tether.py PARENT_PID SIGNAL USER COMMAND…``.

If the kernel can (Linux), the program gets SIGNAL when the parent dies, however it dies. Run as a script with
``python -I -S``, so it starts in milliseconds; a ``preexec_fn`` would do the same, but not safely beside threads.
"""

import ctypes
import os
import pwd
import sys

PR_SET_PDEATHSIG = 1


def become(user: str) -> None:
    """Drop root for good."""
    entry = pwd.getpwnam(user)
    os.initgroups(user, entry.pw_gid)
    os.setgid(entry.pw_gid)
    os.setuid(entry.pw_uid)


def die_with_parent(parent: int, signal: int) -> None:
    """Ask the kernel for ``signal`` at the parent's death; do nothing on kernels that cannot."""
    if sys.platform != "linux":
        return
    ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal)
    # the parent may have died before we asked
    if os.getppid() != parent:
        sys.exit("The parent is gone.")


def main() -> None:
    parent, signal, user, *command = sys.argv[1:]
    # A change of user clears the death signal, so change the user first.
    if user:
        become(user)
    die_with_parent(int(parent), int(signal))
    os.execvp(command[0], command)  # noqa: S606 -- no shell is meant


if __name__ == "__main__":
    main()
