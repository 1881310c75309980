"""Safe change of rules: an order tried, past orders decided again under a draft, the price of each rule."""
