"""Links to files of songs: unguessable, for a time only, naming no owner."""

from __future__ import annotations

import base64
import hashlib
import hmac
import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal, get_args

from songwright.access import TokenRing
from songwright.http.faults import ApiError

__all__ = ["FileName", "Links"]

FileName = Literal[
    "audio.mp3",
    "audio.wav",
    "audio.flac",
    "audio.ogg",
    "audio.opus",
    "cover.png",
    "stems.zip",
    "video.mp4",
    "score.mid",
    "score.musicxml",
    "lyrics.lrc",
    "lyrics.json",
    "lyrics.srt",
    "lyrics.ass",
    "lyrics.vtt",
    "waveform.png",
    "piano_roll.png",
]
"""Every file that a song can be fetched as."""

_NAMES = frozenset(get_args(FileName))
_STEP_SECONDS = 3600
_DIGITS = re.compile(r"[1-9][0-9]{0,11}")


@dataclass(frozen=True, slots=True)
class Links:
    """Makes and checks links.

    The signature covers the owner, who is not in the link: a link dies with its owner's token, and those of
    an authorization server's users die when it is no longer trusted.
    """

    key: bytes
    lifetime: timedelta
    clock: Callable[[], datetime]
    tokens: TokenRing

    def path(self, song_id: str, name: FileName, principal: str) -> str:
        """The path of a link that works from now on, for the lifetime at least.

        It ends at a full hour, so that within an hour the same file has the same link, for caches.
        """
        until = (self.clock() + self.lifetime).timestamp()
        expires = math.ceil(until / _STEP_SECONDS) * _STEP_SECONDS
        return f"/files/{expires}/{self._signature(song_id, name, principal, expires)}/{song_id}/{name}"

    def check(self, *, expires: str, signature: str, song_id: str, name: str, owner: str | None) -> FileName:
        """The file that a link is for.

        Args:
            expires: As in the link, as are the next three.
            signature: What proves that the link was made here.
            song_id: The song's id.
            name: The file's name.
            owner: The principal whose song it is; None where there is no such song.

        Raises:
            ApiError: 404 it was not made here, 401 its time is over.
        """
        if name in _NAMES and _DIGITS.fullmatch(expires) and owner is not None and self.tokens.lets_in(owner):
            expected = self._signature(song_id, name, owner, int(expires))
            if hmac.compare_digest(expected.encode(), signature.encode()):
                if self.clock().timestamp() > int(expires):
                    raise ApiError(401, "token_expired", "The link has expired; retrieve the task again.")
                return next(known for known in get_args(FileName) if known == name)
        raise ApiError(404, "no_api", "There is no such file.")

    def _signature(self, song_id: str, name: str, principal: str, expires: int) -> str:
        words = "\n".join((str(expires), song_id, name, principal))
        digest = hmac.digest(self.key, words.encode(), hashlib.sha256)
        return base64.urlsafe_b64encode(digest[:24]).decode()
