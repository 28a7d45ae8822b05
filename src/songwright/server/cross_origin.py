"""Which pages in browsers may call the server: CORS, as the Fetch standard has it."""

from __future__ import annotations

from starlette.middleware.cors import CORSMiddleware
from starlette.types import ASGIApp, Receive, Scope, Send

__all__ = ["CrossOrigin"]

_TOLD = ("Content-Length", "ETag", "Mcp-Session-Id", "Retry-After", "WWW-Authenticate", "X-Trace-Id")
_MAX_AGE_SECONDS = 600
_FILES = "/files/"
"""Open to every page, as each link is its own permission; what serves them says so itself."""


class CrossOrigin:
    """Answers the browsers of pages that the operator names; to all others it says nothing."""

    def __init__(self, app: ASGIApp, origins: tuple[str, ...]) -> None:
        self._app = app
        self._shared = CORSMiddleware(
            app,
            allow_origins=origins,
            allow_methods=["GET", "POST", "DELETE"],
            allow_headers=["*"],
            expose_headers=_TOLD,
            max_age=_MAX_AGE_SECONDS,
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a preflight, or pass a request on and let its page read the answer."""
        is_file = scope["type"] == "http" and scope["path"].startswith(_FILES)
        await (self._app if is_file else self._shared)(scope, receive, send)
