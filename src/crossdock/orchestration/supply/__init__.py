"""What is coming, and who waits for it."""
