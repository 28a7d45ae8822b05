import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from songwright.engines.local.composing.brief import Brief, read_brief
from songwright.music.actions import Generate
from songwright.music.score import Key, TimeSignature
from songwright.style.genre import genre_names, load_genre
from songwright.style.instruments import INSTRUMENTS
from songwright.style.lexicon_tables import lexicon
from songwright.style.prompt_words import read_prompt


def brief_of(prompt: str, seed: str = "a", **fields: object) -> Brief:
    return read_brief(Generate.model_validate({"prompt": prompt, **fields}), seed)


@pytest.mark.parametrize(
    ("prompt", "key"),
    [
        ("pop in A minor", Key(9, "minor")),
        ("pop in a minor, slow", Key(9, "minor")),
        ("rock, F#m, loud", Key(6, "minor")),
        ("key of Bb major", Key(10, "major")),
        ("jazz in E flat major", Key(3, "major")),
        ("C# minor trap", Key(1, "minor")),
        ("something in D dorian", Key(2, "dorian")),
    ],
)
def test_a_key_is_obeyed(prompt: str, key: Key) -> None:
    assert brief_of(prompt).key == key


def test_a_minor_key_names_a_mode_and_no_tonic() -> None:
    wishes = read_prompt("sad song in a minor key")
    assert (wishes.tonic, wishes.mode) == (None, "minor")


def test_a_bare_tonic_keeps_the_genres_mode() -> None:
    assert brief_of("pop in E, happy").key.tonic == 4


@pytest.mark.parametrize(
    "prompt", ["pop 120 bpm", "pop at 120bpm", "tempo: 120, pop", "120 beats per minute"]
)
def test_a_tempo_is_obeyed(prompt: str) -> None:
    brief = brief_of(prompt)
    assert brief.tempo_bpm == 120
    assert "tempo 120 bpm" in brief.understanding.understood


def test_an_unplayable_tempo_is_brought_into_range_and_said_so() -> None:
    brief = brief_of("pop 900 bpm")
    assert brief.tempo_bpm == 220
    assert any("220" in note for note in brief.understanding.notes)


@pytest.mark.parametrize(
    ("prompt", "meter"),
    [
        ("folk in 3/4", TimeSignature(3, 4)),
        ("ballad 6/8", TimeSignature(6, 8)),
        ("pop, 4/4", TimeSignature(4, 4)),
        ("a slow waltz", TimeSignature(3, 4)),
    ],
)
def test_a_time_signature_is_obeyed(prompt: str, meter: TimeSignature) -> None:
    assert brief_of(prompt).time_signature == meter


@pytest.mark.parametrize(
    ("prompt", "wanted"),
    [
        ("pop with cello", "cello"),
        ("pop, featuring saxophone", "tenor_sax"),
        ("rock with distorted guitars", "distortion_guitar"),
        ("folk with banjo and fiddle", "fiddle"),
    ],
)
def test_an_instrument_is_wanted(prompt: str, wanted: str) -> None:
    assert wanted in brief_of(prompt).wanted


@pytest.mark.parametrize(
    ("prompt", "era"),
    [
        ("1920s swing jazz", "20s"),
        ("60's surf rock", "60s"),
        ("y2k pop", "2000s"),
        ("baroque strings and harpsichord", "baroque"),
        ("18th century dance", "baroque"),
        ("medieval tavern song", "medieval"),
        ("Victorian waltz", "romantic"),
    ],
)
def test_an_era_is_obeyed_and_said(prompt: str, era: str) -> None:
    brief = brief_of(prompt)
    assert brief.era == era
    assert f"era {era}" in brief.understanding.understood


def test_an_era_without_drums_of_its_own_leaves_them_to_the_genre() -> None:
    assert brief_of("baroque techno").kit == brief_of("techno").kit


@pytest.mark.parametrize("prompt", ["pop auf Deutsch", "chanson en fran\u00e7ais", "bossa nova in Spanish"])
def test_a_language_that_is_not_sung_is_named_and_english_is_said_instead(prompt: str) -> None:
    understanding = brief_of(prompt).understanding
    assert understanding.not_understood
    assert any("English" in note for note in understanding.notes)


def test_no_drums_means_no_kit() -> None:
    brief = brief_of("rock, no drums")
    assert brief.kit is None
    assert "no drums" in brief.understanding.understood


def test_drums_can_be_declined_together_with_a_piano() -> None:
    brief = brief_of("pop without drums or piano, with cello")
    assert brief.kit is None
    assert "acoustic_grand_piano" in brief.unwanted
    assert brief.wanted == ("cello",)


def test_no_bass_means_no_bass() -> None:
    assert not brief_of("house, no bass").has_bass
    assert brief_of("house").has_bass


def test_an_808_asks_for_its_kit() -> None:
    assert brief_of("pop with 808s").kit == "tr808_kit"


@pytest.mark.parametrize("name", genre_names())
def test_every_genre_is_known_by_its_title(name: str) -> None:
    assert brief_of(f"a {load_genre(name).title} song").genre == name


def test_a_mood_word_that_hints_at_a_genre_gives_way_to_one_that_is_named() -> None:
    assert brief_of("epic heavy pop").genre == "pop"
    assert brief_of("calm jazz").genre == "jazz"


def test_what_follows_with_colours_the_genre_that_was_named_first() -> None:
    brief = brief_of("rock with touches of jazz")
    assert (brief.genre, brief.flavour) == ("rock", "jazz")


def test_a_prompt_without_a_genre_falls_back_and_says_so() -> None:
    brief = brief_of("a song about my bicycle")
    assert brief.genre == "pop"
    assert any("Pop" in note for note in brief.understanding.notes)


def test_male_and_female_voices_are_obeyed() -> None:
    assert brief_of("pop, male voice").voice == "male"
    assert brief_of("pop, female vocals").voice == "female"


def test_vocal_gender_outranks_the_prompt() -> None:
    assert brief_of("pop, female voice", vocal_gender="m").voice == "male"


@pytest.mark.parametrize(("gender", "told"), [("m", "male voice"), ("f", "female voice")])
def test_the_voice_that_was_asked_for_is_said_to_be_understood(gender: str, told: str) -> None:
    assert told in brief_of("pop", vocal_gender=gender).understanding.understood
    played = brief_of("pop", vocal_gender=gender, instrumental=True).understanding.understood
    assert told not in played


def test_an_instrumental_has_no_voice() -> None:
    assert brief_of("pop", instrumental=True).voice is None
    assert brief_of("pop, no vocals").voice is None


def test_slow_is_slower_than_fast() -> None:
    assert brief_of("slow pop").tempo_bpm < brief_of("pop").tempo_bpm < brief_of("fast pop").tempo_bpm


def test_sad_leans_to_minor_and_happy_to_major() -> None:
    def minors(prompt: str) -> int:
        return sum(brief_of(prompt, seed=str(n)).key.mode == "minor" for n in range(30))

    assert minors("sad heartbroken pop") > minors("pop") > minors("happy cheerful pop")


def test_energy_follows_the_mood() -> None:
    assert brief_of("calm gentle pop").energy < brief_of("energetic aggressive pop").energy


def test_an_era_brings_its_instruments() -> None:
    brief = brief_of("90s rock")
    assert brief.era == "90s"
    assert brief.genre == "rock"
    assert brief.wanted


def test_eighties_is_an_era_and_not_a_length() -> None:
    brief = brief_of("80s pop")
    assert brief.target_seconds is None
    assert brief.era == "80s"


@pytest.mark.parametrize("prompt", ["pop jingle, 3 seconds", "pop jingle, 0:04", "pop, a 2-second sting"])
def test_a_length_below_the_shortest_becomes_the_shortest_and_is_said(prompt: str) -> None:
    brief = brief_of(prompt)
    assert brief.target_seconds == 5
    assert "no song is shorter than 5 s" in brief.understanding.notes
    assert not any("length" in wish for wish in brief.understanding.understood)


def test_a_length_above_the_longest_is_said_to_be_left_aside() -> None:
    brief = brief_of("score for a 90-minute film, orchestral")
    assert brief.target_seconds is None
    assert "no song is longer than 600 s" in brief.understanding.notes


def test_a_length_is_read_in_minutes_and_seconds() -> None:
    assert brief_of("pop, 2 minutes").target_seconds == 120
    assert brief_of("pop, 100 seconds").target_seconds == 100
    assert brief_of("pop, 2:30").target_seconds == 150


def test_another_language_is_reported_as_not_understood() -> None:
    understanding = brief_of("pop in Spanish").understanding
    assert "spanish" in understanding.not_understood
    assert understanding.notes


def test_content_words_become_what_the_song_is_about() -> None:
    brief = brief_of("sad pop about lighthouses and rain")
    assert brief.topics == ("lighthouses", "rain")
    assert brief.theme == "sea"


def test_an_instrument_in_the_subject_is_not_an_order() -> None:
    brief = brief_of("pop about a piano")
    assert brief.wanted == ()
    assert "piano" in brief.topics


def test_words_that_are_no_subject_are_not_sung_about() -> None:
    brief = brief_of("heavy metal, theremin, tape hiss")
    assert brief.topics == ()
    assert set(brief.understanding.not_understood) >= {"theremin", "hiss"}


def test_a_guitar_is_the_genres_own_guitar() -> None:
    heavy = {"distortion_guitar", "overdriven_guitar", "muted_guitar"}
    assert brief_of("metal with guitar").wanted[0] in heavy


def test_a_meter_in_figures_outranks_a_word_for_another() -> None:
    brief = brief_of("folk waltz in 6/8")
    assert brief.time_signature == TimeSignature(6, 8)
    assert "time signature 3/4" not in brief.understanding.understood


def test_unknown_words_are_listed_where_no_words_are_written_from_them() -> None:
    brief = brief_of("pop, zorbly", lyric="We sing along")
    assert brief.understanding.not_understood == ("zorbly",)


def test_a_strong_hold_of_the_prompt_keeps_tempos_nearer_to_the_genres_middle() -> None:
    def spread(strength: float) -> float:
        tempos = [brief_of("pop", seed=str(n), sound_strength=strength).tempo_bpm for n in range(40)]
        return max(tempos) - min(tempos)

    assert spread(1.0) < spread(0.2)


def test_lyrics_strength_lifts_the_voice() -> None:
    gains = [brief_of("pop", lyrics_strength=strength).vocal_gain_db for strength in (0.0, 0.5, 1.0)]
    assert gains == sorted(gains)
    assert gains[1] == 0


def test_the_same_request_and_seed_give_the_same_brief() -> None:
    assert brief_of("pop", seed="x") == brief_of("pop", seed="x")


def test_every_instrument_that_words_name_is_in_the_catalogue() -> None:
    tables = lexicon()
    named = {name for names in tables["instruments"].values() for name in names}
    kits = {name for names in tables["kits"].values() for name in names}
    kits |= {facts["kit"] for facts in tables["eras"].values()}
    assert named <= set(INSTRUMENTS)
    assert all(INSTRUMENTS[kit].is_kit for kit in kits if kit)


@settings(max_examples=60, deadline=None)
@given(st.text(st.characters(codec="utf-8", exclude_categories=("C",)), min_size=1, max_size=200))
def test_any_prompt_can_be_read(prompt: str) -> None:
    wishes = read_prompt(prompt)
    assert wishes.tempo_bpm is None or 40 <= wishes.tempo_bpm <= 220
