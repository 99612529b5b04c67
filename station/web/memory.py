"""Memory that is given back: what a login takes for a moment must not stay taken."""

from typing import Final

_M_MMAP_THRESHOLD: Final = -3  # malloc.h
LARGE_BYTES: Final = 1024 * 1024


def give_back_large_pieces() -> None:
    """Let what is allocated in one large piece go back to the system as soon as it is free (mallopt(3)).

    By itself glibc keeps it, for each thread, once such a piece was used a second time. Other libraries for C have
    no such switch, and need none.
    """
    import ctypes  # late: nobody else wants it at a start

    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(_M_MMAP_THRESHOLD, LARGE_BYTES)
