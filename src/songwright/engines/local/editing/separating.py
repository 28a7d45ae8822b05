"""stems: the stems that a song of this engine has from the start, as a record of their own."""

from __future__ import annotations

import filecmp
import json
import shutil
from pathlib import Path

from songwright.engines.base import MASTER_FILE, Context, Rendition, Source, stem_file
from songwright.errors import EngineError
from songwright.music.actions import StemName, Stems
from songwright.music.song import EditPromise, Parent, Understanding

__all__ = ["keep_file", "separate"]

_SCORE = "session.json"


def separate(action: Stems, source: Source, context: Context, score: Path | None) -> Rendition:
    """Give the wanted stems of a song, without a second copy of any sample where the disk allows it.

    Args:
        action: Which stems.
        source: A song that has them.
        context: Where to put them.
        score: The song's score by this engine, None where there is none.

    Raises:
        EngineError: A file of the song is missing.
    """
    facts = source.song.facts
    stems: dict[StemName, str] = {stem: stem_file(stem) for stem in action.stems}
    files = [(source.master, MASTER_FILE), *((source.stems[stem], name) for stem, name in stems.items())]
    if score is not None:
        files.append((score, _SCORE))
    try:
        for path, name in files:
            keep_file(path, context.folder / name)
        kept = all(filecmp.cmp(path, context.folder / name, shallow=False) for path, name in files)
    except OSError as error:
        raise EngineError("a file of the song is missing, or the disk is full", retryable=False) from error
    if not kept:
        raise EngineError("a file changed while it was copied", retryable=True)
    # What is left out would be missing from the sum.
    whole = set(stems) == set(source.stems)
    promise = EditPromise(
        kept="every sample",
        outside_max_abs_diff=0,
        stems_residual_dbfs=_residual_dbfs(score) if whole else None,
    )
    return Rendition(
        facts=facts.model_copy(
            update={
                "promise": promise,
                "understanding": Understanding(),
                "silent_stems": tuple(stem for stem in facts.silent_stems if stem in stems),
            }
        ),
        master=MASTER_FILE,
        stems=stems,
        score=_SCORE if score is not None else None,
        parents=(Parent(song_id=source.song.id),),
    )


def keep_file(parent: Path, child: Path) -> None:
    """The same file once more, without a second copy on the disk where the system allows it."""
    try:
        child.hardlink_to(parent)
    except OSError:
        shutil.copyfile(parent, child)


def _residual_dbfs(score: Path | None) -> float | None:
    """What was measured when the song was made."""
    if score is None:
        return None
    session = json.loads(score.read_text(encoding="utf-8"))
    residual = session["levels"]["stems_residual_dbfs"]
    return float(residual)
