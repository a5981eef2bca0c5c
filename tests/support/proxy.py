"""A proxy on loopback that answers for any host itself: CONNECT, then TLS with its own key.

This is what a company's inspecting proxy does; here it makes a public address reachable without
any traffic to other machines.
"""

from __future__ import annotations

import socket
import ssl
import threading
import time
from contextlib import suppress
from typing import Self

from tests.support.site import Site


class Proxy:
    """Passes each decrypted request to `site`; `asked` are the hosts of the CONNECTs."""

    def __init__(self, site: Site, tls: ssl.SSLContext) -> None:
        self.site, self.tls = site, tls
        self.asked: list[str] = []
        self.pause = 0.0  # seconds before each answer to a CONNECT
        self._stop = threading.Event()

    def __enter__(self) -> Self:
        self._server = socket.create_server(("127.0.0.1", 0))
        self._server.settimeout(0.02)
        self._threads = [threading.Thread(target=self._accept)]
        self._threads[0].start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join()
        self._server.close()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.getsockname()[1]}"

    def _accept(self) -> None:
        while not self._stop.is_set():
            try:
                client, _ = self._server.accept()
            except TimeoutError:
                continue
            thread = threading.Thread(target=self._serve, args=(client,))
            thread.start()
            self._threads.append(thread)

    def _serve(self, client: socket.socket) -> None:
        client.settimeout(5)
        head = client.recv(4096).decode()
        self.asked.append(head.split()[1])
        time.sleep(self.pause)
        try:
            client.sendall(b"HTTP/1.1 200 fine\r\n\r\n")
            with self.tls.wrap_socket(client, server_side=True) as plain:
                self._relay(plain)
        except OSError:
            client.close()  # the client did not like the certificate

    def _relay(self, plain: ssl.SSLSocket) -> None:
        """Relay a connection to the site, in both directions, until one side closes it."""
        port = int(self.site.root.rpartition(":")[2])
        with socket.create_connection(("127.0.0.1", port)) as onward:
            onward.settimeout(5)
            back = threading.Thread(target=_copy, args=(onward, plain))
            back.start()
            _copy(plain, onward)
            back.join()


def _copy(source: socket.socket, target: socket.socket) -> None:
    try:
        while data := source.recv(65536):
            target.sendall(data)
    except OSError:
        pass  # the other side has closed the connection
    with suppress(OSError):
        target.shutdown(socket.SHUT_WR)
