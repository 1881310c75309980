"""Reservations of carts and checkouts: held, changed, confirmed into orders, expired."""
