"""What can be promised: asked, explained, exported, told."""
