"""The singer: sings a vocal part with a small neural voice, in tune and on the beat.

``singer.sing`` is the way in. The voice is hibari's network (Apache-2.0; see ``assets/singing/NOTICE``)
cut open, so that the length of every sound and the pitch are ours.
"""
