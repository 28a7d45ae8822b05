import pytest

from songwright.style.prompt_words import read_prompt
from songwright.style.translation import unread_language


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


@pytest.mark.parametrize(
    ("prompt", "wanted"),
    [
        ("una balada nostálgica con piano y violonchelo, 2 minutos", ["mood nostalgic", "with cello"]),
        ("berceuse douce avec harpe, 45 secondes", ["genre lullaby", "with harp", "length about 45 s"]),
        ("canzone triste con mandolino e coro, 1 minuto", ["with mandolin", "length about 60 s"]),
        ("samba alegre com cavaquinho", ["genre samba", "with ukulele"]),
        ("ruhiges Stück mit Harfe und Kontrabass, 40 Sekunden", ["with harp", "length about 40 s"]),
        ("ジャズ、サックスとピアノ、30秒", ["with saxophone", "length about 30 s"]),
        ("怀旧的蓝调、萨克斯、30秒", ["mood nostalgic", "with saxophone", "length about 30 s"]),
        ("따뜻한 포크, 하프와 첼로", ["with harp", "with cello"]),
    ],
)
def test_instruments_moods_and_lengths_are_read_in_other_languages(prompt: str, wanted: list[str]) -> None:
    understood = read_prompt(prompt).understood
    assert [wish for wish in wanted if wish not in understood] == []


@pytest.mark.parametrize(
    ("prompt", "key"),
    [
        ("vals en la menor", "A minor"),
        ("solo piano triste en re menor", "D minor"),
        ("chanson en si bémol majeur", "Bb major"),
        ("sonata in fa diesis minore", "F# minor"),
        ("Walzer in h-Moll", "B minor"),
        ("Marsch in Es-Dur", "Eb major"),
        ("Ballade in B-Dur", "Bb major"),
    ],
)
def test_keys_are_read_as_other_languages_name_them(prompt: str, key: str) -> None:
    assert f"key {key}" in read_prompt(prompt).understood


@pytest.mark.parametrize(
    ("prompt", "language"),
    [
        ("lugn pianomusik utan trummor", "Swedish"),
        ("spokojna muzyka na pianino bez perkusji", "Polish"),
        ("een rustig nummer met piano zonder drums", "Dutch"),
        ("lagu tenang dengan piano tanpa drum", "Indonesian"),
        ("rolig pop med en kvindelig stemme uden trommer", "Danish"),
    ],
)
def test_a_prompt_in_a_language_that_is_not_read_is_told_as_one(prompt: str, language: str) -> None:
    assert unread_language(prompt) == language


@pytest.mark.parametrize(
    "prompt",
    [
        "la bamba, latin rock", "na na na hey hey pop", "ja ja ja techno", "Frère Jacques", "vals triste",
        "a song about my dog Bez and the lake", "glad punk rock", "bossa nova, som de violão", "lo-fi",
    ],
)  # fmt: skip
def test_names_and_sounds_make_no_foreign_language(prompt: str) -> None:
    assert unread_language(prompt) is None
