"""Other loopback ports: a service that is down or silent, garbage, or a relay."""

import asyncio
import socket
from urllib.parse import urlsplit

MODES = ("silent", "close", "garbage", "refuse", "service")


class Listener:
    """One port; its mode may change while it is open."""

    def __init__(self, service_port):
        self.mode = None
        self.connections = 0       # made so far
        self._service_port = service_port
        self._server = None
        self._socket = self._bind(0)
        self.port = self._socket.getsockname()[1]

    @staticmethod
    def _bind(port):
        """Bind a port; it refuses connections until it listens."""
        bound = socket.socket()
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind(("127.0.0.1", port))
        return bound

    async def change(self, mode):
        self.mode = mode
        if mode == "refuse" and self._server:
            self.close()
            self._socket = self._bind(self.port)
        elif mode != "refuse" and self._server is None:
            self._server = await asyncio.start_server(self._accept, sock=self._socket)

    def close(self):
        if self._server:
            self._server.close()
        self._socket.close()
        self._server = None

    async def _accept(self, reader, writer):
        self.connections += 1
        if self.mode == "garbage":
            writer.write(b"\x00\x01 this is neither HTTP nor TLS \xff\xfe\r\n\r\n")
        elif self.mode == "silent":
            while await reader.read(4096):
                pass
        elif self.mode == "service":
            await self._relay(reader, writer)
        writer.close()

    async def _relay(self, reader, writer):
        """Forward all bytes between a client and the sandbox."""
        service = await asyncio.open_connection("127.0.0.1", self._service_port)

        async def pass_on(source, target):
            try:
                while data := await source.read(65536):
                    target.write(data)
                    await target.drain()
            except ConnectionError:
                pass
            target.close()
        await asyncio.gather(pass_on(reader, service[1]), pass_on(service[0], writer))


def service_port(base_url):
    return urlsplit(base_url).port
