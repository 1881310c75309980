"""Promises: offered, kept, watched."""
