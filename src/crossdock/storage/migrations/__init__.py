"""Schema changes, in order; run by storage.migrate."""
