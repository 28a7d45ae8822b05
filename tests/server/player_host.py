"""A host of MCP Apps as small as can be: a page, a sandbox on another origin, and the page under test in it.

The sandbox has the policy that the specification gives pages which declare nothing, so whatever the page
fetches or embeds against it fails here too.
"""

from __future__ import annotations

from typing import Any

from mcp import Client
from mcp.types import TextResourceContents
from playwright.async_api import BrowserContext, Frame, Page, Route

HOST, SANDBOX = "http://host.test/", "http://sandbox.test/"
POLICY = (
    "default-src 'none'; script-src 'self' 'unsafe-inline'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data:; media-src 'self' data:; connect-src 'none'; frame-src 'self'"
)

HOST_PAGE = """<!doctype html><html lang="en"><title>host</title><body style="margin:0">
<iframe title="app" id="app" src="%(sandbox)s" style="width:900px;height:1000px;border:0"></iframe><script>
const app = document.getElementById("app"), heard = window.heard = [];
const send = message => app.contentWindow.postMessage({jsonrpc: "2.0", ...message}, "*");
addEventListener("message", async event => {
  if (event.source !== app.contentWindow) return;
  const {id, method, params} = event.data;
  heard.push(method);
  if (method === "sandbox-ready") send({method: "sandbox-html", params: await window.page()});
  else if (method === "ui/initialize") send({id, result: {protocolVersion: "2026-01-26",
    hostInfo: {name: "test", version: "0"}, hostCapabilities: {serverTools: {}, serverResources: {}},
    hostContext: {theme: await window.theme()}}});
  else if (method === "ui/notifications/initialized")
    send({method: "ui/notifications/tool-result", params: await window.firstResult()});
  else if (id !== undefined && method) {
    const answer = await window.answer(method, params);
    send(answer.error ? {id, error: answer.error} : {id, result: answer.result});
  }
});
</script>""" % {"sandbox": SANDBOX}  # noqa: UP031 - braces are the page's

SANDBOX_PAGE = """<!doctype html><html lang="en"><title>sandbox</title><body style="margin:0"><script>
const inner = document.createElement("iframe");
inner.title = "player";
inner.style = "width:100%;height:990px;border:0";
document.body.append(inner);
addEventListener("message", event => {
  if (event.source === parent) {
    if (event.data.method !== "sandbox-html") { inner.contentWindow.postMessage(event.data, "*"); return; }
    inner.contentDocument.open();
    inner.contentDocument.write(event.data.params);
    inner.contentDocument.close();
  } else if (event.source === inner.contentWindow) parent.postMessage(event.data, "*");
});
parent.postMessage({jsonrpc: "2.0", method: "sandbox-ready"}, "*");
</script>"""


async def shown(
    context: BrowserContext, client: Client, first: dict[str, Any], *, theme: str = "light"
) -> tuple[Page, Frame]:
    """Show the player in the host, with the result of a call; the host's page and the player's frame."""
    await context.route(HOST, lambda route: _serve(route, HOST_PAGE, None))
    await context.route(SANDBOX, lambda route: _serve(route, SANDBOX_PAGE, POLICY))
    page = await context.new_page()

    async def player() -> str:
        contents = (await client.read_resource("ui://songwright/player.html")).contents[0]
        assert isinstance(contents, TextResourceContents)
        return contents.text

    async def answer(method: str, params: dict[str, Any]) -> dict[str, Any]:
        match method:
            case "tools/call":
                result: Any = await client.call_tool(params["name"], params["arguments"])
            case "resources/read":
                result = await client.read_resource(params["uri"])
            case _:
                return {"error": {"code": -32601, "message": "not here"}}
        return {"result": result.model_dump(mode="json", by_alias=True, exclude_none=True)}

    await page.expose_function("page", player)
    await page.expose_function("answer", answer)
    await page.expose_function("theme", lambda: theme)
    await page.expose_function("firstResult", lambda: first)
    await page.goto(HOST)
    await page.wait_for_function("heard.includes('ui/notifications/initialized')")
    # The host's frame, the sandbox, and the page within it.
    return page, page.frames[2]


async def _serve(route: Route, body: str, policy: str | None) -> None:
    headers = {"content-security-policy": policy} if policy else {}
    await route.fulfill(body=body, content_type="text/html", headers=headers)
