"""What pip is told, uv is told: index, mirrors, certificates."""

import pytest

from scripts.uv_settings import pip_settings, uv_settings

LISTING = r"""
:env:.index-url='https://mirror.example/simple'
:env:.disable-pip-version-check='1'
global.index-url='https://other.example/simple'
global.extra-index-url='\nhttps://a.example/simple\nhttps://b.example/simple'
global.find-links='/a /b'
global.cert='/etc/ca.crt'
install.trusted-host='mirror.example'
list.format='json'
"""


def test_the_environment_wins_over_the_file() -> None:
    assert pip_settings(LISTING)["index-url"] == "https://mirror.example/simple"


def test_another_commands_section_is_not_read() -> None:
    assert "format" not in pip_settings(LISTING)


def test_each_setting_has_its_uv_name_and_separator() -> None:
    assert uv_settings(pip_settings(LISTING)) == {
        "UV_DEFAULT_INDEX": "https://mirror.example/simple",
        "UV_INDEX": "https://a.example/simple https://b.example/simple",
        "UV_INDEX_STRATEGY": "unsafe-best-match",
        "UV_FIND_LINKS": "/a,/b",
        "SSL_CERT_FILE": "/etc/ca.crt",
        "UV_INSECURE_HOST": "mirror.example",
    }


@pytest.mark.parametrize("listing", ["", "global.timeout='30'"])
def test_without_a_second_index_uv_keeps_its_own_strategy(listing: str) -> None:
    assert "UV_INDEX_STRATEGY" not in uv_settings(pip_settings(listing))
