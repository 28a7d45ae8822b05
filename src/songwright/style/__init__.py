"""What a style is made of: genres, instruments, swing; and how a prompt or a lyric is read for it."""
