"""songwright: a song studio for AI agents."""

__version__ = "0.1.0"
