"""``POST /producer/upload``: take a recording from the web into the library.

The connection is held until the song is there, as for ``/producer/audios``.
"""

from __future__ import annotations

from typing import Any

from songwright.http.audios import answer_of_task
from songwright.http.bodies import UploadBody, parse_body
from songwright.http.desk import Caller, Desk
from songwright.music.imports import ImportAudio, WebFile
from songwright.outbound import refuse_forbidden_url

__all__ = ["upload"]


async def upload(desk: Desk, caller: Caller, value: Any) -> dict[str, Any]:
    """Accept a recording; answer with the song's id, which later calls can name, or with the task's."""
    body = parse_body(UploadBody, value)
    refuse_forbidden_url(str(body.audio_url), desk.rules, field="audio_url")
    studio = await desk.studio()
    task = await studio.import_audio(
        ImportAudio(source=WebFile(url=body.audio_url), callback_url=body.callback_url),
        request_id=None if caller.idempotency_key is None else f"http:upload:{caller.idempotency_key}",
        principal=caller.principal,
        over_http=True,
    )
    at_once = body.async_ or body.callback_url is not None
    return await answer_of_task(desk, caller, value, task, "upload", at_once=at_once)
