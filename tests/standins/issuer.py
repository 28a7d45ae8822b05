"""An authorization server that signs access tokens: in memory, or on a port of loopback."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import urlsplit

import httpx
import jwt
from cryptography.hazmat.primitives.asymmetric.ec import (
    SECP256R1,
    EllipticCurvePrivateKey,
    generate_private_key,
)

from songwright.server.oauth import OAuthResource

__all__ = ["ISSUER", "RESOURCE", "Issuer", "listening"]

ISSUER = "https://login.example/tenant"
RESOURCE = "https://songs.example/mcp"


class Issuer:
    """An authorization server without a network."""

    def __init__(self, url: str = ISSUER, resource: str = RESOURCE) -> None:
        parts = urlsplit(url)
        self.url = url
        self.audience = resource
        self.keys_url = f"{parts.scheme}://{parts.netloc}/keys"
        self.keys: dict[str, EllipticCurvePrivateKey] = {"one": generate_private_key(SECP256R1())}
        self.asked: list[str] = []
        self.says_issuer = url
        self.is_down = False

    async def fetch(self, url: str) -> Mapping[str, Any]:
        self.asked.append(url)
        if self.is_down:
            raise httpx.ConnectError("down")
        parts = urlsplit(self.url)
        if url == self.keys_url:
            return {"keys": [self._public(name, key) for name, key in self.keys.items()]}
        if url == f"{parts.scheme}://{parts.netloc}/.well-known/oauth-authorization-server{parts.path}":
            return {"issuer": self.says_issuer, "jwks_uri": self.keys_url}
        request = httpx.Request("GET", url)
        raise httpx.HTTPStatusError("none", request=request, response=httpx.Response(404))

    @staticmethod
    def _public(name: str, key: EllipticCurvePrivateKey) -> dict[str, Any]:
        public = json.loads(jwt.algorithms.ECAlgorithm.to_jwk(key.public_key()))
        return public | {"kid": name, "use": "sig", "alg": "ES256"}

    def token(
        self, *, key: str = "one", signed_by: EllipticCurvePrivateKey | None = None, **claims: Any
    ) -> str:
        whole = {
            "iss": self.url,
            "aud": self.audience,
            "sub": "ada",
            "exp": time.time() + 60,
            "scope": "songs",
        }
        whole = {name: value for name, value in (whole | claims).items() if value is not None}
        return jwt.encode(whole, signed_by or self.keys[key], algorithm="ES256", headers={"kid": key})

    def resource(self, *scopes: str) -> OAuthResource:
        return OAuthResource(issuer=self.url, resource=self.audience, scopes=scopes, fetch=self.fetch)


@asynccontextmanager
async def listening(resource: str) -> AsyncIterator[Issuer]:
    """An authorization server on a free port of loopback, for tokens whose audience is ``resource``."""
    found: list[Issuer] = []

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            path = (await reader.readuntil(b"\r\n\r\n")).decode().split(" ")[1]
            parts = urlsplit(found[0].url)
            try:
                body = json.dumps(await found[0].fetch(f"{parts.scheme}://{parts.netloc}{path}"))
                status = "200 OK"
            except httpx.HTTPError:
                body, status = "{}", "503 Unavailable" if found[0].is_down else "404 Not Found"
            head = f"HTTP/1.1 {status}\r\nContent-Type: application/json\r\nConnection: close\r\n"
            writer.write(f"{head}Content-Length: {len(body)}\r\n\r\n{body}".encode())
            await writer.drain()
        finally:
            writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        found.append(Issuer(f"http://127.0.0.1:{port}/tenant", resource))
        yield found[0]
