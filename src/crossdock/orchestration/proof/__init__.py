"""The proof that everything adds up, and the mending of what does not."""
