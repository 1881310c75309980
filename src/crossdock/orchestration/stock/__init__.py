"""Facts about stock, and what follows from them."""
