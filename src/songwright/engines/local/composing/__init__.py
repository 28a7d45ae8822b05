"""Composing: what is asked for, and from it form, harmony, melody and words."""
