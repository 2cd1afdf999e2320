"""What stands before every request: how large it may be, whose page sent it, what a browser may do with the answer."""

from __future__ import annotations

import asyncio
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from corpus.serve.fields import JsonAnswer

__all__ = ["BodyLimit", "SameSite", "SecureHeaders"]

_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
    "require-trusted-types-for 'script'; trusted-types 'none'"
)
_HEADERS = {
    "Content-Security-Policy": _POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cache-Control": "no-store",
}


class SecureHeaders:
    """Adds to every answer what keeps a browser from taking it for more than it is."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""

        async def send_on(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in _HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)

        await self.app(scope, receive, send_on)


class SameSite:
    """Refuses what a page of another site makes a browser send.

    Programs send no ``Origin``. A server on loopback may be reached by every page that a person opens, and by names
    that others point at it; so its host must be one of those it was told of.

    Args:
        app: behind it.
        hosts: by which it may be called, without a port; None for any.
    """

    def __init__(self, app: ASGIApp, hosts: frozenset[str] | None) -> None:
        self.app = app
        self.hosts = hosts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        refusal = self._refusal(Headers(scope=scope)) if scope["type"] == "http" else None
        if refusal is None:
            await self.app(scope, receive, send)
        else:
            await JsonAnswer({"error": refusal}, status_code=403)(scope, receive, send)

    def _refusal(self, headers: Headers) -> str | None:
        host = headers.get("host", "")
        if self.hosts is not None and _name(host) not in self.hosts:
            return f"this server does not answer to the name {host[:100]!r}; --allow-host NAME lets it"
        origin = headers.get("origin")
        if origin is not None and urlsplit(origin).netloc.lower() != host.lower():
            return "a page of another site may not ask this server"
        return None


def _name(host: str) -> str:
    """A host without its port."""
    try:
        return (urlsplit(f"//{host}").hostname or "").lower()
    except ValueError:
        return ""


class BodyLimit:
    """Ends a request whose body is larger than allowed, before it is in memory, or does not come.

    A client that sends half of one and waits would else keep a server that was told to stop from ending.

    Args:
        app: behind it; turns an `HTTPException` into an answer.
        most: bytes.
        patience: seconds in which the next piece of it has to come.
    """

    def __init__(self, app: ASGIApp, most: int, patience: float) -> None:
        self.app = app
        self.most = most
        self.patience = patience

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        claimed = Headers(scope=scope).get("content-length", "0")
        if claimed.isdigit() and int(claimed[:18]) > self.most:
            await JsonAnswer({"error": self._why}, status_code=413)(scope, receive, send)
            return
        n_bytes = 0
        is_whole = False

        async def counted() -> Message:
            nonlocal n_bytes, is_whole
            try:
                message = await asyncio.wait_for(receive(), None if is_whole else self.patience)
            except TimeoutError as error:
                why = f"Request not finished: nothing came for {self.patience:g} s"
                raise HTTPException(408, why, {"Connection": "close"}) from error
            is_whole = not message.get("more_body", False)
            n_bytes += len(message.get("body", b""))
            if n_bytes > self.most:
                raise HTTPException(413, self._why)
            return message

        await self.app(scope, counted, send)

    @property
    def _why(self) -> str:
        return f"Request too large: more than {self.most / 1e6:g} MB (--max-upload of this server)"
