"""Parts of ``tools/listen_transcription.py``."""
