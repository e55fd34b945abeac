"""rungbell's HTTP interface as a client sees it: webhooks in, incidents out, acts of people."""

from types import TracebackType
from typing import Any, Self, TypeAlias

import aiohttp

Json: TypeAlias = dict[str, Any]


class Api:
    """Speaks to one running daemon; a new one is made for every start, since connections die with the process."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=0), timeout=aiohttp.ClientTimeout(total=10)
        )

    async def close(self) -> None:
        """Drop the connections."""
        await self._session.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def ready(self) -> bool:
        """Whether the daemon takes part."""
        try:
            async with self._session.get(f"{self.url}/-/ready") as answer:
                return answer.status == 200
        except (aiohttp.ClientError, TimeoutError):
            return False

    async def unready(self) -> str:
        """Why the daemon does not take part, in its own words; empty where it does."""
        async with self._session.get(f"{self.url}/-/ready") as answer:
            return "" if answer.status == 200 else str((await answer.json())["detail"])

    async def healthy(self) -> bool:
        """Whether the process answers at all."""
        async with self._session.get(f"{self.url}/-/healthy") as answer:
            return answer.status == 200

    async def reload(self) -> int:
        """Ask it to read its configuration again and give the status."""
        async with self._session.post(f"{self.url}/-/reload") as answer:
            return answer.status

    async def metrics(self) -> str:
        """Read what Prometheus would scrape."""
        async with self._session.get(f"{self.url}/metrics") as answer:
            answer.raise_for_status()
            return await answer.text()

    async def send(self, webhook: Json) -> int:
        """Post what Alertmanager would post and give the status of the answer."""
        async with self._session.post(f"{self.url}/api/v1/alertmanager", json=webhook) as answer:
            return answer.status

    async def incidents(self, limit: int = 100) -> list[Json]:
        """Read all incidents, page after page."""
        found: list[Json] = []
        query = {"limit": str(limit)}
        while True:
            listing = await self._get("/api/v1/incidents", query)
            found += listing["incidents"]
            after = listing.get("next")
            if not after:
                return found
            if query.get("after") == str(after):
                raise AssertionError(f"the cursor {after} leads to itself")
            query["after"] = str(after)

    async def incident(self, identity: str) -> Json:
        """Read one incident."""
        return await self._get(f"/api/v1/incidents/{identity}")

    async def timeline(self, identity: str) -> list[Json]:
        """Read everything that happened to one incident: the entries, whatever the answer calls their list."""
        answer = await self._get(f"/api/v1/incidents/{identity}/timeline")
        return [entry for listing in answer.values() if isinstance(listing, list) for entry in listing]

    async def acknowledge(self, identity: str, by: str) -> Json:
        """Take it on."""
        return await self.act(identity, "acknowledge", by=by)

    async def act(self, identity: str, act: str, **body: object) -> Json:
        """Do what a person does: acknowledge, unacknowledge, escalate, resolve or notes."""
        async with self._session.post(f"{self.url}/api/v1/incidents/{identity}/{act}", json=body) as answer:
            answer.raise_for_status()
            result: Json = await answer.json()
            return result

    async def open_link(self, link: str) -> int:
        """Open a link of a page as a browser (or a mail scanner) does and give the status."""
        async with self._session.get(link) as answer:
            await answer.read()
            return answer.status

    async def press_link(self, link: str) -> int:
        """Press the button behind a link of a page and give the status."""
        async with self._session.post(link, allow_redirects=False) as answer:
            await answer.read()
            return answer.status

    async def _get(self, path: str, query: dict[str, str] | None = None) -> Json:
        async with self._session.get(f"{self.url}{path}", params=query) as answer:
            answer.raise_for_status()
            result: Json = await answer.json()
            return result
