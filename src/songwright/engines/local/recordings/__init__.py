"""Recordings: songs that people made, heard into a score so that they can be edited like the engine's own."""
