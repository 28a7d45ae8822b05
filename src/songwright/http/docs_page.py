"""The API's documentation as one page that needs nothing else."""

from __future__ import annotations

import json
from html import escape
from typing import Any

__all__ = ["docs_page"]

_STYLE = """
body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem;
  color: #14213d }
code, pre { font: 13px/1.45 ui-monospace, monospace; background: #f3f4f6; border-radius: 4px }
code { padding: 1px 4px }
pre { padding: .7rem 1rem; overflow-x: auto }
table { border-collapse: collapse; width: 100% }
td, th { text-align: left; vertical-align: top; padding: .3rem .6rem; border-bottom: 1px solid #e5e7eb }
h2 { margin-top: 3rem; border-top: 2px solid #fca311; padding-top: 1rem }
summary { cursor: pointer }
@media (prefers-color-scheme: dark) {
  body { background: #0b1220; color: #e5e7eb }
  code, pre { background: #1b2437 }
  td, th { border-color: #29344c }
  a { color: #fca311 }
}
"""

_VERIFYING = """import base64, hashlib, hmac
from standardwebhooks.webhooks import Webhook

# key: your bearer token; for users by OAuth, or where no token is asked for, the server's secret
digest = hmac.digest(key.encode(), b"songwright callbacks", hashlib.sha256)
result = Webhook("whsec_" + base64.b64encode(digest).decode()).verify(body, headers)
"""


def docs_page(described: dict[str, Any], base_url: str) -> str:
    """The page, as HTML.

    Args:
        described: The OpenAPI description.
        base_url: Where the API is, for the examples.
    """
    schemas = described["components"]["schemas"]
    operations = "".join(
        _operation(path, item["post"], schemas, base_url)
        for path, item in described["paths"].items()
        if "post" in item
    )
    title = escape(described["info"]["title"])
    return f"""<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>{title}</title><style>{_STYLE}</style></head><body>
<h1>{title}</h1>
<p>{escape(described["info"]["summary"])} Version {escape(described["info"]["version"])}.
The same as data: <a href="openapi.json">openapi.json</a>.</p>
<p>Send JSON by POST. Where the server has tokens, send <code>Authorization: Bearer TOKEN</code>. Repeat a
call safely by giving it an <code>Idempotency-Key</code>. Every answer has an <code>X-Trace-Id</code>.</p>
{operations}
<h2>Callbacks</h2>
<p>A callback is tried at once, then for about a day with growing pauses, until it is answered with a 2xx
status; 410 ends the attempts. Redirects are not followed. Every attempt has the same
<code>webhook-id</code>. The signature follows Standard Webhooks:</p><pre>{escape(_VERIFYING)}</pre>
<h2>Errors</h2>{_errors(described)}
</body></html>
"""


def _operation(path: str, operation: dict[str, Any], schemas: dict[str, Any], base_url: str) -> str:
    content = operation["requestBody"]["content"]["application/json"]
    body = schemas[content["schema"]["$ref"].rpartition("/")[2]]
    required = set(body.get("required", ()))
    rows = "".join(
        f"<tr><td><code>{escape(name)}</code></td><td>{escape(_type(field))}"
        f"{', required' if name in required else ''}</td><td>{_prose(field.get('description', ''))}</td></tr>"
        for name, field in body["properties"].items()
    )
    shown = "".join(
        f"<details><summary>{escape(name)}</summary><pre>{escape(_curl(base_url + path, example['value']))}"
        "</pre></details>"
        for name, example in content["examples"].items()
    )
    return (
        f'<h2 id="{escape(operation["operationId"])}">{escape(operation["summary"])}</h2>'
        f"<p><code>POST {escape(path)}</code></p><p>{_prose(operation['description'])}</p>"
        f"<table><tr><th>Field</th><th>Type</th><th>Meaning</th></tr>{rows}</table><h3>Examples</h3>{shown}"
    )


def _errors(described: dict[str, Any]) -> str:
    answers = described["paths"]["/producer/audios"]["post"]["responses"]
    rows = "".join(
        f"<tr><td>{escape(status)}</td><td>{_prose(answer['description'])}</td></tr>"
        for status, answer in answers.items()
        if status != "200"
    )
    return f"<table><tr><th>Status</th><th>Meaning and <code>error.code</code></th></tr>{rows}</table>"


def _type(field: dict[str, Any]) -> str:
    if "enum" in field:
        return " | ".join(str(value) for value in field["enum"])
    return str(field.get("type", "string"))


def _curl(url: str, body: dict[str, Any]) -> str:
    words = json.dumps(body, indent=2, ensure_ascii=False).replace("'", "'\\''")
    return f"curl {url} \\\n  -H 'Content-Type: application/json' \\\n  -d '{words}'"


def _prose(text: str) -> str:
    """Text with its backticked words set as code."""
    parts = escape(text).split("`")
    return "".join(f"<code>{part}</code>" if index % 2 else part for index, part in enumerate(parts))
