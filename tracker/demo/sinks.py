"""A loopback Slack and a loopback mail server that keep what they receive."""

from __future__ import annotations

import json
import socketserver
from email import message_from_bytes, policy
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, cast


class Slack(ThreadingHTTPServer):
    """Takes incoming-webhook posts; `received` are their payloads."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Hook)
        self.received: list[dict[str, Any]] = []

    @property
    def url(self) -> str:
        """Where to post."""
        return f"http://127.0.0.1:{self.server_address[1]}/services/demo"


class _Hook(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        """Answer as Slack does: 200 and `ok`."""
        body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
        cast("Slack", self.server).received.append(json.loads(body))
        self.send_response(200)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"ok")

    def log_message(self, *_: object) -> None:
        """Say nothing."""


class Mail(socketserver.ThreadingTCPServer):
    """Speaks as much SMTP as a client needs (RFC 5321); `received` are the messages."""

    daemon_threads = True
    allow_reuse_address = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Smtp)
        self.received: list[EmailMessage] = []

    @property
    def port(self) -> int:
        """Where to connect."""
        return int(self.server_address[1])


class _Smtp(socketserver.StreamRequestHandler):
    def handle(self) -> None:
        """One connection: commands until QUIT, messages as they come."""
        self._say("220 demo")
        while line := self.rfile.readline(1000):
            verb = line[:4].upper()
            if verb == b"DATA":
                self._say("354 go on")
                self._message()
            self._say("221 bye" if verb == b"QUIT" else "250 ok")
            if verb == b"QUIT":
                return

    def _message(self) -> None:
        lines: list[bytes] = []
        while (line := self.rfile.readline()) not in {b".\r\n", b""}:
            lines.append(line.removeprefix(b".") if line.startswith(b"..") else line)
        message = message_from_bytes(b"".join(lines), policy=policy.default)
        cast("Mail", self.server).received.append(message)

    def _say(self, line: str) -> None:
        self.wfile.write(f"{line}\r\n".encode())
