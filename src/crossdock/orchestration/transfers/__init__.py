"""Goods that go through a location of ours on their way to a customer: legs, what is pegged to them, what arrives."""
