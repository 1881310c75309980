"""Memory that is free again and should not stay with this process."""

from __future__ import annotations

import ctypes


def give_back() -> None:
    """Give memory that nobody uses any more back to the operating system; does nothing where the C library cannot.

    After a load of millions of rows glibc keeps the room of the passing objects, three times that of the columns that
    stay (malloc_trim(3)).
    """
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(0)
