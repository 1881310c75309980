"""The vault of parties: the only place where a person can be read."""
