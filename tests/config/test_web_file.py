"""The file of ``--web.config.file`` is read strictly: what is wrong is said with its line, and what cannot be done."""

import re
import subprocess
from pathlib import Path

import pytest

from rungbell.config import InvalidConfigError
from rungbell.config.tls import CIPHERS
from rungbell.config.web_file import WebSettings, load_web
from tests.harness.certificates import Authority
from tests.harness.programs import find_program

HASH = "$2y$10$" + "a" * 21 + "u" + "b" * 31
TLS = "tls_server_config:\n  cert_file: server.crt\n  key_file: server.key\n"
SHIPPED = Path(__file__).parents[2] / "config" / "web.yml"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    Authority(tmp_path).issue("localhost")
    return tmp_path


def read(folder: Path, text: str) -> WebSettings:
    file = folder / "web.yml"
    file.write_text(text)
    return load_web(file)


def said(folder: Path, text: str) -> str:
    with pytest.raises(InvalidConfigError) as caught:
        read(folder, text)
    return str(caught.value).replace(f"{folder}/", "")


def test_a_whole_file_is_taken(folder: Path) -> None:
    found = read(
        folder,
        f"""{TLS}  client_auth_type: RequireAndVerifyClientCert
  client_ca_file: authority.pem
  client_allowed_sans: [alertmanager.example.com]
  min_version: TLS12
  max_version: TLS13
  cipher_suites: [TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384]
  prefer_server_cipher_suites: false
http_server_config:
  http2: false
  headers: {{Strict-Transport-Security: max-age=31536000, X-Frame-Options: deny, X-XSS-Protection: ""}}
basic_auth_users:
  prometheus: {HASH}
""",
    )
    assert found.tls is not None
    assert (found.tls.cert_file, found.tls.client_certificates) == (folder / "server.crt", "required")
    assert found.headers == {"Strict-Transport-Security": "max-age=31536000", "X-Frame-Options": "deny"}
    assert list(found.users) == ["prometheus"]
    assert found.warnings == ()
    assert HASH not in repr(found)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("tls_sever_config: {}\n", "web.yml:1: tls_sever_config: unknown key; hint: did you mean `tls_server_config`?"),
        ("basic_auth_user:\n", "web.yml:1: basic_auth_user: unknown key; hint: did you mean `basic_auth_users`?"),
        ("tls_server_config:\n  cert_file: server.crt\n", "web.yml:1: tls_server_config.key_file: is required"),
        (f"{TLS}  cert: inline\n", "web.yml:4: tls_server_config.cert: unknown key; hint: did you mean `cert_file`?"),
        (f"{TLS}  min_version: TLS10\n", "web.yml:4: tls_server_config.min_version: TLS10 is broken"),
        (
            f"{TLS}  min_version: TLS14\n",
            "web.yml:4: tls_server_config.min_version: 'TLS14' is not one of TLS12, TLS13",
        ),
        (
            f"{TLS}  min_version: TLS13\n  max_version: TLS12\n",
            "web.yml:1: tls_server_config: `min_version` is above `max_version`",
        ),
        (
            f"{TLS}  client_auth_type: RequireAnyClientCert\n",
            "certificates that nobody verified, which rungbell cannot",
        ),
        (f"{TLS}  client_auth_type: RequestClientCert\n", "hint: VerifyClientCertIfGiven, or RequireAndVerifyClient"),
        (f"{TLS}  client_auth_type: RequireAndVerifyClientCert\n", "needs `client_ca_file`"),
        (f"{TLS}  client_ca_file: authority.pem\n", "`client_ca_file` has no effect"),
        (f"{TLS}  client_allowed_sans: [a]\n", "`client_allowed_sans` needs client_auth_type"),
        (
            f"{TLS}  cipher_suites: [TLS_RSA_WITH_RC4_128_SHA]\n",
            "cipher_suites: 'TLS_RSA_WITH_RC4_128_SHA' is not offered",
        ),
        (f"{TLS}  curve_preferences: [X25519]\n", "web.yml:4: tls_server_config.curve_preferences: unknown key"),
        ("http_server_config:\n  http2: true\n", "web.yml:2: http_server_config.http2: rungbell speaks HTTP/1.1 only"),
        ("http_server_config:\n  headers: {X-Frame-Options: allow}\n", "'allow' is not deny or sameorigin"),
        ('http_server_config:\n  headers: {X-XSS-Protection: "0\\r\\nX: 1"}\n', "must be one line of ASCII"),
        (
            "http_server_config:\n  headers: {Server: nginx}\n",
            "web.yml:2: http_server_config.headers.Server: unknown key",
        ),
        ("rate_limit: {interval: 0s, bursts: 20}\n", "web.yml:1: rate_limit: is refused: it answers 429"),
        ("rate_limit: {interval: [0], burst: 20}\n", "web.yml:1: rate_limit: is refused: it answers 429"),
        ("rate_limit: {interval: 1s, burst: 20}\n", "web.yml:1: rate_limit: is refused: it answers 429"),
        ("basic_auth_users: {alice: secret}\n", "web.yml:1: basic_auth_users.alice: must be a bcrypt hash"),
        (f"basic_auth_users: {{alice: {HASH.replace('10', '19')}}}\n", "has a cost of 19; 4 to 18 are taken"),
        (f'basic_auth_users: {{"a:b": {HASH}}}\n', "cannot be the name of a user"),
        (f"basic_auth_users:\n  alice: {HASH}\n  alice: {HASH}\n", "web.yml:3: basic_auth_users.alice: is given twice"),
        (
            "tls_server_config: {cert_file: nowhere.crt, key_file: server.key}\n",
            "cert_file: nowhere.crt cannot be read",
        ),
        (
            "tls_server_config: {cert_file: server.crt, key_file: nowhere}\n",
            "key_file: nowhere cannot be read: No such",
        ),
        (
            "tls_server_config: {cert_file: web.yml, key_file: server.key}\n",
            "cert_file: web.yml and server.key cannot be",
        ),
        (
            f"{TLS}  client_auth_type: VerifyClientCertIfGiven\n  client_ca_file: server.key\n",
            "web.yml:5: tls_server_config.client_ca_file: server.key holds no certificates (PEM)",
        ),
    ],
)
def test_what_is_wrong_is_said_where_it_stands(folder: Path, text: str, expected: str) -> None:
    assert expected in said(folder, text)


@pytest.mark.parametrize("interval", ["0", "0s"])
def test_a_limit_that_is_none_is_taken(folder: Path, interval: str) -> None:
    assert read(folder, f"rate_limit: {{interval: {interval}, burst: 20}}\n").warnings == ()


def test_no_message_shows_what_may_be_a_password(folder: Path) -> None:
    assert "hunter2" not in said(folder, "basic_auth_users: {alice: hunter2}\n")


def test_a_key_of_another_certificate_is_told_apart(folder: Path) -> None:
    Authority(folder, "other").issue("localhost", file="other")
    text = "tls_server_config: {cert_file: server.crt, key_file: other.key}\n"
    assert "key_file: other.key is not the key of server.crt" in said(folder, text)


def test_an_encrypted_key_is_refused_rather_than_asked_for(folder: Path) -> None:
    subprocess.run(
        ["openssl", "pkey", "-in", "server.key", "-aes256", "-passout", "pass:x", "-out", "locked.key"],
        cwd=folder, check=True,
    )  # fmt: skip
    text = "tls_server_config: {cert_file: server.crt, key_file: locked.key}\n"
    assert "key_file: locked.key: the key is encrypted" in said(folder, text)


def test_a_key_that_everybody_may_read_is_a_warning(folder: Path) -> None:
    (folder / "server.key").chmod(0o644)
    (warning,) = read(folder, TLS).warnings
    assert (warning.line, warning.field) == (3, "tls_server_config.key_file")
    assert "can be read by everybody" in warning.message


def test_the_shipped_example_is_right_once_its_files_are_there(folder: Path) -> None:
    (folder / "tls").mkdir()
    for name in ("server.crt", "server.key"):
        (folder / name).rename(folder / "tls" / name)
    (folder / "authority.pem").rename(folder / "tls" / "clients.crt")
    text = SHIPPED.read_text()
    assert read(folder, text).tls is not None
    head, body = text.split("tls_server_config:\n", 1)
    whole = read(folder, f"{head}tls_server_config:\n" + re.sub(r"^( *)# ", r"\1", body, flags=re.MULTILINE))
    assert whole.tls is not None
    assert (whole.tls.client_certificates, set(whole.users)) == ("required", {"prometheus"})


def test_prometheus_takes_the_same_file(folder: Path) -> None:
    text = f"""{TLS}  client_auth_type: RequireAndVerifyClientCert
  client_ca_file: authority.pem
  min_version: TLS12
  cipher_suites: [{", ".join(CIPHERS)}]
http_server_config:
  http2: false
  headers: {{X-Frame-Options: deny, X-Content-Type-Options: nosniff, Strict-Transport-Security: max-age=1}}
basic_auth_users: {{prometheus: {HASH}}}
"""
    assert read(folder, text).tls is not None
    promtool = find_program("promtool")
    told = subprocess.run(
        [promtool, "check", "web-config", folder / "web.yml"], capture_output=True, text=True, check=False
    )
    assert (told.returncode, told.stdout + told.stderr) == (0, f"{folder / 'web.yml'} SUCCESS\n")
