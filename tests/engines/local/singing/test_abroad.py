"""Words in other languages: what eSpeak NG says of them, and the syllables that are sung."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from songwright.engines.local.composing.prosody import syllabify
from songwright.engines.local.singing.abroad import espeak, words
from songwright.engines.local.singing.abroad.espeak import Espeak, find_espeak, phonemes_of_lines
from songwright.engines.local.singing.abroad.sounds import sounds_of, sung_phonemes
from songwright.engines.local.singing.abroad.tongues import TONGUES
from songwright.engines.local.singing.network import known_sounds
from songwright.engines.local.singing.phonology import STRESS_MARKS
from songwright.engines.local.singing.pronunciation import pronounce, pronounce_ahead
from songwright.engines.local.singing.singer import sing
from songwright.errors import EngineError
from songwright.music.score import SungLine, SungNote, VocalPart
from standins import espeak_ng

# The sounds of hibari's English, which are all that the network has been taught.
TAUGHT = frozenset("AIOQWYbdfhijklmnpstuvwzæðŋɑɔəɚɛɜɡɪɹʃʊʌʒʤʧθᵊᵻT")

# A mark stands before each syllable that is stressed.
SUNG = [
    ("es", "La luna brilla, mañana vendrás", "La ˈlu-na ˈbri-lla ma-ˈña-na ven-ˈdrás"),
    ("es", "¿Dónde estás, mi niño pequeño?", "ˈDón-de es-ˈtás mi ˈni-ño pe-ˈque-ño"),
    ("it", "Perché ogni giorno è più bello", "Per-ˈché ˈo-gni ˈgior-no è più ˈbel-lo"),
    ("it", "Voglio cantare con te stasera", "ˈVo-glio can-ˈta-re con te sta-ˈse-ra"),
    ("pt", "Meu coração não quer saber", "Meu co-ra-ˈção não ˈquer sa-ˈber"),
    ("pt", "Amanhã vamos à praia", "A-ma-ˈnhã ˈva-mos à ˈprai-a"),
    ("fr", "L'amour n'est qu'un jour d'été", "L'a-ˈmour n'est qu'un ˈjour d'é-ˈté"),
    ("fr", "Les amis chantent sous la lune", "Les a-ˈmis ˈchantent sous la ˈlune"),
    ("de", "Ich möchte durch die Straßen gehen", "Ich ˈmöch-te durch die ˈStra-ßen ˈgeh-en"),
    ("de", "Die Nächte sind so schön", "Die ˈNäch-te sind so ˈschön"),
    ("sv", "Jag ser månen över havet", "Jag ˈser ˈmå-nen ˈö-ver ˈha-vet"),
    ("pl", "Chcę śpiewać z tobą tej nocy", "ˈChcę ˈśpie-wać ˈz to-bą tej ˈno-cy"),
    ("tr", "Küçük bir kedim var", "Kü-ˈçük bir ke-ˈdim ˈvar"),
    ("id", "Aku melihat bulan di atas laut", "ˈA-ku me-ˈli-hat ˈbu-lan di ˈa-tas ˈlaut"),
]


def _real() -> Iterator[Espeak]:
    """Every real eSpeak NG of this machine."""
    found = find_espeak()
    if found is not None:
        yield found
        if found.program:
            with pytest.MonkeyPatch.context() as patch:
                patch.setenv("PATH", "")
                wheel = find_espeak()
                if wheel is not None:
                    yield wheel


REAL = list(_real())


@pytest.fixture(autouse=True)
def _nothing_known_yet(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(words, "_known", {})


@pytest.fixture
def recorded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A program on ``PATH`` that answers with what the real one has said."""
    monkeypatch.setenv("PATH", str(tmp_path))
    return espeak_ng.install(tmp_path)


def engraved(line: str, language: str) -> str:
    text = ""
    for syllable in syllabify(line, language):
        text += ("ˈ" if syllable.stressed else "") + syllable.text + (" " if syllable.word_end else "-")
    return text.strip()


@pytest.mark.usefixtures("recorded")
@pytest.mark.parametrize(("language", "line", "wanted"), SUNG)
def test_a_line_is_divided_as_its_language_divides_it(language: str, line: str, wanted: str) -> None:
    assert engraved(line, language) == wanted


@pytest.mark.skipif(not REAL, reason="eSpeak NG is not installed")
@pytest.mark.parametrize("real", REAL, ids=lambda real: "program" if real.program else "library")
@pytest.mark.parametrize(("language", "line", "wanted"), SUNG)
def test_the_real_espeak_gives_the_same_syllables(
    language: str, line: str, wanted: str, real: Espeak, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(words, "find_espeak", lambda: real)
    assert engraved(line, language) == wanted


@pytest.mark.skipif(not REAL, reason="eSpeak NG is not installed")
@pytest.mark.parametrize("real", REAL, ids=lambda real: "program" if real.program else "library")
@pytest.mark.parametrize("language", TONGUES)
def test_the_real_espeak_knows_every_language_that_is_offered(language: str, real: Espeak) -> None:
    (answer,) = phonemes_of_lines(["la la"], TONGUES[language].voice, real)
    assert len(answer.split()) == 2


@pytest.mark.usefixtures("recorded")
@pytest.mark.parametrize(("language", "line", "_wanted"), SUNG)
def test_the_letters_of_a_words_syllables_are_the_word_as_written(
    language: str, line: str, _wanted: str
) -> None:
    sung = "".join(syllable.text + " " * syllable.word_end for syllable in syllabify(line, language))
    assert sung.split() == ["".join(c for c in word if c not in ",?¿") for word in line.split()]


@pytest.mark.parametrize("language", TONGUES)
def test_every_sound_becomes_one_that_the_voice_has_been_taught(language: str) -> None:
    made = set("".join(sounds_of(language).values()))
    assert made <= TAUGHT
    assert made <= known_sounds()


@pytest.mark.usefixtures("recorded")
def test_a_number_that_is_said_in_several_words_is_one_word_with_all_its_syllables() -> None:
    syllables = syllabify("Tengo 21 años y un corazón", "es")
    assert [s.text for s in syllables if s.word == 1] == ["2", "1", "-", "-"]
    assert max(s.word for s in syllables) == 5


@pytest.mark.parametrize(
    ("ipa", "language", "wanted"),
    [
        ("p_ˈɛ_s_tʃ_a", "it", "pˈɛsʧɑ"),
        ("k_ˈa_z_ɐ̃_m", "pt", "kˈɑzʌm"),
        ("p_l_y_ˈi", "fr", "plwˈi"),
        ("m_ˈɔ_ɾ_ɡ_ə_n", "de", "mˈɔɡən"),
        ("f_ɛ_ɾ_l_ˈi_ɾ_ə_n", "de", "fɛlˈiɹən"),
        ("(en)_ˈɪ_n_t_ə_(es)_n_ˈɛ_t", "es", "ˈɪntənˈɛt"),
        ("", "es", ""),
    ],
)
def test_phonemes_are_brought_into_the_voices_alphabet(ipa: str, language: str, wanted: str) -> None:
    assert sung_phonemes(ipa, language) == wanted


@pytest.mark.usefixtures("recorded")
def test_a_line_is_sung_in_its_language_and_keeps_its_letters() -> None:
    line, language = "Mañana vuelvo a mi niñez", "es"
    syllables = syllabify(line, language)
    notes = tuple(
        SungNote(2.0 + index, 1.0, 62, syllable.text, syllable.word, syllable.stressed)
        for index, syllable in enumerate(syllables)
    )
    lines = (SungLine(line, 0, notes, language), SungLine(line, 0, notes, "en"))
    abroad, at_home = (sing(VocalPart("female", (each,)), 100.0, 44_100 * 8, seed="s") for each in lines)

    assert [syllable.text for syllable in abroad.lines[0].syllables] == [s.text for s in syllables]
    assert abroad.lines[0].text == line
    assert abs(abroad.samples).max() > 0.1
    assert (abroad.samples != at_home.samples).any()
    assert all(set(word.phonemes) <= TAUGHT | STRESS_MARKS for word in pronounce(line, language))


def test_many_lines_are_asked_in_one_process(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = espeak_ng.install(tmp_path)
    log = tmp_path / "starts"
    counted = program.read_text().replace("import sys\n", f"import sys\nopen({str(log)!r}, 'a').write('.')\n")
    program.write_text(counted)
    monkeypatch.setenv("PATH", str(tmp_path))
    lines = [line for language, line, _ in SUNG if language == "es"]

    pronounce_ahead((line, "es") for line in lines)
    for line in lines:
        pronounce(line, "es")

    assert log.read_text() == "."


def test_english_starts_no_process(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    log = tmp_path / "starts"
    espeak_ng.install_broken(tmp_path, f"open({str(log)!r}, 'a').write('.')")
    monkeypatch.setenv("PATH", str(tmp_path))
    pronounce_ahead([("Over the river", "en")])
    assert pronounce("Over the river", "en") == pronounce("Over the river")
    assert not log.exists()


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        ("import sys; sys.exit(3)", "exit code 3"),
        ("import sys; sys.stdout.buffer.write(bytes([255, 254]))", "UnicodeDecodeError"),
        ("while True: pass", "TimeoutExpired"),
    ],
)
def test_a_program_that_fails_is_reported_with_what_it_did(
    code: str, reason: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(espeak, "_SECONDS", 0.5)
    broken = Espeak(program=str(espeak_ng.install_broken(tmp_path, code)))
    with pytest.raises(EngineError, match=reason):
        phonemes_of_lines(["hola"], "roa/es", broken)


def test_espeak_that_has_gone_is_named_with_the_command_that_brings_it_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setitem(sys.modules, "espeakng_loader", None)
    with pytest.raises(EngineError, match=r"pip install \"songwright\[languages\]\""):
        pronounce("Mañana vuelvo a mi niñez", "es")


def test_espeak_is_told_no_secret_of_ours(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ACEDATACLOUD_API_TOKEN", "a-secret")
    told = "import os, sys; sys.stdout.write('h_a ' + '_'.join(os.environ))"
    nosy = Espeak(program=str(espeak_ng.install_broken(tmp_path, told)))
    (answer,) = phonemes_of_lines(["hola"], "roa/es", nosy)
    assert "ACEDATACLOUD" not in answer


def test_the_name_of_a_voice_is_never_taken_from_outside() -> None:
    with pytest.raises(ValueError, match="voice"):
        phonemes_of_lines(["hola"], "--version", Espeak(program="/bin/false"))
