"""What ``tools/listen_edits.py`` is made of."""
