"""Which song a caller means by a title."""

from __future__ import annotations

from collections.abc import Mapping

from songwright.errors import NotFoundError, RequestError
from songwright.music.song import SongInBrief
from songwright.server.tool import Call, Question

__all__ = ["songs_by_title"]

_MOST_CANDIDATES = 20
_MOST_NAMED = 5
_SEARCHED = 100


async def songs_by_title(call: Call, given: Mapping[str, str]) -> dict[str, str]:
    """Ids of songs that are named by id or by their whole title, in any case.

    Where several songs have a title, the person at the client is asked which one, if the client can ask.

    Args:
        call: The call that names them.
        given: What was given for each argument.

    Raises:
        NotFoundError: No song is called so; names the argument.
        RequestError: Several songs are called so and nobody chose; names the argument and the ids.
    """
    studio = await call.studio()
    ids: dict[str, str] = {}
    open_choices: dict[str, list[SongInBrief]] = {}
    for field, words in given.items():
        try:
            ids[field] = await studio.resolve_song_id(words, call.principal, field=field)
        except NotFoundError:
            titled = await _titled(call, words)
            if not titled:
                raise
            if len(titled) == 1:
                ids[field] = titled[0].id
            else:
                open_choices[field] = titled
    questions = [_question(field, songs) for field, songs in open_choices.items()]
    ids |= await call.ask(questions)
    for field, songs in open_choices.items():
        if field not in ids:
            named = "; ".join(f"{song.id} ({_traits(song)})" for song in songs[:_MOST_NAMED])
            raise RequestError(
                f"{len(songs)} songs have that title, so give the id of one: {named}", field=field
            )
    return ids


async def _titled(call: Call, title: str) -> list[SongInBrief]:
    studio = await call.studio()
    page = await studio.songs_in_brief(title, limit=_SEARCHED, principal=call.principal)
    wanted = title.casefold()
    return [song for song in page.items if song.facts.title.casefold() == wanted][:_MOST_CANDIDATES]


def _question(field: str, songs: list[SongInBrief]) -> Question:
    return Question(
        field=field,
        title="Song",
        text=f"{len(songs)} songs are called \u201c{songs[0].facts.title}\u201d. Which one?",
        choices={song.id: _traits(song) for song in songs},
    )


def _traits(song: SongInBrief) -> str:
    facts = song.facts
    minutes, seconds = divmod(round(facts.duration_seconds), 60)
    parts = (
        f"{song.created_at:%Y-%m-%d %H:%M}",
        f"{minutes}:{seconds:02}",
        f"{facts.tempo_bpm:g} bpm" if facts.tempo_bpm else None,
        facts.key,
        f"by {song.made_by}",
    )
    return ", ".join(part for part in parts if part)
