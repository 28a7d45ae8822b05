import pytest

from songwright.style.prompt_words import read_prompt


@pytest.mark.parametrize(
    ("prompt", "genre", "voice", "tempo_bpm"),
    [
        ("canción de rock rápida, voz femenina, 140 ppm", "rock", "female", 140),
        ("balada de jazz con voz masculina, 70 ppm", "jazz", "male", 70),
        ("música techno escura, voz feminina, 130 bpm", "techno", "female", 130),
        ("chanson de jazz lente, voix de femme, 80 bpm", "jazz", "female", 80),
        ("ein fröhlicher Reggae mit männlicher Stimme, 90 bpm", "reggae", "male", 90),
        ("canzone rock veloce, voce femminile, 150 bpm", "rock", "female", 150),
        ("ロック、女性ボーカル、テンポ120", "rock", "female", 120),
        ("快速摇滚、男声、每分钟120拍", "rock", "male", 120),
        ("느린 재즈, 여성 보컬, 템포 80", "jazz", "female", 80),
    ],
)
def test_a_prompt_is_read_in_its_own_language(prompt: str, genre: str, voice: str, tempo_bpm: float) -> None:
    wishes = read_prompt(prompt)
    assert (wishes.genres[0], wishes.voice, wishes.tempo_bpm) == (genre, voice, tempo_bpm)
    assert wishes.not_understood == []


@pytest.mark.parametrize(
    "prompt",
    [
        "pop sin batería", "música pop sem bateria", "pop triste sans batterie",
        "trauriger Pop ohne Schlagzeug",
        "pop triste senza batteria", "ドラムなしのポップ", "流行音乐、没有鼓", "드럼 없는 팝",
    ],
)  # fmt: skip
def test_what_is_declined_in_another_language_is_left_out(prompt: str) -> None:
    wishes = read_prompt(prompt)
    assert wishes.unwanted_kit
    assert wishes.genres == ["pop"]


@pytest.mark.parametrize(
    "prompt",
    [
        "langsamer Walzer für Klavier",
        "vals lento para piano",
        "valse lente pour piano",
        "ピアノのスローワルツ",
    ],
)
def test_a_slow_waltz_for_piano_is_one_in_every_language(prompt: str) -> None:
    wishes = read_prompt(prompt)
    assert str(wishes.meter) == "3/4"
    assert wishes.tempo_place is not None
    assert wishes.tempo_place < 0
    assert "with piano" in wishes.understood


@pytest.mark.parametrize(
    "prompt",
    [
        "allegro con brio, pop",
        "a tango about María",
        "la la la pop",
        "bossa nova in Rio de Janeiro",
        "solo piano",
    ],
)
def test_a_few_foreign_words_leave_an_english_prompt_as_it_is(prompt: str) -> None:
    assert "mood happy" not in read_prompt(prompt).understood
    assert "with drums" not in read_prompt(prompt).understood
