"""A throw-away CA and a server certificate for localhost, made by openssl."""

import os
import ssl
import subprocess

SERVER_EXT = """subjectAltName=DNS:localhost,IP:127.0.0.1
basicConstraints=CA:FALSE
keyUsage=digitalSignature,keyEncipherment
extendedKeyUsage=serverAuth
"""


def _openssl(*arguments):
    subprocess.run(("openssl",) + arguments, check=True, stdin=subprocess.DEVNULL,
                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def make(directory):
    """Write ca.pem, server.pem and server.key unless they are there."""
    def at(name):
        return os.path.join(directory, name)
    os.makedirs(directory, exist_ok=True)
    if all(os.path.exists(at(n)) for n in ("ca.pem", "server.pem", "server.key")):
        return
    key = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes")
    _openssl("req", "-x509", *key, "-days", "30", "-subj", "/CN=Sandbox CA",
             "-addext", "basicConstraints=critical,CA:TRUE",
             "-addext", "keyUsage=critical,keyCertSign,cRLSign",
             "-keyout", at("ca.key"), "-out", at("ca.pem"))
    _openssl("req", *key, "-subj", "/CN=localhost",
             "-keyout", at("server.key"), "-out", at("server.csr"))
    with open(at("server.ext"), "w", encoding="ascii") as file:
        file.write(SERVER_EXT)
    _openssl("x509", "-req", "-days", "30", "-in", at("server.csr"), "-CA", at("ca.pem"),
             "-CAkey", at("ca.key"), "-CAcreateserial", "-extfile", at("server.ext"),
             "-out", at("server.pem"))
    os.chmod(at("ca.pem"), 0o644)


def context(directory):
    make(directory)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.load_cert_chain(os.path.join(directory, "server.pem"),
                            os.path.join(directory, "server.key"))
    return context
