"""Effects on float32 sound of shape (channels, samples) at 44.1 kHz, in bounded memory."""
