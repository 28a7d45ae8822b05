"""Edits of the engine's own songs: new notes on the old score, new sound only where something changed."""
