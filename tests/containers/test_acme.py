"""The certificate that the proxy obtains by itself. All that the other tests ask over TLS is asked with it."""

import base64
import json
import os
import ssl

import pytest

from support import Answers, Authority, Client, Stack, figure, wait_for


@pytest.fixture(autouse=True)
def acme(answers: Answers) -> None:
    if answers.tls != "acme":
        pytest.skip("the certificate comes from elsewhere")


def certificate(client: Client) -> dict:
    context = client.context()
    with client.connect(context) as connection:
        return connection.getpeercert()


def test_the_certificate_is_of_the_authority_and_for_this_name(client: Client):
    found = certificate(client)

    assert "Pebble" in str(found["issuer"])
    assert found["subjectAltName"] == (("DNS", client.domain),)


def test_what_was_obtained_is_kept_for_the_next_start(stack: Stack, client: Client):
    before = certificate(client)["serialNumber"]
    stored = stack.folder / "secrets/certificates/acme.json"

    stack.compose("restart", "proxy")
    wait_for(lambda: stack.inspect("proxy")["State"]["Health"]["Status"] == "healthy", "the proxy is healthy")

    assert certificate(client)["serialNumber"] == before
    assert stored.stat().st_mode & 0o777 == 0o600
    assert (stack.folder / "secrets").stat().st_mode & 0o777 == 0o700


def test_a_certificate_that_soon_ends_is_renewed(stack: Stack, client: Client, authority: Authority, tmp_path_factory: pytest.TempPathFactory):
    """The stored one is exchanged for one that ends within days, as if three months had passed."""
    ending = Authority(tmp_path_factory.mktemp("ending"), client.domain)
    stored = stack.folder / "secrets/certificates/acme.json"
    text = json.loads(stored.read_text())
    [entry] = text["acme"]["Certificates"]
    entry["certificate"] = base64.b64encode(ending.chain.read_bytes()).decode()
    entry["key"] = base64.b64encode(ending.key.read_bytes()).decode()
    stack.compose("stop", "proxy")
    # Into the same file, which belongs to the proxy alone.
    with stored.open("r+") as file:
        file.write(json.dumps(text))
        file.truncate()
    os.sync()

    stack.compose("start", "proxy")

    def issuer() -> str:
        try:
            return str(certificate(client)["issuer"])
        except (OSError, ssl.SSLError):
            return ""  # still the one that ends, whose authority is unknown
    wait_for(lambda: "Pebble" in issuer(), "the certificate is renewed", 60)
    renewed = json.loads(stored.read_text())["acme"]["Certificates"][0]["certificate"]
    figure("ACME: a certificate with 7 days left was renewed at the next start")
    assert renewed != entry["certificate"]
