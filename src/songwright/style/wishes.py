"""What a prompt asks for, as it is read."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from songwright.music.score import Mode, Part, SectionKind, TimeSignature, VoiceName
from songwright.style.named_styles import Style

__all__ = ["Era", "Mood", "PlayersInPlace", "Wishes"]


@dataclass(frozen=True, slots=True)
class Mood:
    """A mood word: valence from -1 (sad) to 1 (glad), energy from 0 (calm) to 1 (wild)."""

    word: str
    valence: float
    energy: float


@dataclass(frozen=True, slots=True)
class Era:
    """A time whose sound is wanted: the genre it suggests and what it is played on; kit "" is the genre's."""

    name: str
    genre: str
    instruments: tuple[str, ...]
    kit: str


@dataclass(frozen=True, slots=True)
class PlayersInPlace:
    """Who plays in a section, or rests there.

    Attributes:
        said: The wish as it was said.
        instruments: Catalogue names that would do for any of them.
        kit, bass: Whether drums, and a bass of whatever kind, are among them.
        section: Which kind of section; "start" is the first one, "end" the last, whatever they are.
        number: Which one of its kind, from 1; -1 for the last, 0 for every one, and for the first where the
            rule speaks of one.
        rule: "only" they play there; "without" them; they play "from" it on; they play "after" it.
    """

    said: str
    instruments: tuple[str, ...]
    kit: bool
    bass: bool
    section: SectionKind | Literal["start", "end"]
    number: int
    rule: Literal["only", "without", "from", "after"]

    def means(self, part: Part) -> bool:
        """Whether a part is played by one of them."""
        match part.stem:
            case "drums":
                return self.kit
            case "bass":
                return self.bass or part.instrument in self.instruments
            case _:
                return part.instrument in self.instruments


@dataclass(slots=True)
class Wishes:
    """What a prompt asks for, in the order it was said.

    Attributes:
        genres: Names of genres, the main one first.
        styles: What was named, the main one first: genres, and styles that another genre plays.
        qualities: What colours any genre: "melodic", "futuristic".
        hinted: Genres that a mood, an instrument or a pace brings to mind: "epic", "808s".
        tempo_place: Where in the genre's range of tempos: 0 its slow end, 1 its fast end.
        wanted: For each instrument asked for, the catalogue names that would do.
        target_seconds, target_bars: How long the song is to be; at most one of them.
        loop: Whether its end is to join its beginning.
        chords: Chord symbols as written, one a bar.
        places: Who plays where.
        fades_in, fades_out, ends_cold: How it begins and ends.
        unwanted_kit, unwanted_bass, instrumental: What was declined.
        plays_alone: Whether nobody plays but who is named.
        is_sung_alone: Whether a voice is named among those who alone are heard.
        is_a_cappella: Whether nobody plays at all, and voices alone are heard.
        languages: Words that name a language, as they were said.
        topics: Content words that are no musical wish: what the song may be about.
        understood: One phrase for each wish that was understood, such as "with cello".
        notes: What was understood but can't be done.
    """

    genres: list[str] = field(default_factory=list)
    styles: list[Style] = field(default_factory=list)
    qualities: list[Style] = field(default_factory=list)
    hinted: list[str] = field(default_factory=list)
    moods: list[Mood] = field(default_factory=list)
    tempo_bpm: float | None = None
    tempo_place: float | None = None
    tonic: int | None = None
    mode: Mode | None = None
    meter: TimeSignature | None = None
    voice: VoiceName | None = None
    instrumental: bool = False
    wanted: list[tuple[str, ...]] = field(default_factory=list)
    unwanted: list[str] = field(default_factory=list)
    kit: str | None = None
    wants_kit: bool = False
    unwanted_kit: bool = False
    unwanted_bass: bool = False
    plays_alone: bool = False
    is_sung_alone: bool = False
    is_a_cappella: bool = False
    places: list[PlayersInPlace] = field(default_factory=list)
    fades_in: bool = False
    fades_out: bool = False
    ends_cold: bool = False
    era: Era | None = None
    target_seconds: float | None = None
    target_bars: int | None = None
    loop: bool = False
    chords: tuple[str, ...] = ()
    swing: float | None = None
    theme: str | None = None
    languages: list[str] = field(default_factory=list)
    topics: list[str] = field(default_factory=list)
    understood: list[str] = field(default_factory=list)
    not_understood: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def understand(self, wish: str) -> None:
        """Note that a wish was understood, once."""
        if wish not in self.understood:
            self.understood.append(wish)
