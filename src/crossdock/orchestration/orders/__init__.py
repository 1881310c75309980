"""Orders: captured, revised, amended, and how they were decided."""
