"""Object phrases: what a text asks for, what only places it, what is left out."""
