"""Value types that every room shares; imports nothing of ours."""
