"""The shipped edge configuration under the real nginx, before a service of the test's."""

import asyncio
import os
import shutil
import ssl
import subprocess
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from tests.support.debian_postgres import free_port
from tests.support.processes import ROOT

PROGRAM = shutil.which("nginx") or next(iter(map(str, Path("/usr/sbin").glob("nginx"))), None)
CONFIGURATION = ROOT / "deploy/edge/nginx.conf"
needs_nginx = pytest.mark.skipif(
    PROGRAM is None and not os.environ.get("CI"), reason="needs nginx, which CI installs"
)


@dataclass(frozen=True)
class Edge:
    port: int
    plain_port: int
    trust: ssl.SSLContext
    certificate: Path

    def client(self, address: str = "127.0.0.1") -> httpx.AsyncClient:
        """A client that comes from this address of the machine."""
        transport = httpx.AsyncHTTPTransport(verify=self.trust, local_address=address, limits=httpx.Limits())
        return httpx.AsyncClient(transport=transport, base_url=f"https://localhost:{self.port}", timeout=30)

    async def connect(self, address: str = "127.0.0.1") -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        return await asyncio.open_connection(
            "127.0.0.1", self.port, ssl=self.trust, server_hostname="localhost", local_addr=(address, 0)
        )


def written(folder: Path, service_port: int, port: int, plain_port: int) -> str:
    """The configuration as it ships, with what an operator changes changed, and ports and folders of this test's."""
    text = CONFIGURATION.read_text(encoding="utf-8")
    for shipped, ours in {
        "127.0.0.1:8000": f"127.0.0.1:{service_port}",
        "listen 80;": f"listen 127.0.0.1:{plain_port};",
        "listen 443 ssl;": f"listen 127.0.0.1:{port} ssl;",
        "/etc/commonground/tls/": f"{folder}/",
        "/var/lib/nginx/commonground-": f"{folder}/",
        "/run/commonground-edge.pid": f"{folder}/pid",
    }.items():
        assert shipped in text
        text = text.replace(shipped, ours)
    return text


@asynccontextmanager
async def edge_before(service_port: int) -> AsyncIterator[Edge]:
    """Start nginx before the service on this port."""
    with _nginx(service_port) as edge:
        async with asyncio.timeout(20):
            while not await _listens(edge.port):  # noqa: ASYNC110 - another program's start tells nobody
                await asyncio.sleep(0.05)
        yield edge


@contextmanager
def _nginx(service_port: int) -> Iterator[Edge]:
    if PROGRAM is None:
        pytest.fail("there is no nginx: apt-get install nginx")
    with tempfile.TemporaryDirectory(prefix="commonground-edge-") as made:
        folder, port, plain_port = Path(made), free_port(), free_port()
        folder.chmod(0o755)  # nginx works as another user
        _make_certificate(folder)
        (folder / "nginx.conf").write_text(written(folder, service_port, port, plain_port), encoding="utf-8")
        arguments = [PROGRAM, "-c", str(folder / "nginx.conf")]
        subprocess.run([*arguments, "-t"], check=True, capture_output=True)
        with (folder / "log").open("w") as log:
            process = subprocess.Popen(
                [*arguments, "-g", "daemon off;"], stdout=log, stderr=subprocess.STDOUT
            )
        try:
            certificate = folder / "fullchain.pem"
            yield Edge(port, plain_port, ssl.create_default_context(cafile=str(certificate)), certificate)
        finally:
            process.terminate()
            process.wait(timeout=20)


async def _listens(port: int) -> bool:
    try:
        _, writer = await asyncio.open_connection("127.0.0.1", port)
    except OSError:
        return False
    writer.close()
    return True


def _make_certificate(folder: Path) -> None:
    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.now(UTC)
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    (folder / "fullchain.pem").write_bytes(certificate.public_bytes(pem))
    private = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    (folder / "key.pem").write_bytes(private)
