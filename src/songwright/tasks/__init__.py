"""How accepted work becomes songs, whatever happens to the process meanwhile."""
