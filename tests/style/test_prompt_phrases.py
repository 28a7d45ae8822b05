from dataclasses import replace

import pytest

from songwright.engines.local.composing.brief import Brief, read_brief
from songwright.engines.local.composing.compose import compose
from songwright.music.actions import Generate
from songwright.music.song import Understanding
from songwright.style.genre import genre_names
from songwright.style.instruments import INSTRUMENTS
from songwright.style.named_styles import Style, qualities, styles
from songwright.style.prompt_words import read_prompt
from songwright.style.traits import UNCOLOURED

STYLES = {style.title: style for style in styles().values() if style.stand_in}
QUALITIES = {style.title: style for style in qualities().values()}


def brief_of(prompt: str) -> Brief:
    return read_brief(Generate(prompt=prompt), "a")


@pytest.mark.parametrize(
    ("prompt", "genre"),
    [
        ("smoky jazz club ballad", "jazz"),
        ("late night jazz club, upright bass", "jazz"),
        ("reggae party", "reggae"),
        ("energetic K-pop dance track", "pop"),
        ("kpop dance banger", "pop"),
        ("electronic rock anthem", "rock"),
        ("acoustic metal", "metal"),
        ("hypnotic minimalist jazz", "jazz"),
        ("happy hardcore", "techno"),
        ("melodic, electronic, country", "country"),
        ("trip-hop", "hip_hop"),
        ("bluegrass stomp", "country"),
    ],
)
def test_the_head_of_a_phrase_decides_the_genre_and_a_scene_or_mood_does_not(prompt: str, genre: str) -> None:
    assert brief_of(prompt).genre == genre


@pytest.mark.parametrize(
    ("prompt", "instrument"),
    [
        ("alto saxophone", "alto_sax"),
        ("tenor saxophone over a slow beat", "tenor_sax"),
        ("jazz with soprano saxophone", "soprano_sax"),
        ("baritone saxophones", "baritone_sax"),
        ("alto flute and harp", "flute"),
        ("bass clarinet", "clarinet"),
    ],
)
def test_the_register_of_an_instrument_asks_for_no_singer(prompt: str, instrument: str) -> None:
    wishes = read_prompt(prompt)
    assert wishes.voice is None
    assert instrument in brief_of(prompt).wanted


@pytest.mark.parametrize(
    "prompt",
    ["good vibes only, pop", "summer vibes", "chill vibes with guitar", "positive vibes", "happy vibes"],
)
def test_vibes_are_a_mood(prompt: str) -> None:
    assert "vibraphone" not in brief_of(prompt).wanted
    assert brief_of(prompt).understanding.not_understood == ()


@pytest.mark.parametrize("prompt", ["jazz with vibes", "swing, piano and vibes", "cool jazz, vibraphone"])
def test_vibes_that_somebody_plays_are_an_instrument(prompt: str) -> None:
    assert "vibraphone" in brief_of(prompt).wanted


@pytest.mark.parametrize(
    "prompt", ["thrash with double bass drums", "metal, double kick", "death metal with double bass drumming"]
)
def test_double_bass_drums_belong_to_the_kit(prompt: str) -> None:
    brief = brief_of(prompt)
    assert brief.kit == "power_kit"
    assert "acoustic_bass" not in brief.wanted


@pytest.mark.parametrize(
    "prompt",
    ["a woman that has no self-control", "a man who lost his way", "a woman with red hair and a plan"],
)
def test_somebody_a_song_tells_of_need_not_sing_it(prompt: str) -> None:
    assert read_prompt(prompt).voice is None


@pytest.mark.parametrize(
    ("prompt", "voice"),
    [("male vocalist", "male"), ("female vocalists", "female"), ("pop, woman singing", "female")],
)
def test_a_vocalist_is_read_whole(prompt: str, voice: str) -> None:
    wishes = read_prompt(prompt)
    assert wishes.voice == voice
    assert wishes.not_understood == []


@pytest.mark.parametrize(
    ("prompt", "unwanted"),
    [
        ("pop without drums, bass or synths", {"fingered_bass", "saw_lead"}),
        ("rock without piano, organ and strings", {"acoustic_grand_piano", "drawbar_organ", "violin"}),
        ("folk, no banjo, fiddle or harmonica", {"banjo", "fiddle", "harmonica"}),
        ("pop with piano but no guitars", {"clean_guitar"}),
        ("jazz, piano instead of guitar", {"jazz_guitar"}),
    ],
)
def test_a_list_is_declined_to_its_end(prompt: str, unwanted: set[str]) -> None:
    assert unwanted <= set(brief_of(prompt).unwanted)


@pytest.mark.parametrize(
    "prompt", ["rock, no drums, soft piano", "pop, no bass, piano", "no drums with piano"]
)
def test_what_follows_a_declined_thing_is_wanted_where_no_word_joins_them(prompt: str) -> None:
    brief = brief_of(prompt)
    assert "acoustic_grand_piano" in brief.wanted
    assert "acoustic_grand_piano" not in brief.unwanted


@pytest.mark.parametrize(
    ("prompt", "kept"), [("rock instead of jazz", "rock"), ("country, not pop", "country")]
)
def test_a_declined_genre_is_not_played(prompt: str, kept: str) -> None:
    brief = brief_of(prompt)
    assert brief.genre == kept
    assert read_prompt(prompt).genres == [kept]


def test_not_too_fast_is_neither_fast_nor_slow() -> None:
    slow, calm, fast = (brief_of(f"pop, {word}").tempo_bpm for word in ("slow", "not too fast", "fast"))
    assert slow < calm < fast


@pytest.mark.parametrize("prompt", ["long guitar solo", "rock with a long intro", "lived a long 13 years"])
def test_a_long_part_or_time_makes_no_long_song(prompt: str) -> None:
    assert read_prompt(prompt).target_seconds is None


@pytest.mark.parametrize("title", STYLES)
def test_a_style_that_another_genre_plays_changes_it_and_says_so(title: str) -> None:
    style = STYLES[title]
    assert style.genre in genre_names()
    assert {*style.instruments, *style.without} <= set(INSTRUMENTS)
    word = style.all_words[-1]
    brief = brief_of(word)
    assert sounding(brief) != sounding(brief_of(style.genre.replace("_", " ")))
    assert any("played on the model of" in note for note in brief.understanding.notes)


@pytest.mark.parametrize("title", QUALITIES)
def test_every_quality_changes_the_song(title: str) -> None:
    quality = QUALITIES[title]
    assert {*quality.instruments, *quality.without} <= set(INSTRUMENTS)
    assert sounding(brief_of(f"pop, {title}")) != sounding(brief_of("pop"))


@pytest.mark.parametrize("style", [*STYLES.values(), *QUALITIES.values()], ids=lambda style: style.title)
def test_what_a_style_lends_keeps_a_genre_within_its_bounds(style: Style) -> None:
    for name in (style.genre or "pop", "ambient", "metal"):
        genre = replace(brief_of("pop"), genre=name, traits=style.traits).coloured_genre
        type(genre).model_validate(genre.model_dump())


def test_no_traits_leave_the_genre_as_it_is() -> None:
    assert brief_of("pop").traits == UNCOLOURED


@pytest.mark.parametrize("quality", ["rhythmic", "melodic", "rapped", "experimental"])
def test_a_quality_of_the_tune_is_heard_in_its_notes(quality: str) -> None:
    plain, coloured = composed("pop, 110 bpm"), composed(f"pop, 110 bpm, {quality}")
    assert coloured != plain


def test_a_deep_voice_sings_lower_than_a_high_one() -> None:
    def middle(prompt: str) -> float:
        pitches = composed(prompt)
        return sum(pitches) / len(pitches)

    assert middle("pop in C, male voice, deep voice") < middle("pop in C, male voice, high voice")


@pytest.mark.parametrize(
    ("quality", "wetter"), [("reverb", True), ("spacious", True), ("dry", False), ("ethereal", True)]
)
def test_a_word_for_space_changes_the_hall(quality: str, wetter: bool) -> None:
    plain, coloured = brief_of("pop").coloured_genre.mix, brief_of(f"pop, {quality}").coloured_genre.mix
    assert (coloured.room_seconds > plain.room_seconds) is wetter


def composed(prompt: str) -> list[int]:
    vocal = compose(Generate(prompt=prompt), "7").score.vocal
    assert vocal is not None
    return [note.midi_pitch for line in vocal.lines for note in line.notes]


def sounding(brief: Brief) -> Brief:
    unsaid = replace(brief, mood="", understanding=Understanding(), flavour=None, wants_flavour=False)
    return replace(unsaid, topics=(), theme="")


@pytest.mark.parametrize(
    "prompt",
    [
        "no lyrics for 30 seconds and a female voice",
        "no words at first, then a male singer",
        "instrumental start, woman singing",
    ],
)
def test_a_named_singer_sings(prompt: str) -> None:
    wishes = read_prompt(prompt)
    assert wishes.voice is not None
    assert not wishes.instrumental


@pytest.mark.parametrize("typed", ["rythmic", "agressive", "powerfull", "melancolic", "energettic"])
def test_a_letter_too_many_or_too_few_is_forgiven(typed: str) -> None:
    assert read_prompt(f"metal, {typed}").not_understood == []


@pytest.mark.parametrize(
    "prompt",
    [
        "a song about my dog Rex who loves pizza and the sea",
        "my grandmother's garden in spring",
        "A boy leaves his village and finds the sea",
    ],
)
def test_a_plain_subject_is_what_the_song_is_about(prompt: str) -> None:
    wishes = read_prompt(prompt)
    assert wishes.topics
    assert wishes.not_understood == []
