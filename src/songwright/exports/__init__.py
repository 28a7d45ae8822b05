"""Turns songs of the library into files for other programs: sound, scores, words and pictures."""
