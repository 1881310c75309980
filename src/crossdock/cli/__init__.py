"""The command line: one thin face more, over the same features as the API and the console."""

from crossdock.cli.run import main

__all__ = ["main"]
