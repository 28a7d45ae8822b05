"""Where songs are kept: their facts in a database, their audio in files."""
