"""Playing: from notes to the sound of each instrument."""
