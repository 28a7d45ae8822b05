"""From a written song to its files: sound, measurements, facts, what is stored."""
