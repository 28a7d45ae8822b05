"""The words of the domain: actions, songs, tasks, timelines, lyrics, scores. Pure values, no I/O."""
