"""Arranging: what every instrument of the band plays."""
