"""Chats that survive."""
