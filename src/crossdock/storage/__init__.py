"""Engines, the batch unit of work, guarded counters, the log, jobs; no feature logic."""
