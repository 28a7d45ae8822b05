"""Sound as every engine and export has it: 24-bit integers (PCM) at one sample rate, kept as FLAC."""
