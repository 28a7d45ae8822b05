"""The brief: what a song is to be, decided from the request and, where it leaves room, by the seed."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from songwright.engines.local.composing.asked_chords import key_of_chords, progression_of
from songwright.engines.local.composing.typed_wishes import read_wishes
from songwright.engines.local.randomness import stream
from songwright.music.actions import Sounding
from songwright.music.lyrics import ENGLISH, parse_lyric
from songwright.music.score import MINOR_MODES, Key, TimeSignature, VoiceName
from songwright.music.song import Understanding
from songwright.music.timeline import name_sections
from songwright.style.genre import Genre, genre_names, load_genre
from songwright.style.languages import code_of, language_name, languages_of, read_lyric
from songwright.style.lexicon_tables import lexicon
from songwright.style.named_styles import Style
from songwright.style.traits import UNCOLOURED, Traits, coloured_genre, together
from songwright.style.wishes import PlayersInPlace, Wishes

__all__ = ["Brief", "read_brief"]

FALLBACK_GENRE = "pop"
_MANY = 3


@dataclass(frozen=True, slots=True)
class Brief:
    """A song's facts before a note is written.

    Attributes:
        genre: Name of the genre.
        flavour: Name of a second genre that colours it: the prompt's, or the genre's relative.
        wants_flavour: Whether the prompt asked for the second genre.
        mood: The prompt's mood words, or "".
        valence: -1 sad .. 1 glad.
        energy: 0 calm .. 1 wild.
        swing: 0 straight .. 1 triplet eighths.
        voice: None for an instrumental.
        kit: Name of a drum kit, None for no drums.
        wanted, unwanted: Catalogue names of instruments.
        era: Such as "80s", or None.
        topics: Content words of the prompt, for the words of the song.
        theme: What generated words are about: "love", "road", ...
        target_seconds: Length asked for, or None.
        target_bars: Length asked for in bars, or None.
        loops: Whether the end is to join the beginning.
        tempo_is_free: Whether nothing was said of the tempo in figures.
        chords: Chords asked for, one text a bar; () for the engine's own.
        section_chords: Chords asked for in a section, by its name in the lyric, such as "verse 2".
        weirdness, sound_strength, lyrics_strength: As in the request.
        vocal_gain_db: How far lyrics_strength lifts the voice in the mix, -2..2.
        traits: How far it leans away from the genre's habits.
        plays_alone: Whether nobody plays but ``wanted`` and a kit that was named.
        is_a_cappella: Whether nobody plays at all.
        places: Who plays where.
        fades_in, fades_out, ends_cold: How it is to begin and to end.
    """

    genre: str
    flavour: str | None
    wants_flavour: bool
    mood: str
    valence: float
    energy: float
    tempo_bpm: float
    key: Key
    time_signature: TimeSignature
    swing: float
    voice: VoiceName | None
    kit: str | None
    has_bass: bool
    wanted: tuple[str, ...]
    unwanted: tuple[str, ...]
    era: str | None
    topics: tuple[str, ...]
    theme: str
    target_seconds: float | None
    weirdness: float
    sound_strength: float
    lyrics_strength: float
    vocal_gain_db: float
    understanding: Understanding
    target_bars: int | None = None
    loops: bool = False
    tempo_is_free: bool = False
    chords: tuple[str, ...] = ()
    section_chords: tuple[tuple[str, tuple[str, ...]], ...] = ()
    traits: Traits = UNCOLOURED
    plays_alone: bool = False
    is_a_cappella: bool = False
    places: tuple[PlayersInPlace, ...] = ()
    fades_in: bool = False
    fades_out: bool = False
    ends_cold: bool = False

    @property
    def coloured_genre(self) -> Genre:
        """The genre's facts with the brief's traits laid over them."""
        return coloured_genre(self.genre, self.traits)


def read_brief(action: Sounding, seed: str) -> Brief:
    """Read a request into a brief. What it leaves open is drawn from the genre's habits by the seed."""
    wishes = read_wishes(action)
    section_chords = _section_chords(action)
    lent = _lent(wishes)
    genre = _as_lent(load_genre(_genre_name(wishes)), lent)
    flavour = next((name for name in (*wishes.genres, *wishes.hinted) if name != genre.name), None)
    valence, energy = _mood(wishes, lent)
    traits = together(style.traits for style in lent)
    instrumental = action.instrumental or (
        not action.sings_given_words and (wishes.instrumental or _leaves_no_singer(action, wishes))
    )
    wanted = _wanted(wishes, genre)
    if not wishes.plays_alone:
        lent_by = [wishes.era.instruments] if wishes.era is not None else []
        for names in (*lent_by, *(style.instruments for style in lent)):
            wanted += tuple(name for name in names if name not in (*wanted, *wishes.unwanted))
    theme, topics = _subject(wishes, genre, words_are_given=action.sings_given_words or instrumental)
    return Brief(
        genre=genre.name,
        flavour=flavour or (genre.family if genre.family in genre_names() else None),
        wants_flavour=flavour is not None,
        mood=", ".join(mood.word for mood in wishes.moods),
        valence=valence,
        energy=energy,
        tempo_bpm=_tempo(wishes, genre, energy, action.sound_strength, seed),
        key=_key(wishes, genre, valence, seed, section_chords),
        time_signature=wishes.meter or _lent_meter(lent) or _meter(genre, seed),
        swing=_swing(wishes, genre, seed),
        voice=None if instrumental else _voice(action, wishes, genre, seed),
        kit=_kit(wishes, genre, lent, action.sound_strength, seed),
        has_bass=_has_bass(wishes, wanted),
        wanted=wanted,
        unwanted=_unwanted(wishes, lent, wanted),
        era=wishes.era.name if wishes.era else None,
        topics=topics,
        theme=theme,
        target_seconds=wishes.target_seconds,
        weirdness=round(min(1.0, action.weirdness + max(0.0, traits.weirdness)), 3),
        sound_strength=action.sound_strength,
        lyrics_strength=action.lyrics_strength,
        vocal_gain_db=round(4.0 * (action.lyrics_strength - 0.5), 2),
        understanding=_understanding(action, wishes, instrumental=instrumental),
        traits=traits,
        plays_alone=wishes.plays_alone,
        is_a_cappella=wishes.is_a_cappella and not instrumental,
        places=tuple(wishes.places),
        fades_in=wishes.fades_in,
        fades_out=wishes.fades_out,
        ends_cold=wishes.ends_cold,
        target_bars=wishes.target_bars,
        loops=wishes.loop,
        tempo_is_free=wishes.tempo_bpm is None,
        chords=wishes.chords,
        section_chords=section_chords,
    )


def _leaves_no_singer(action: Sounding, wishes: Wishes) -> bool:
    """Whether those who alone are heard are named, and nobody among them sings."""
    if not wishes.plays_alone or wishes.is_a_cappella or wishes.is_sung_alone:
        return False
    return wishes.voice is None and action.vocal_gender is None


def _has_bass(wishes: Wishes, wanted: tuple[str, ...]) -> bool:
    if wishes.plays_alone:
        return not set(wanted).isdisjoint(lexicon()["instruments"]["bass"])
    return not wishes.unwanted_bass


def _section_chords(action: Sounding) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """The chords that the lyric's markers name, such as ``[Chorus | Am F C G]``."""
    if "|" not in action.lyric:
        return ()
    sections = parse_lyric(action.lyric).sections
    names = name_sections([section.kind for section in sections])
    return tuple(
        (name, section.chords) for name, section in zip(names, sections, strict=True) if section.chords
    )


def _lent(wishes: Wishes) -> tuple[Style, ...]:
    """What is laid over the genre: the first style that it plays in place of, and the qualities."""
    genre = _genre_name(wishes)
    named = (style for style in wishes.styles if style.genre == genre and style.stand_in)
    return (*list(named)[:1], *wishes.qualities)


def _as_lent(genre: Genre, lent: tuple[Style, ...]) -> Genre:
    """The genre with the tempos, swing and modes of the styles that it lends its band to."""
    changes: dict[str, object] = {}
    for style in lent:
        if style.tempo_bpm is not None:
            changes["tempo_bpm"] = style.tempo_bpm
        if style.swing is not None:
            changes["swing"] = (style.swing, style.swing)
        if style.mode is not None:
            changes["modes"] = {
                style.mode: 0.85,
                **{mode: 0.15 for mode in genre.modes if mode != style.mode},
            }
    return genre.model_copy(update=changes)


def _lent_meter(lent: tuple[Style, ...]) -> TimeSignature | None:
    meter = next((style.meter for style in lent if style.meter), "")
    if not meter:
        return None
    return TimeSignature(int(meter.split("/")[0]), 8 if meter.endswith("8") else 4)


def _unwanted(wishes: Wishes, lent: tuple[Style, ...], wanted: tuple[str, ...]) -> tuple[str, ...]:
    without = (name for style in lent for name in style.without if name not in wanted)
    return tuple(dict.fromkeys((*wishes.unwanted, *without)))


def _wanted(wishes: Wishes, genre: Genre) -> tuple[str, ...]:
    """One instrument for each wish: "guitar" is the genre's own guitar where it has one."""
    # The genre's layers stand in the order of their weight.
    at_home = [name for layer in genre.layers for name in layer.instruments]
    if genre.bass is not None:
        at_home.append(genre.bass.instrument)
    chosen: list[str] = []
    for names in wishes.wanted:
        free = [name for name in names if name not in wishes.unwanted]
        if free and not set(free) & set(chosen):
            # "Guitar" leaves the choice of guitar open, "distorted guitar" does not.
            own = (name for name in at_home if name in free) if len(names) >= _MANY else iter(())
            chosen.append(next(own, free[0]))
    return tuple(chosen)


def _genre_name(wishes: Wishes) -> str:
    if wishes.genres:
        return wishes.genres[0]
    if wishes.hinted:
        return wishes.hinted[0]
    if wishes.era is not None and wishes.era.genre in genre_names():
        return wishes.era.genre
    return FALLBACK_GENRE


def _mood(wishes: Wishes, lent: tuple[Style, ...]) -> tuple[float, float]:
    said = [(mood.valence, mood.energy) for mood in wishes.moods]
    # A style's own mood gives way to words for another.
    moods = said or [style.mood for style in lent if style.mood is not None]
    if not moods:
        return 0.0, 0.5
    valence = sum(mood[0] for mood in moods) / len(moods)
    energy = sum(mood[1] for mood in moods) / len(moods)
    return round(valence, 3), round(energy, 3)


def _tempo(wishes: Wishes, genre: Genre, energy: float, sound_strength: float, seed: str) -> float:
    if wishes.tempo_bpm is not None:
        return wishes.tempo_bpm
    slowest, fastest = genre.tempo_bpm
    span = max(12.0, fastest - slowest)
    # The stronger the prompt's hold, the nearer to the genre's middle.
    spread = 1.1 - 0.8 * sound_strength
    draw = float(stream(seed, "brief", "tempo").uniform(-0.5, 0.5))
    if wishes.tempo_place is not None:
        place = wishes.tempo_place + 0.2 * draw
    else:
        place = 0.5 + spread * draw + 0.5 * (energy - 0.5)
    return float(round(min(200.0, max(50.0, slowest + place * span))))


def _key(
    wishes: Wishes,
    genre: Genre,
    valence: float,
    seed: str,
    section_chords: tuple[tuple[str, tuple[str, ...]], ...],
) -> Key:
    bars = (*wishes.chords, *(bar for _, own in section_chords for bar in own))
    if bars and (wishes.tonic is None or wishes.mode is None):
        return key_of_chords(progression_of(bars), wishes.tonic, wishes.mode)
    rng = stream(seed, "brief", "key")
    tonic = int(rng.integers(12))
    modes = list(genre.modes)
    tilt = np.array([np.exp(-1.6 * valence) if mode in MINOR_MODES else 1.0 for mode in modes])
    weights = np.array([genre.modes[mode] for mode in modes]) * tilt
    mode = modes[int(rng.choice(len(modes), p=weights / weights.sum()))]
    return Key(wishes.tonic if wishes.tonic is not None else tonic, wishes.mode or mode)


def _meter(genre: Genre, seed: str) -> TimeSignature:
    # The first is the usual one; others are for those who ask, or now and then.
    rng = stream(seed, "brief", "meter")
    index = 0 if rng.random() < 0.85 else int(rng.integers(len(genre.meters)))
    numerator, denominator = (int(number) for number in genre.meters[index].split("/"))
    return TimeSignature(numerator, 8 if denominator == 8 else 2 if denominator == 2 else 4)


def _swing(wishes: Wishes, genre: Genre, seed: str) -> float:
    if wishes.swing is not None:
        return wishes.swing
    low, high = genre.swing
    return round(float(stream(seed, "brief", "swing").uniform(low, high)), 3)


def _voice(action: Sounding, wishes: Wishes, genre: Genre, seed: str) -> VoiceName:
    rng = stream(seed, "brief", "voice")
    male: tuple[VoiceName, ...] = ("male",)
    allowed: tuple[VoiceName, ...] = ("female", "bright", "dark", "male")
    if action.vocal_gender == "m":
        allowed = male
    elif action.vocal_gender == "f":
        allowed = ("female", "bright", "dark")
    if wishes.voice in allowed:
        return wishes.voice
    weights = np.array([genre.voices.get(voice, 0.0) for voice in allowed]) + 1e-6
    return allowed[int(rng.choice(len(allowed), p=weights / weights.sum()))]


def _kit(
    wishes: Wishes, genre: Genre, lent: tuple[Style, ...], sound_strength: float, seed: str
) -> str | None:
    if wishes.unwanted_kit or (wishes.plays_alone and not wishes.wants_kit):
        return None
    if wishes.kit is not None:
        return wishes.kit
    own = next((style.kit for style in lent if style.kit and style.kit not in wishes.unwanted), "")
    if own and not (own == "none" and wishes.wants_kit):
        return None if own == "none" else own
    if not genre.kits and not wishes.wants_kit:
        return None
    if wishes.era is not None and wishes.era.kit and wishes.era.kit not in wishes.unwanted:
        return wishes.era.kit
    free = [kit for kit in genre.kits or ("standard_kit",) if kit not in wishes.unwanted]
    if not free:
        return None
    weights = np.exp(-1.2 * sound_strength * np.arange(len(free)))
    return free[int(stream(seed, "brief", "kit").choice(len(free), p=weights / weights.sum()))]


def _subject(wishes: Wishes, genre: Genre, *, words_are_given: bool) -> tuple[str, tuple[str, ...]]:
    """The theme of the words, and the topics they name."""
    themes: dict[str, list[str]] = lexicon()["themes"]
    theme = next((name for word in wishes.topics for name, calls in themes.items() if word in calls), None)
    if theme is None and any(mood.valence < -0.4 for mood in wishes.moods):
        theme = "night"
    if words_are_given:
        return theme or genre.words_theme, ()
    return theme or genre.words_theme, tuple(dict.fromkeys(wishes.topics))


def _understanding(action: Sounding, wishes: Wishes, *, instrumental: bool) -> Understanding:
    understood = list(wishes.understood)
    missed = list(wishes.not_understood)
    notes = list(wishes.notes)
    if wishes.topics:
        if action.sings_given_words or instrumental:
            missed += dict.fromkeys(wishes.topics)
        else:
            understood.append("about " + ", ".join(dict.fromkeys(wishes.topics)))
    if action.prompt and not wishes.genres:
        notes.append(f"genre {load_genre(_genre_name(wishes)).title}, as none was named outright")
    if wishes.instrumental and action.sings_given_words:
        notes.append("sung, as words were given; set `instrumental` for no singing")
    if wishes.languages:
        missed += _told_languages(action, wishes, notes, instrumental=instrumental)
    for name, bars in _section_chords(action):
        understood.append(f"chords {' | '.join(bars)} in the {name}")
    gender = {"m": "male voice", "f": "female voice"}.get(action.vocal_gender or "")
    if gender and not instrumental:
        understood.append(gender)
    return Understanding(
        understood=tuple(dict.fromkeys(understood)),
        not_understood=tuple(dict.fromkeys(missed)),
        notes=tuple(dict.fromkeys(notes)),
    )


def _told_languages(action: Sounding, wishes: Wishes, notes: list[str], *, instrumental: bool) -> list[str]:
    """The named languages that are not sung; adds to the notes which one is."""
    if instrumental:
        return wishes.languages
    sung = languages_of(read_lyric(action.lyric, action.prompt)) if action.sings_given_words else (ENGLISH,)
    missed = [phrase for phrase in wishes.languages if code_of(phrase) not in sung]
    if missed:
        whose = "given" if action.sings_given_words else "that the engine writes"
        names = " and ".join(language_name(code) for code in sung)
        notes.append(f"sung in {names}, the language of the words {whose}")
    return missed
