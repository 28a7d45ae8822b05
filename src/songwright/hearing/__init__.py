"""Measures finished sound, whichever engine made it."""
