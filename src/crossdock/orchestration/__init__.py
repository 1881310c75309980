"""The business flows: the only room that combines the features."""
