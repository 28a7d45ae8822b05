"""A stand-in for the hosted Producer API: every documented shape of an answer, and every documented error.

Questions of a story: ``submit``, ``poll``, ``lyrics``, ``upload``, ``wav``, ``videos``, ``download``. The
``shape`` of finished records can be chosen too. Run it with ``python -m standins.producer_api``.
"""

from __future__ import annotations

import hashlib
import time
import uuid
from functools import partial
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response

from standins.serving import Slow, Story, Truncated, fault, serve
from standins.sound import archive, encoded, tones, with_stretch

SECONDS = 4.0
TOKEN = "stand-in-token-0123456789"  # noqa: S105 - of the stand-in

ERRORS: dict[str, tuple[int, str, str]] = {
    "400 token_mismatched": (400, "token_mismatched", "The specified token is not matched with API."),
    "400 api_not_implemented": (400, "api_not_implemented", "The API is not implemented."),
    "400 disabled": (400, "disabled", "Your application has been disabled because of abnormal usage."),
    "403 disabled": (403, "disabled", "Your application has been disabled."),
    "400 bad_request": (400, "bad_request", "model is invalid."),
    "400 no_token": (400, "no_token", "No token specified for the request."),
    "401 invalid_token": (401, "invalid_token", "The specified token is invalid or wrong."),
    "401 token_expired": (401, "token_expired", "token expired."),
    "401 token_mismatched": (401, "token_mismatched", "token and api does not match."),
    "402 insufficient_balance": (402, "insufficient_balance", "balance"),
    "403 used_up": (403, "used_up", "Your balance is not sufficient for current request, please buy more."),
    "403 forbidden": (403, "forbidden", "content moderation"),
    "404 no_api": (404, "no_api", "API does not exist, please make sure url is correct."),
    "429": (429, "too_many_requests", "You have exceeded the rate limit."),
    "500": (500, "api_error", "Internal server error."),
    "504": (504, "timeout", "upstream"),
}


def refused(story: Story, answer: str) -> Response | None:
    """A documented error, or a fault below them."""
    if answer in ERRORS:
        status, code, message = ERRORS[answer]
        body: dict[str, Any] = {"error": {"code": code, "message": message}, "trace_id": str(uuid.uuid4())}
        if story.script.get("success_in_errors"):
            body["success"] = False
        headers = {"retry-after": "7"} if status == 429 else None
        return JSONResponse(body, status_code=status, headers=headers)
    match answer:
        case "success false":
            error = {"code": "api_error", "message": "fetch failed"}
            return JSONResponse({"success": False, "error": error, "trace_id": "t"})
        case "error as text":
            return JSONResponse({"error": "fetch failed", "trace_id": "t"}, status_code=500)
        case _:
            return fault(answer)


def unknown_token(request: Request) -> Response | None:
    """The refusal of a request without a token that is known."""
    given = request.headers.get("authorization", "")
    if not given.startswith("Bearer "):
        status, code, message = ERRORS["400 no_token"]
    elif not given.startswith(f"Bearer {TOKEN}"):
        status, code, message = ERRORS["401 invalid_token"]
    else:
        return None
    return JSONResponse({"error": {"code": code, "message": message}}, status_code=status)


def stems() -> bytes:
    voice, drums = tones(SECONDS, (440.0,)), tones(SECONDS, (110.0,))
    parts = {"Lead Vocals.wav": encoded(0.3 * voice), "drums_loop.wav": encoded(0.3 * drums)}
    return archive({"readme.txt": b"hello", **parts})


async def audios(story: Story, request: Request) -> Response:
    body = await request.json()
    story.hear(request, "audios", body)
    answer = story.next("submit")
    refusal = unknown_token(request) or refused(story, answer) or misuse(body)
    if refusal is not None:
        return refusal
    task_id = str(uuid.uuid4())
    story.tasks[task_id] = {"request": body, "polls": 0, "item": item_of(story, request, body)}
    match answer:
        case "synchronous":
            return JSONResponse(envelope(story, task_id))
        case "504 with task":
            error = {"code": "timeout", "message": "upstream"}
            return JSONResponse({"success": False, "task_id": task_id, "error": error}, status_code=504)
        case "bare task id":
            return JSONResponse({"task_id": task_id})
        case _:
            return JSONResponse({"success": True, "task_id": task_id})


def misuse(body: dict[str, Any]) -> Response | None:
    """What the schema demands of a request."""
    missing = [name for name in ("action", "lyric", "prompt") if not isinstance(body.get(name), str)]
    if body.get("action") != "generate" and not body.get("audio_id"):
        missing.append("audio_id")
    if body.get("action") == "replace_section":
        missing += [n for n in ("replace_section_start", "replace_section_end") if n not in body]
    if len(body.get("prompt", "")) > 200:
        missing.append("prompt")
    if not missing and all(value is not None for value in body.values()):
        return None
    error = {"code": "bad_request", "message": f"{missing} is invalid."}
    return JSONResponse({"error": error}, status_code=400)


def item_of(story: Story, request: Request, body: dict[str, Any]) -> dict[str, Any]:
    """The finished item of a request, whose sound follows from its seed."""
    base = f"http://{request.headers['host']}/{story.name}/files"
    if body["action"] == "stems":
        story.files["stems.zip"] = stems
        return {
            "title": "", "lyric": "", "stems_url": f"{base}/stems.zip", "model": "", "progress": "100%",
            "state": "succeeded",
        }  # fmt: skip
    item_id = str(uuid.uuid4())
    digest = hashlib.sha256(str(body.get("seed")).encode()).digest()
    base_tones = tones(SECONDS + 2.0 * (body["action"] == "extend"), (220.0, 277.0, 330.0))
    other = tones(SECONDS + 2.0, (247.0 + digest[0] / 4, 370.0))
    match body["action"]:
        case "replace_section":
            span = body["replace_section_start"], body["replace_section_end"]
            sound = with_stretch(base_tones, other, *span)
        case "extend":
            sound = with_stretch(base_tones, other, body["continue_at"], SECONDS + 2.0)
        case "generate" | "cover":
            sound = base_tones if body["action"] == "generate" else other[: len(base_tones)]
        case _:
            sound = 0.5 * base_tones + 0.5 * other[: len(base_tones)]
    if story.script.get("makes_all_anew"):
        sound = other
    story.files[f"{item_id}.wav"] = partial(encoded, sound)
    story.files[f"{item_id}.m4a"] = lambda: b"\x00\x00\x00\x20ftypM4A " + b"\x00" * 64
    story.files[f"{item_id}.mp3"] = partial(encoded, sound, "MP3")
    duration = len(sound) / 44_100
    return {
        "id": item_id,
        "title": body.get("title") or "Untitled",
        "image_url": f"{base}/{item_id}.jpg",
        "lyric": body["lyric"] or "[Instrumental]",
        "audio_url": f"{base}/{item_id}.{story.script.get('audio', 'm4a')}",
        "video_url": None,
        "image_id": item_id,
        "topic": None,
        "seed": body.get("seed", "1"),
        "sound": body["prompt"],
        "created_at": "2026-01-02T03:04:05.678901Z",
        "model": "FUZZ-2.0" if body["action"] == "variation" else body.get("model", "FUZZ-2.0"),
        "progress": "100%",
        "state": "succeeded",
        "duration": str(duration) if story.script.get("numbers") != "numbers" else duration,
    }


def envelope(story: Story, task_id: str) -> dict[str, Any]:
    item = story.tasks[task_id]["item"]
    data: Any = item if story.script.get("data") == "object" else [item]
    return {"success": True, "task_id": task_id, "trace_id": str(uuid.uuid4()), "data": data}


async def tasks(story: Story, request: Request) -> Response:
    body = await request.json()
    story.hear(request, "tasks", body)
    answer = story.next("poll")
    refusal = unknown_token(request) or refused(story, answer)
    if refusal is not None:
        return refusal
    task = story.tasks.get(body.get("id", ""))
    if task is None or answer == "unknown":
        return JSONResponse({})
    match answer:
        case "null":
            return JSONResponse(None)
        case "404":
            error = {"code": "task_not_found", "message": "no such task"}
            return JSONResponse({"error": error}, status_code=404)
        case _:
            return JSONResponse(record(story, task, body["id"], answer))


def record(story: Story, task: dict[str, Any], task_id: str, answer: str) -> dict[str, Any]:
    """A task record in one of the shapes that the sources show."""
    now = time.time()
    base = {
        "_id": "69541b81ff2676299ccc3b29", "id": task_id, "api_id": str(uuid.uuid4()), "type": "audios",
        "created_at": now - 40, "request": task["request"], "trace_id": str(uuid.uuid4()),
        "credential_id": str(uuid.uuid4()), "user_id": str(uuid.uuid4()),
    }  # fmt: skip
    done = {"task_id": task_id, "data": envelope(story, task_id)["data"]}
    error = {"code": "api_error", "message": "temporary capacity"}
    item = task["item"]
    working = {**item, "state": "processing", "progress": "45%", "audio_url": ""}
    preview = {**item, "state": "processing", "progress": "60%"}
    mine = base | {"finished_at": now, "response": done}
    other = base | {"id": "other", "finished_at": now, "response": {"success": False}}
    failed = {"success": False, "task_id": task_id, "error": error}
    refused_ = {"success": False, "error": {"code": "forbidden", "message": "moderation"}}
    shapes: dict[str, dict[str, Any]] = {
        "ok": {"started_at": now - 39, "finished_at": now, "elapsed": 39.0, "response": done},
        "done": {"started_at": now - 39, "finished_at": now, "elapsed": 39.0, "response": done},
        "done, old names": {"finished_at": now, "duration": 40.06, "response": done},
        "done, elapsed only": {"elapsed": 40.0, "response": done},
        "done, no times": {"response": done},
        "done, state complete": {"state": "complete", "response": {"success": True, **done}},
        "done, status success": {"status": "success", "response": done},
        "done, success false but playable": {
            "finished_at": now,
            "response": {"success": False, "error": error, "data": [item]},
        },
        "working": {},
        "working, null": {"finished_at": None, "elapsed": None, "response": None},
        "working, progress": {"response": {"task_id": task_id, "data": [working]}},
        "working, preview": {"finished_at": None, "response": {"task_id": task_id, "data": [preview]}},
        "working, preview, no times": {"response": {"task_id": task_id, "data": [preview]}},
        "working, passing error": {"finished_at": None, "response": failed},
        "finished, nothing stored": {"finished_at": now},
        "finished, no items": {"finished_at": now, "response": {"success": True, "data": []}},
        "failed": {"finished_at": now, "elapsed": 3.0, "response": failed},
        "failed, error as text": {"finished_at": now, "response": {"success": False, "error": "oh"}},
        "failed, no times": {"response": failed},
        "failed, moderation": {"finished_at": now, "response": refused_},
        "failed, status": {"status": "failed", "response": failed},
    }
    if answer == "done, in a batch":
        return {"items": [other, mine, mine], "count": 3}
    return base | shapes[answer]


async def lyrics(story: Story, request: Request) -> Response:
    body = await request.json()
    story.hear(request, "lyrics", body)
    answer = story.next("lyrics")
    words = "[Verse]\nSnow upon the line\n\n[Chorus]\nWinter will be fine"
    match answer:
        case "text":
            data = {"text": words, "title": "Winter", "status": "complete"}
            return JSONResponse({"success": True, "data": data})
        case "ok":
            data = {"title": "Winter", "lyrics": words}
            return JSONResponse({"success": True, "task_id": str(uuid.uuid4()), "data": data})
        case _:
            return refused(story, answer) or JSONResponse({"success": True, "data": {}})


async def upload(story: Story, request: Request) -> Response:
    body = await request.json()
    story.hear(request, "upload", body)
    answer = story.next("upload")
    refusal = unknown_token(request) or refused(story, answer)
    if refusal is not None:
        return refusal
    data = {"audio_id": str(uuid.uuid4()), "lyric": "[Verse]\nheard words", "audio_url": body["audio_url"]}
    if answer == "id only":
        data = {"audio_id": data["audio_id"]}
    return JSONResponse({"success": True, "task_id": str(uuid.uuid4()), "data": data})


async def wav(story: Story, request: Request) -> Response:
    body = await request.json()
    story.hear(request, "wav", body)
    answer = story.next("wav")
    refusal = unknown_token(request) or refused(story, answer)
    if refusal is not None:
        return refusal
    url = f"http://{request.headers['host']}/{story.name}/files/{body['audio_id']}.wav"
    common = {"success": True, "task_id": str(uuid.uuid4()), "trace_id": "t"}
    match answer:
        case "object":
            return JSONResponse(common | {"data": {"audio_url": url}})
        case "id only":
            return JSONResponse(common | {"data": {"audio_id": body["audio_id"]}})
        case _:
            return JSONResponse(common | {"data": [{"title": "Untitled", "file_url": url}]})


async def videos(story: Story, request: Request) -> Response:
    body = await request.json()
    story.hear(request, "videos", body)
    url = f"http://{request.headers['host']}/{story.name}/files/{body['audio_id']}.mp4"
    refusal = unknown_token(request) or refused(story, story.next("videos"))
    return refusal or JSONResponse({"success": True, "task_id": "v", "data": {"video_url": url}})


async def files(story: Story, request: Request) -> Response:
    name = request.path_params["name"]
    story.hear(request, "files", {"name": name})
    answer = story.next("download")
    make = story.files.get(name)
    content = None if make is None else make()
    match answer:
        case "404" | "403" | "410":
            return Response(status_code=int(answer))
        case "truncated":
            return Truncated(content or b"")
        case "damaged":
            return Response(b"RIFF" + b"\x00" * 2000)
        case "short":
            return Response(encoded(tones(1.0, (220.0,))))
        case "redirect":
            return RedirectResponse(f"/{story.name}/files/{name}")
        case "redirect to private":
            return RedirectResponse("http://127.0.0.1:1/secret")
        case "slow":
            return Slow()
        case _:
            if answer != "ok" and (broken := fault(answer)) is not None:
                return broken
            return Response(content) if content is not None else Response(status_code=404)


if __name__ == "__main__":
    serve(
        {
            "/producer/audios": ("POST", audios),
            "/producer/tasks": ("POST", tasks),
            "/producer/lyrics": ("POST", lyrics),
            "/producer/upload": ("POST", upload),
            "/producer/wav": ("POST", wav),
            "/producer/videos": ("POST", videos),
            "/files/{name}": ("GET", files),
        }
    )
