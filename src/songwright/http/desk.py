"""Where every call of the API comes in: who calls, how often, with what, and how it is answered."""

from __future__ import annotations

import hashlib
import logging
import uuid
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from songwright.access import LOCAL, PRINCIPAL_KEY, TokenRing
from songwright.errors import SongwrightError
from songwright.http.faults import ApiError, error_body, fault_of, fault_of_crash
from songwright.http.links import FileName, Links
from songwright.http.metrics import Metrics
from songwright.http.reading import read_json, refuse_unless_json_is_accepted
from songwright.http.renderings import Renderings
from songwright.outbound import AddressRules
from songwright.rates import RequestRates
from songwright.settings import Settings
from songwright.studio import Studio

__all__ = ["Caller", "Desk", "Handler", "refusal"]

_MAX_KEY_CHARACTERS = 255

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Caller:
    """Who calls, and how to answer.

    Attributes:
        trace_id: Names this request in answers, callbacks and logs.
        base_url: The URL under which the caller reaches the server, without a slash at its end.
        idempotency_key: A digest of the caller's key for this request, where one was given.
        request: The request itself, whose body has been read.
    """

    principal: str
    trace_id: str
    base_url: str
    idempotency_key: str | None
    request: Request


Handler = Callable[["Desk", Caller, Any], Awaitable[dict[str, Any]]]
"""Answers a call, given its body as a JSON value."""


@dataclass(frozen=True, slots=True)
class Desk:
    """What every endpoint works with."""

    studio: Callable[[], Awaitable[Studio]]
    settings: Settings
    tokens: TokenRing
    rates: RequestRates
    links: Links
    renderings: Renderings
    metrics: Metrics
    rules: AddressRules
    clock: Callable[[], datetime]

    def link(self, base_url: str, song_id: str, principal: str) -> Callable[[FileName], str]:
        """Makes links to the files of a song."""
        return lambda name: base_url + self.links.path(song_id, name, principal)

    def endpoint(self, name: str, handler: Handler) -> Callable[[Request], Awaitable[Response]]:
        """A handler of Starlette's for a handler of ours."""

        async def answer(request: Request) -> Response:
            trace_id = str(uuid.uuid4())
            with self.metrics.timed(name) as outcome:
                try:
                    body = await self._answer(request, trace_id, handler)
                    response = JSONResponse(body)
                    trace_id = str(body.get("trace_id", trace_id))
                except ApiError as error:
                    response = refusal(error, trace_id)
                outcome.status = response.status_code
            response.headers["X-Trace-Id"] = trace_id
            return response

        return answer

    async def _answer(self, request: Request, trace_id: str, handler: Handler) -> dict[str, Any]:
        try:
            principal = self._principal(request)
            self.rates.count(principal)
            refuse_unless_json_is_accepted(request.headers.get("accept", ""))
            key = _key(request)
            _, value = await read_json(request)
            caller = Caller(
                principal=principal,
                trace_id=trace_id,
                base_url=self.base_url(request),
                idempotency_key=key,
                request=request,
            )
            return await handler(self, caller, value)
        except SongwrightError as error:
            _log.info("%s refused: %s", trace_id, error.code)
            raise fault_of(error) from error
        except ApiError:
            raise
        except Exception as error:
            _log.exception("%s failed unexpectedly", trace_id)
            raise fault_of_crash(error) from error

    def base_url(self, request: Request) -> str:
        """The URL under which a client reaches the server, without a slash at its end."""
        if self.settings.public_url is not None:
            return str(self.settings.public_url).rstrip("/")
        return f"{request.url.scheme}://{request.url.netloc}"

    def _principal(self, request: Request) -> str:
        let_in = request.scope.get(PRINCIPAL_KEY)
        if let_in is not None:
            return str(let_in)
        if self.tokens.is_open:
            return LOCAL
        given = request.headers.get("authorization", "")
        scheme, _, shown = given.partition(" ")
        if not given.strip():
            raise ApiError(400, "no_token", "Send the header Authorization: Bearer TOKEN.")
        principal = self.tokens.holder(shown.strip()) if scheme.lower() == "bearer" else None
        if principal is None:
            raise ApiError(401, "invalid_token", "The specified token is invalid or wrong.")
        return principal


def refusal(error: ApiError, trace_id: str) -> JSONResponse:
    """The answer to a request that is refused."""
    response = JSONResponse(error_body(error, trace_id), status_code=error.status, headers=error.headers)
    response.headers["X-Trace-Id"] = trace_id
    return response


def _key(request: Request) -> str | None:
    given = request.headers.get("idempotency-key")
    if given is None:
        return None
    if not 1 <= len(given) <= _MAX_KEY_CHARACTERS:
        raise ApiError(
            400, "bad_request", f"Idempotency-Key: must have 1 to {_MAX_KEY_CHARACTERS} characters."
        )
    return hashlib.sha256(given.encode()).hexdigest()
