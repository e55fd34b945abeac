"""When a certificate ends is read from its file."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from rungbell.config.certificate import ends

NAME = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "rungbell " + "x" * 50)] * 4)
"""Long enough for lengths of several bytes."""


def pem(end: datetime) -> bytes:
    key = ec.generate_private_key(ec.SECP256R1())
    made = x509.CertificateBuilder(
        NAME, NAME, key.public_key(), x509.random_serial_number(), datetime(1970, 1, 2, tzinfo=UTC), end
    )
    return made.sign(key, hashes.SHA256()).public_bytes(Encoding.PEM)


@pytest.mark.parametrize(
    "end",
    [
        datetime(1999, 12, 31, 23, 59, 59, tzinfo=UTC),
        datetime(2027, 2, 28, 12, 0, 1, tzinfo=UTC),
        datetime(2049, 12, 31, 23, 59, 59, tzinfo=UTC),
        datetime(2050, 1, 1, tzinfo=UTC),
        datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC),
    ],
)
def test_the_end_is_read_whatever_the_century(tmp_path: Path, end: datetime) -> None:
    file = tmp_path / "server.crt"
    file.write_bytes(b"a note before it\n" + pem(end))
    assert ends(file) == end


def test_a_chain_ends_with_the_first_of_its_certificates(tmp_path: Path) -> None:
    first = datetime(2027, 1, 1, tzinfo=UTC)
    file = tmp_path / "server.crt"
    file.write_bytes(b"".join(pem(first + timedelta(days=days)) for days in (90, 0, 30)))
    assert ends(file) == first


@pytest.mark.parametrize(
    "text",
    [
        "",
        "-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n",
        "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n",
        "-----BEGIN CERTIFICATE-----\n????\n-----END CERTIFICATE-----\n",
    ],
)
def test_what_is_no_certificate_says_no_end(tmp_path: Path, text: str) -> None:
    file = tmp_path / "server.crt"
    file.write_text(text)
    assert ends(file) is None
    assert ends(tmp_path / "missing.crt") is None
