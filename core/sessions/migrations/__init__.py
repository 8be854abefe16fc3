"""Versions of the database, each leading from the one before it."""
