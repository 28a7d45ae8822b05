"""Mixing and mastering: from the sound of parts to stems and a master."""
