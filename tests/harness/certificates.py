"""Certificates of an authority of one's own, as files."""

import ssl
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import trustme


@dataclass(frozen=True, slots=True)
class Pair:
    """A certificate and its key, each in a file of its own."""

    cert_file: Path
    key_file: Path


class Authority:
    """Issues certificates into a folder."""

    def __init__(self, folder: Path, name: str = "authority") -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self._authority = trustme.CA()
        self.file = folder / f"{name}.pem"
        self._authority.cert_pem.write_to_path(str(self.file))

    def issue(self, *names: str, file: str = "server", ends: datetime | None = None) -> Pair:
        """Write a new certificate for ``names``; under the same ``file`` it takes the place of the old one."""
        issued = self._authority.issue_cert(*names, not_after=ends)
        pair = Pair(self._folder / f"{file}.crt", self._folder / f"{file}.key")
        pair.cert_file.write_bytes(b"".join(blob.bytes() for blob in issued.cert_chain_pems))
        pair.key_file.write_bytes(issued.private_key_pem.bytes())
        pair.key_file.chmod(0o600)
        return pair

    def trusted(self, client: Pair | None = None) -> ssl.SSLContext:
        """Give a client's context that trusts this authority only, and may come with a certificate."""
        context = ssl.create_default_context(cafile=self.file)
        if client is not None:
            context.load_cert_chain(client.cert_file, client.key_file)
        return context
