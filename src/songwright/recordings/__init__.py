"""Recordings from outside: where they may come from, what they are, and their sound."""
