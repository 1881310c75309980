"""What the commands that read files have in common."""

from __future__ import annotations

from crossdock.kernel.errors import Invalid


class FileRefused(Invalid):
    """A file cannot be read as what it should be."""

    code = "file_refused"
    title = "The file cannot be read"
    next_step = "Correct the lines named above; nothing was recorded."
