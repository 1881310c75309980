"""Tables of identity: keys, users, sessions. Secrets are stored as hashes only."""

from __future__ import annotations

from sqlalchemy import Index

from crossdock.storage.schema import big, blob, table, text

api_keys = table(
    "api_keys",
    big("id", primary_key=True, autoincrement=False),
    text("name"),
    text("hint"),
    blob("secret_hash"),
    text("scopes"),
    big("created_at"),
    big("expires_at", nullable=True),
    big("revoked_at", nullable=True),
    Index("uq_api_keys_secret_hash", "secret_hash", unique=True),
)

users = table(
    "users",
    big("id", primary_key=True, autoincrement=False),
    text("email"),
    text("name"),
    text("role"),
    text("password_hash", nullable=True),
    big("created_at"),
    big("disabled_at", nullable=True),
    Index("uq_users_email", "email", unique=True),
)

sessions = table(
    "sessions",
    blob("token_hash", primary_key=True),
    big("user_id"),
    text("csrf_token"),
    big("created_at"),
    big("expires_at"),
    Index("ix_sessions_user_id", "user_id"),
)

sign_in_links = table(
    "sign_in_links",
    blob("token_hash", primary_key=True),
    big("user_id"),
    big("created_at"),
    big("expires_at"),
    big("used_at", nullable=True),
)
