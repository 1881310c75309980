"""What happens when reality disagrees with a plan."""
