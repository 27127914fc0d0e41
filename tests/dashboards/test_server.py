import re
import urllib.error
import urllib.request

import pytest

from dashboards import server, settings, shell
from models.errors import FengqingError


def get(url, **headers):
    request = urllib.request.Request(url, headers=headers)
    try:
        with urllib.request.urlopen(request, timeout=10) as response:
            return response.status, response.headers, response.read().decode("utf-8", "replace")
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.headers, error.read().decode("utf-8", "replace")


@pytest.mark.parametrize(("query", "lang"), [("", "zh-CN"), ("?lang=en", "en"), ("?lang=xx", "zh-CN")])
@pytest.mark.parametrize("path", ["/", "/society", "/assessment", "/filing_check"])
def test_the_shell_is_ours_on_every_page(address, path, query, lang):
    status, headers, body = get(address + path + query)
    assert status == 200
    assert f'<html lang="{lang}">' in body
    assert headers["content-language"] == lang
    assert "/fengqing/fonts.css" in body and "<title>风清 Fengqing</title>" in body
    assert "service-desc" not in body and "AI" not in body
    assert headers["cache-control"] == "no-store"


def test_every_response_carries_the_headers(address):
    for path in ("/", "/healthz", "/fengqing/fonts.css", "/_stcore/health", "/nothing.js"):
        _, headers, _ = get(address + path)
        for name, value in shell.FIXED_HEADERS.items():
            assert headers[name] == value, (path, name)
        assert "default-src 'self'" in headers["content-security-policy"], path


def test_the_policy_lets_in_no_other_origin(address):
    policy = get(address)[1]["content-security-policy"]
    assert "unsafe-eval'" not in policy.replace("'wasm-unsafe-eval'", "")
    assert "http" not in policy and "*" not in policy
    assert re.search(r"script-src 'self' 'wasm-unsafe-eval' 'sha256-[\w+/=]+'", policy)
    assert "script-src 'self' 'unsafe-inline'" not in policy


def test_nothing_is_loaded_from_elsewhere(address):
    body = get(address)[2]
    for link in re.findall(r'(?:src|href)="([^"]+)"', body):
        assert link.startswith("/"), link


def test_another_host_is_refused(address):
    assert get(address, Host="example.org")[0] == 400


def test_a_stored_page_is_not_called_fresh(address):
    _, headers, _ = get(address + "/_stcore/health")
    asked = {
        "If-None-Match": headers.get("etag") or '"x"',
        "If-Modified-Since": "Fri, 01 Jan 2100 00:00:00 GMT",
    }
    assert get(address, **asked)[0] == 200


def test_the_interface_for_programs_is_off(address):
    request = urllib.request.Request(
        f"{address}/_stcore/agent/interact", data=b"{}", headers={"Content-Type": "application/json"}
    )
    with pytest.raises(urllib.error.HTTPError) as caught:
        urllib.request.urlopen(request, timeout=10)
    with caught.value:
        assert caught.value.code in {403, 404}


def test_readiness_names_the_run(address, published):
    from models.publication.snapshot import resolve

    assert resolve(published) in get(f"{address}/healthz")[2]


def test_fonts_are_served(address):
    assert "Fengqing Fallback" in get(f"{address}/fengqing/fonts.css")[2]


def test_an_unreadable_home_is_not_ready(monkeypatch, empty_home):
    import asyncio

    monkeypatch.setenv("FENGQING_HOME", str(empty_home.root))
    monkeypatch.setenv("FENGQING_RUN", "")
    assert asyncio.run(server._health(None)).status_code == 200
    (empty_home.snapshots / "current.json").write_text("{")
    assert asyncio.run(server._health(None)).status_code == 503


@pytest.mark.parametrize(
    "address",
    ["0.0.0.0", "192.0.2.1", "::", "[::]", "2001:db8::1", "fe80::1", "::ffff:127.0.0.1", "::ffff:0:0"],
)
def test_only_this_machine_is_served(empty_home, address):
    with pytest.raises(FengqingError) as caught:
        server.serve(empty_home, address=address)
    assert caught.value.code == "ADDRESS_REFUSED"
    assert address.strip("[]") in caught.value.zh and "[::1]" in caught.value.en


@pytest.mark.parametrize("address", ["::1", "[::1]"])
def test_the_loopback_of_ipv6_is_this_machine_too(empty_home, address, monkeypatch):
    """It is listened to, named in brackets, and answers by that name; the same name elsewhere is refused."""
    started = []
    monkeypatch.setattr(
        server, "_run", lambda _home, listener, *rest: started.append((listener.getsockname(), rest))
    )
    server.serve(empty_home, port=0, address=address)
    (bound, (_run_id, _lang, served)) = started[0]
    assert bound[0] == served == "::1"
    assert server.public_url(8501, served) == "http://[::1]:8501"


def test_the_name_of_ipv6_loopback_is_answered(address):
    assert get(f"{address}/healthz", Host="[::1]:8501")[0] == 200
    assert get(f"{address}/healthz", Host="[::2]:8501")[0] == 400


def test_a_port_in_use_is_named(empty_home, screenshots):
    import socket

    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(FengqingError, match=str(port)):
            server.serve(empty_home, port=port)


def test_an_unknown_run_is_refused_before_serving(published):
    with pytest.raises(FengqingError) as caught:
        server.serve(published, run_id="2025-0000000000")
    assert caught.value.code == "RUN_UNKNOWN"


def test_the_options_keep_data_in():
    chosen = server.options(1)
    assert chosen["browser.gatherUsageStats"] is False
    assert chosen["client.showErrorDetails"] == "none"
    assert chosen["server.address"] == "127.0.0.1"
    assert chosen["server.maxUploadSize"] == settings.UPLOAD_MB == 20
    assert chosen["server.enableAgentApi"] is False
    assert chosen["theme.font"].endswith('"Fengqing Fallback", sans-serif')


def test_the_size_of_uploads_is_a_setting(monkeypatch):
    monkeypatch.setenv("FENGQING_UPLOAD_MB", "3")
    assert settings.load().upload_mb == server.options(1)["server.maxUploadSize"] == 3


@pytest.mark.parametrize("given", ["0", "-1", "1.5", "many", "101", "²"])
def test_a_size_that_is_none_stops_the_server(monkeypatch, empty_home, given):
    monkeypatch.setenv("FENGQING_UPLOAD_MB", given)
    with pytest.raises(FengqingError) as caught:
        server.serve(empty_home)
    assert caught.value.code == "UPLOAD_SIZE_INVALID"
    assert given in caught.value.zh and given in caught.value.en


@pytest.mark.parametrize("query", ["?level=national&lang=en", ""])
def test_the_first_page_is_found_by_its_name_too(address, query):
    with urllib.request.urlopen(f"{address}/overview{query}", timeout=10) as response:
        assert response.url == f"{address}/{query}"
        assert "<html" in response.read().decode("utf-8")
