"""The HTTP face, over a real server, the real writer and a real database."""
