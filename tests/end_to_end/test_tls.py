"""Prometheus and Alertmanager reach a rungbell that wants TLS, client certificates, passwords and a path."""

from datetime import UTC, datetime
from pathlib import Path

import aiohttp
import bcrypt
import pytest

from tests.harness.certificates import Authority
from tests.harness.failures import show_logs_when_failing
from tests.harness.ports import LOOPBACK
from tests.harness.programs import Alertmanager, Prometheus
from tests.harness.waiting import eventually
from tests.web.running import CLOSED, TOKEN_A, WEBHOOK, running

pytestmark = [pytest.mark.end_to_end, pytest.mark.timeout(120)]

PREFIX, PASSWORD = "/rungbell", "password-of-prometheus"


async def test_the_real_programs_get_in_with_what_their_own_configuration_offers(
    tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    show_logs_when_failing(request, tmp_path)
    authority = Authority(tmp_path / "tls")
    server, client = authority.issue(LOOPBACK), authority.issue("prometheus.example.com", file="client")
    web = tmp_path / "web.yml"
    web.write_text(f"""\
tls_server_config:
  cert_file: {server.cert_file}
  key_file: {server.key_file}
  client_auth_type: RequireAndVerifyClientCert
  client_ca_file: {authority.file}
  client_allowed_sans: [prometheus.example.com]
  min_version: TLS13
basic_auth_users: {{prometheus: {bcrypt.hashpw(PASSWORD.encode(), bcrypt.gensalt(4)).decode()}}}
""")
    tls = {"ca_file": str(authority.file), "cert_file": str(client.cert_file), "key_file": str(client.key_file)}
    trust = authority.trusted(client)
    async with running(tmp_path / "d", CLOSED, trust=trust, web_config_file=web, route_prefix=PREFIX) as rungbell:
        target = rungbell.url.removeprefix("https://").removesuffix(PREFIX)
        http = {"tls_config": tls, "authorization": {"credentials": TOKEN_A}}
        alertmanager = Alertmanager(tmp_path / "alertmanager", rungbell.url + WEBHOOK, http_config=http)
        prometheus = Prometheus(
            tmp_path / "prometheus",
            alertmanager=alertmanager.address,
            target=target,
            scheme="https",
            metrics_path=f"{PREFIX}/metrics",
            tls_config=tls,
            basic_auth={"username": "prometheus", "password": PASSWORD},
        )
        async with alertmanager, prometheus, aiohttp.ClientSession() as session:
            await prometheus.sees_target("up")
            alert = {"labels": {"alertname": "DiskFull"}, "startsAt": datetime.now(UTC).isoformat()}
            async with session.post(f"{alertmanager.url}/api/v2/alerts", json=[alert]) as taken:
                assert taken.status == 200

            async def opened() -> bool:
                return [one["source"] for one in await rungbell.incidents()] == ["cluster-a"]

            await eventually(opened, "the alert is an incident of the source that sent it", within=20)
