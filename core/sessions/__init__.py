"""Chats that survive: a database, pictures by digest beside it, and measurements within a quota."""
