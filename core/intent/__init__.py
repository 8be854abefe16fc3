"""Texts to intents."""
