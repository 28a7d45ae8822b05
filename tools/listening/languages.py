"""Other languages: the same six lines in each, sung, and what a recogniser makes of them.

A language is offered when its character error is at most ``WANTED``. The recogniser is small: of plain speech
of eSpeak NG it loses 0.12 to 0.51.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence

from pydantic import BaseModel
from tools.listening.renders import Render
from tools.listening.requests import Request
from tools.listening.verdicts import Verdict
from tools.listening.words import Recogniser, clips_of, errors_between

from songwright.engines.local.singing.abroad.tongues import sung_here
from songwright.music.lyrics import ENGLISH
from songwright.style.languages import language_name

__all__ = ["WANTED", "LanguageFigures", "language_figures", "language_requests", "language_verdicts"]

WANTED = 0.35
"""Character error on the vocal stem that a language may have and still be offered."""

_STYLES = (
    ("folk", "calm folk, female voice, acoustic guitar", 92, "C major"),
    ("pop", "pop ballad, female voice, piano", 84, "A minor"),
)

# Everyday words, of one meaning in all languages.
LYRICS: dict[str, str] = {
    "es": """
[Verse]
El viento mueve las hojas del árbol
Dame la mano y camina a mi lado
Siempre te espero cuando cae el sol
[Chorus]
La casa de mi abuela tiene flores azules
No quiero perder tu sonrisa
Bailamos toda la noche bajo las estrellas
""",
    "it": """
[Verse]
Il vento muove le foglie dell'albero
Dammi la mano e cammina con me
Ti aspetto sempre quando scende il sole
[Chorus]
La casa di mia nonna ha fiori azzurri
Non voglio perdere il tuo sorriso
Balliamo tutta la notte sotto le stelle
""",
    "pt": """
[Verse]
O vento move as folhas da árvore
Me dá a mão e caminha comigo
Sempre te espero quando o sol se vai
[Chorus]
A casa da minha avó tem flores azuis
Não quero perder o teu sorriso
Dançamos a noite toda sob as estrelas
""",
    "fr": """
[Verse]
Le vent fait danser les feuilles
Donne-moi la main et marche avec moi
Je t'attends toujours quand le soleil se couche
[Chorus]
La maison de ma grand-mère a des fleurs bleues
Je ne veux pas perdre ton sourire
Nous dansons toute la nuit sous les étoiles
""",
    "de": """
[Verse]
Der Wind bewegt die Blätter am Baum
Gib mir die Hand und geh mit mir
Ich warte immer wenn die Sonne sinkt
[Chorus]
Das Haus meiner Oma hat blaue Blumen
Ich will dein Lächeln nicht verlieren
Wir tanzen die ganze Nacht unter den Sternen
""",
    "sv": """
[Verse]
Vinden rör vid trädets blad
Ge mig din hand och gå med mig
Jag väntar alltid när solen går ner
[Chorus]
Min mormors hus har blåa blommor
Jag vill inte förlora ditt leende
Vi dansar hela natten under stjärnorna
""",
    "pl": """
[Verse]
Wiatr porusza liście drzewa
Daj mi rękę i idź ze mną
Zawsze czekam kiedy zachodzi słońce
[Chorus]
Dom mojej babci ma niebieskie kwiaty
Nie chcę stracić twojego uśmiechu
Tańczymy całą noc pod gwiazdami
""",
    "tr": """
[Verse]
Rüzgar ağacın yapraklarını oynatıyor
Elini ver ve benimle yürü
Güneş batarken hep seni beklerim
[Chorus]
Ninemin evinde mavi çiçekler var
Gülüşünü kaybetmek istemiyorum
Bütün gece yıldızların altında dans ederiz
""",
    "id": """
[Verse]
Angin meniup daun di pohon
Pegang tanganku dan berjalan denganku
Aku selalu menunggu saat matahari terbenam
[Chorus]
Rumah nenekku punya bunga biru
Aku tidak mau kehilangan senyummu
Kita menari sepanjang malam di bawah bintang
""",
}


class LanguageFigures(BaseModel):
    """How far the lines of one language were understood.

    Attributes:
        heard: Each line as written, and as the recogniser wrote it down.
        word_error: Mean over the lines, 0..1.
        character_error: The same of letters, without accents and blanks: a recogniser of this size knows few
            words of most languages, and spells what it hears.
    """

    language: str
    heard: tuple[tuple[str, str], ...]
    word_error: float
    character_error: float


def language_requests() -> list[Request]:
    """Two songs for every other language that this machine sings: one line tells little."""
    return [
        Request(f"language-{code}-{genre}", genre, style, tempo_bpm, key, LYRICS[code].strip())
        for code in sung_here()
        if code != ENGLISH
        for genre, style, tempo_bpm, key in _STYLES
    ]


def language_figures(render: Render, hear: Recogniser) -> LanguageFigures:
    """Recognise the lines of a song, each once, on the vocal stem."""
    language = render.request.name.split("-")[1]
    heard = tuple((text, hear.hear(clip, language)) for text, clip in clips_of(render))
    errors = [errors_between(_bare(text), _bare(found)) for text, found in heard]
    count = max(1, len(errors))
    return LanguageFigures(
        language=language,
        heard=heard,
        word_error=sum(word for word, _ in errors) / count,
        character_error=sum(character for _, character in errors) / count,
    )


def language_verdicts(songs: Sequence[LanguageFigures]) -> list[Verdict]:
    """A line for each language, over its songs."""
    verdicts = []
    for language in dict.fromkeys(song.language for song in songs):
        own = [song for song in songs if song.language == language]
        characters = sum(song.character_error for song in own) / len(own)
        words = sum(song.word_error for song in own) / len(own)
        verdicts.append(
            Verdict(
                f"character error of Whisper base, sung in {language_name(language)}",
                f"<= {WANTED}",
                f"{characters:.2f} (words {words:.2f})",
                characters <= WANTED,
            )
        )
    return verdicts


def _bare(text: str) -> str:
    """Small letters without accents, which a recogniser often leaves out."""
    small = unicodedata.normalize("NFKD", text.lower())
    return "".join(c for c in small if not unicodedata.combining(c))
