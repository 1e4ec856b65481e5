"""An identity provider in a process of its own: oidc-provider-mock, with the code bound to its verifier, and able to misbehave.

`PUT /_misbehave` with JSON says how: claims to put into id tokens, `alg`, `status` and `size` of the token endpoint's answers, or
members of the discovery; `POST /_rotate` gives it a new key.
"""

import base64
import hashlib
import hmac
import json
import os
import subprocess
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

ROOT = Path(__file__).parents[2]


@contextmanager
def provider_process() -> Iterator[str]:
    """Start one; its address."""
    environment = {name: value for name, value in os.environ.items() if name in {"PATH", "HOME", "LANG"}}
    process = subprocess.Popen(
        [sys.executable, "-W", "ignore", str(Path(__file__))],
        cwd=ROOT, env=environment | {"AUTHLIB_INSECURE_TRANSPORT": "1"},
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
    )  # fmt: skip
    try:
        assert process.stdout is not None
        port = int(process.stdout.readline())
        yield f"http://127.0.0.1:{port}"
    finally:
        process.kill()
        process.communicate()


class Double:
    """The mock with what it lacks: PKCE, answers that can be wrong, keys that change."""

    def __init__(self) -> None:
        self.challenges: dict[str, str | None] = {}
        self.said: dict[str, Any] = {}

    def app(self) -> Any:
        from oidc_provider_mock import app as make_mock  # noqa: PLC0415 - in the provider's process only: it warns

        made = make_mock()
        made.put("/_misbehave")(self.misbehave)
        made.post("/_rotate")(self.rotate)
        made.before_request(self.check_verifier)
        made.after_request(self.change)
        return made

    def misbehave(self) -> Any:
        import flask  # noqa: PLC0415

        self.said = dict(flask.request.json or {})
        return "", 204

    def rotate(self) -> Any:
        import flask  # noqa: PLC0415
        from authlib import jose  # noqa: PLC0415

        flask.g.oidc_provider_mock_storage.jwk = jose.RSAKey.generate_key(is_private=True)
        return "", 204

    def check_verifier(self) -> Any:
        import flask  # noqa: PLC0415

        if flask.request.path != "/oauth2/token":
            return None
        wanted = self.challenges.get(flask.request.form.get("code", ""))
        digest = hashlib.sha256(flask.request.form.get("code_verifier", "").encode()).digest()
        if wanted != _encoded(digest):
            return flask.jsonify({"error": "invalid_grant"}), 400
        return None

    def change(self, response: Any) -> Any:
        import flask  # noqa: PLC0415

        path = flask.request.path
        if path == "/oauth2/authorize" and response.status_code == 302:
            code = parse_qs(urlsplit(response.headers["Location"]).query).get("code", [""])[0]
            self.challenges[code] = flask.request.args.get("code_challenge")
        if path == "/.well-known/openid-configuration" and "discovery" in self.said:
            response.set_data(json.dumps({**response.get_json(), **self.said["discovery"]}))
        if path == "/oauth2/token":
            _misbehaving(response, self.said)
        return response


def _misbehaving(response: Any, said: dict[str, Any]) -> None:
    answer = response.get_json()
    if "id_token" in answer and ("claims" in said or "alg" in said or "kid" in said):
        answer["id_token"] = _resigned(answer["id_token"], said)
        response.set_data(json.dumps(answer))
    if "size" in said:
        response.set_data(b" " * said["size"])
    response.status_code = said.get("status", response.status_code)


def _resigned(token: str, said: dict[str, Any]) -> str:
    import flask  # noqa: PLC0415
    from joserfc import jwk, jwt  # noqa: PLC0415

    key = flask.g.oidc_provider_mock_storage.jwk
    payload = json.loads(_decoded(token.split(".")[1])) | said.get("claims", {})
    payload = {name: value for name, value in payload.items() if value is not None}
    alg = said.get("alg", "RS256")
    if alg == "RS256":
        header = {"alg": alg, "kid": said.get("kid", key.as_dict()["kid"])}
        return jwt.encode(header, payload, jwk.RSAKey.import_key(key.as_pem(is_private=True)))
    body = ".".join(_encoded(json.dumps(part).encode()) for part in ({"alg": alg}, payload))
    secrets = {"none": None, "HS256": b"secret", "HS256-public": key.as_pem(is_private=False)}
    if alg == "HS256-public":
        body = ".".join([_encoded(json.dumps({"alg": "HS256"}).encode()), body.split(".")[1]])
    secret = secrets[alg]
    mac = b"" if secret is None else hmac.digest(secret, body.encode(), "sha256")
    return f"{body}.{_encoded(mac)}"


def _encoded(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def _decoded(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    from werkzeug.serving import make_server

    server = make_server("127.0.0.1", 0, Double().app(), threaded=True)
    print(server.server_port, flush=True)  # noqa: T201 - how the test learns the port
    server.serve_forever()
