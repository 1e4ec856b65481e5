"""The HTTP client: the only place that imports httpx. What a user can aim will be guarded here; this is for our own API."""

import httpx

TIMEOUT = httpx.Timeout(15.0)


def api_client(base_url: str, key: str) -> httpx.AsyncClient:
    """A client of a Commonground API with one organization's key. Proxies and `.netrc` of the environment are not used."""
    return httpx.AsyncClient(
        base_url=base_url,
        headers={"Authorization": f"Bearer {key}", "Accept-Encoding": "identity"},
        timeout=TIMEOUT,
        trust_env=False,
        follow_redirects=False,
    )
