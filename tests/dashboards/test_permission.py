"""Who may see what: settings of sign-in, claims → permission, the server's own sessions, the gate."""

import asyncio
import re
from pathlib import Path

import pytest

from dashboards import fileguard, server, signin
from dashboards.access import Scope, connect
from dashboards.permission import Sessions, permit
from dashboards.shell import ShellMiddleware
from dashboards.signin import Access
from models.errors import FengqingError
from models.publication.snapshot import resolve

ROOT = Path(__file__).parents[2]
FILE = """
[auth]
redirect_uri = "http://127.0.0.1:8501/oauth2callback"
cookie_secret = "0123456789abcdef0123456789abcdef"
client_id = "fengqing"
client_secret = "a-client-secret"
server_metadata_url = "http://127.0.0.1:9/.well-known/openid-configuration"
[access]
hosts = ["fengqing.example"]
idle_minutes = 30
longest_hours = 2
[[access.roles]]
role = "national"
claim = "r"
values = ["national"]
[[access.roles]]
role = "line"
claim = "r"
values = ["region"]
scope_claim = "s"
[[access.roles]]
role = "supervisor"
claim = "r"
values = ["unit"]
scope_claim = "s"
[[access.roles]]
role = "cases"
claim = "c"
values = ["yes"]
"""


@pytest.fixture
def configured(tmp_path, monkeypatch):
    def write(text=FILE, mode=0o600):
        path = tmp_path / f"sign-in-{len(list(tmp_path.iterdir()))}.toml"
        path.write_text(text)
        path.chmod(mode)
        monkeypatch.setenv(signin.VARIABLE, str(path))
        return path

    return write


@pytest.fixture
def rules(configured):
    configured()
    return signin.load().access


@pytest.mark.parametrize(
    ("claims", "scope"),
    [
        ({"r": "national"}, Scope()),
        ({"r": ["x", "national"], "c": "yes"}, Scope(cases=True)),
        ({"r": "region", "s": "110000"}, Scope("line", "110000")),
        ({"r": "unit", "s": "U001", "c": "yes"}, Scope("supervisor", "U001", cases=True)),
        ({"r": "unit", "s": "U001", "c": "no"}, Scope("supervisor", "U001")),
    ],
)
def test_claims_give_a_scope(rules, claims, scope):
    assert permit({"sub": "p", **claims}, rules).scope == scope


@pytest.mark.parametrize(
    "claims",
    [
        {"sub": "p"},
        {"sub": "p", "r": "nationals"},
        {"sub": "p", "r": None},
        {"sub": "p", "c": "yes"},
        {"sub": "p", "r": "region"},
        {"sub": "p", "r": "region", "s": ["110000", "310000"]},
        {"sub": "p", "r": "region", "s": "x' or true --"},
        {"r": "national"},
    ],
)
def test_whatever_does_not_fit_gives_nothing(rules, claims):
    assert permit(claims, rules) is None


@pytest.mark.parametrize(
    ("old", "new", "named"),
    [
        ('client_secret = "a-client-secret"', "", "client_secret"),
        ("0123456789abcdef0123456789abcdef", "short", "cookie_secret"),
        ("[access]", 'expose_tokens = "id"\n[access]', "expose_tokens"),
        ('scope_claim = "s"', "", "scope_claim"),
        ("http://127.0.0.1:8501/oauth2callback", "http://fengqing.example/oauth2callback", "https"),
        ("idle_minutes = 30", "idle_minutes = 0", "idle_minutes"),
    ],
)
def test_an_incomplete_file_is_one_clear_error(configured, empty_home, old, new, named):
    configured(FILE.replace(old, new))
    with pytest.raises(FengqingError) as caught:
        server.serve(empty_home, address="0.0.0.0")
    assert caught.value.code == "SIGN_IN_INCOMPLETE"
    assert named in caught.value.zh and named in caught.value.en
    assert "a-client-secret" not in caught.value.en and "0123456789abcdef" not in caught.value.en


def test_a_file_that_others_can_read_or_that_is_not_there_is_refused(configured, monkeypatch, tmp_path):
    configured(mode=0o644)
    with pytest.raises(FengqingError, match="chmod 600"):
        signin.load()
    monkeypatch.setenv(signin.VARIABLE, str(tmp_path / "none.toml"))
    with pytest.raises(FengqingError, match="FileNotFoundError"):
        signin.load()


def test_with_sign_in_other_hosts_may_be_served_and_ours_is_the_only_secrets_file(configured):
    assert server.options(1)["secrets.files"] == []
    path = configured()
    chosen = server.options(1, "0.0.0.0")
    assert chosen["server.address"] == "0.0.0.0"
    assert chosen["server.allowedHosts"] == [*server.LOOPBACK, "fengqing.example"]
    assert chosen["secrets.files"] == [str(path)]
    assert chosen["server.enableXsrfProtection"] is True and chosen["browser.gatherUsageStats"] is False


class Clock:
    now = 1_000_000.0

    def __call__(self):
        return self.now


RULE = {"role": "national", "claim": "r", "values": ["x"]}
ACCESS = Access(idle_minutes=30, longest_hours=2, roles=(RULE,))


def test_a_session_ends_when_idle_at_its_limit_and_by_signing_out():
    clock = Clock()
    sessions = Sessions(clock)
    idle, long, out = ({"sub": who} for who in ("idle", "long", "out"))
    for one in (idle, long, out):
        sessions.begin(one, ACCESS)
        assert not sessions.is_used(one) and not sessions.holds(one, ACCESS)
        assert sessions.admit(one, ACCESS)
        assert sessions.is_used(one) and sessions.holds(one, ACCESS)
    sessions.end(out)
    assert not sessions.admit(out, ACCESS)
    for _ in range(4):
        clock.now += 29 * 60
        assert sessions.admit(long, ACCESS)
    assert not sessions.holds(idle, ACCESS) and not sessions.admit(idle, ACCESS)
    clock.now += 29 * 60
    assert not sessions.holds(long, ACCESS) and not sessions.admit(long, ACCESS)
    # Ended stays ended, wherever the clock goes: the cookie is still there.
    for now in (Clock.now, clock.now + 1):
        clock.now = now
        assert not any(sessions.admit(one, ACCESS) for one in (idle, long, out))


def test_a_cookie_alone_opens_nothing_however_fresh():
    """As after a restart: the provider has not answered to this process."""
    clock = Clock()
    fresh = {"sub": "p", "iat": clock.now}
    assert not Sessions(clock).admit(fresh, ACCESS)


def test_a_file_is_for_the_sign_in_it_was_made_for():
    clock = Clock()
    sessions = Sessions(clock)
    mine, other = {"sub": "p", "nonce": 1}, {"sub": "p", "nonce": 2}
    for one in (mine, other):
        sessions.begin(one, ACCESS)
        sessions.admit(one, ACCESS)
    sessions.hand_out(mine, b"file")
    assert sessions.owns(mine, ACCESS, b"file") and not sessions.owns(mine, ACCESS, b"guessed")
    assert not sessions.owns(other, ACCESS, b"file") and not sessions.owns({}, ACCESS, b"file")
    clock.now += 31 * 60
    assert not sessions.owns(mine, ACCESS, b"file")
    # Made for a sign-in that is over: for nobody.
    sessions.end(other)
    sessions.hand_out(other, b"late")
    assert not sessions.owns(other, ACCESS, b"late")


@pytest.fixture
def asked(configured, monkeypatch):
    """Asks the guard for a path as somebody, in front of a server that serves all files to all."""
    configured()
    sessions = Sessions(Clock())
    monkeypatch.setattr(fileguard, "SESSIONS", sessions)
    monkeypatch.setattr(fileguard, "claims_of", lambda cookies: {"sub": cookies.get("who", "")})

    async def serving(scope, _receive, send):
        assert not {name for name, _ in scope["headers"]} & {b"range", b"accept-encoding"}
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"fi", "more_body": True})
        await send({"type": "http.response.body", "body": b"le"})

    def asked(who, path="/media/1.xlsx"):
        answers = []

        async def send(message):
            answers.append(message)

        scope = {
            "type": "http",
            "method": "GET",
            "path": path,
            "headers": [(b"cookie", f"who={who}".encode())],
        }
        if path.startswith("/media/"):
            scope["headers"] += [(b"range", b"bytes=0-1"), (b"accept-encoding", b"gzip")]
        asyncio.run(fileguard.FileGuard(serving)(scope, None, send))
        return answers[0]["status"]

    asked.sessions = sessions
    return asked


def test_the_guard_of_files(asked):
    known, sessions = signin.load().access, asked.sessions
    mine, other = {"sub": "mine"}, {"sub": "other"}
    for one in (mine, other):
        sessions.begin(one, known)
        sessions.admit(one, known)
    assert asked("mine") == 403
    sessions.hand_out(mine, b"file")
    assert [asked(who) for who in ("mine", "other", "nobody", "")] == [200, 403, 403, 403]
    upload = "/_stcore/upload_file/s/1"
    assert [asked(who, upload) for who in ("mine", "other", "nobody", "")] == [200, 200, 403, 403]
    assert asked("", "/healthz") == 200
    sessions.end(mine)
    assert asked("mine") == asked("mine", upload) == 403


def test_every_download_is_recorded_and_has_an_owner():
    buttons = 0
    for path in sorted((ROOT / "dashboards").rglob("*.py")):
        for call in path.read_text(encoding="utf-8").split("download_button(")[1:]:
            buttons += 1
            assert re.match(r"\s*[^,]+,\s*(gate\.)?recorded\(", call), (path, call[:80])
    assert buttons >= 6


def test_a_sign_in_that_nobody_used_is_over_in_time_too():
    clock = Clock()
    sessions = Sessions(clock)
    sessions.begin({"sub": "p"}, ACCESS)
    clock.now += 31 * 60
    assert not sessions.admit({"sub": "p"}, ACCESS)


@pytest.mark.parametrize(
    ("redirect", "scheme", "is_secure"),
    [
        ("https://fengqing.example/oauth2callback", "http", True),
        ("http://127.0.0.1:8501/oauth2callback", "https", True),
        ("http://127.0.0.1:8501/oauth2callback", "http", False),
    ],
)
def test_cookies_are_secure_where_browsers_come_by_https(configured, redirect, scheme, is_secure):
    """Either the address of sign-in says so, or the proxy on this machine that was asked."""
    configured(FILE.replace("http://127.0.0.1:8501/oauth2callback", redirect))

    async def behind(_scope, _receive, send):
        cookies = [(b"set-cookie", b"a=1; Path=/; HttpOnly"), (b"set-cookie", b"b=2; Path=/")]
        await send({"type": "http.response.start", "status": 302, "headers": cookies})
        await send({"type": "http.response.body", "body": b""})

    sent = []

    async def send(message):
        sent.append(message)

    scope = {"type": "http", "method": "GET", "path": "/x", "scheme": scheme, "headers": []}
    shelled = ShellMiddleware(behind, is_secure=signin.load().auth.is_secure)
    asyncio.run(shelled(scope, None, send))
    cookies = [value for name, value in sent[0]["headers"] if name == b"set-cookie"]
    assert len(cookies) == 2
    assert [one.endswith(b"; Secure") for one in cookies] == [is_secure] * 2


def test_what_is_printed_at_start_is_where_sign_in_leads_back_to(configured):
    assert server.public_url(8501, "::1") == "http://[::1]:8501"
    configured(FILE.replace("http://127.0.0.1:8501", "https://fengqing.example"))
    assert server.public_url(8501, "0.0.0.0") == "https://fengqing.example"


def rows(published, scope, query):
    con = connect(published, resolve(published), scope)
    try:
        return con.sql(query).fetchall()
    finally:
        con.close()


CASES = "list_contains(d.families, 'investigations')"


def test_only_the_case_officer_sees_rows_of_cases(published):
    query = "select count(*) from contributions where family = 'investigations'"
    assert rows(published, Scope(), query) == [(0,)]
    assert rows(published, Scope(cases=True), query)[0][0] > 0
    assert rows(published, Scope(), "select count(*) from detail_investigations") == [(0,)]


def test_a_small_count_hides_every_figure_on_cases_of_its_society(published):
    about_cases = f"from indicators i join indicator_definitions d using (indicator) where {CASES}"
    small = rows(
        published,
        Scope(cases=True),
        f"select distinct society_id {about_cases} and denominator between 1 and 4",
    )
    codes = tuple(code for (code,) in small)
    seen = rows(published, Scope(), f"select i.* {about_cases} and society_id in {codes}")
    assert small and seen
    con = connect(published, resolve(published), Scope())
    names = con.sql("select * from indicators limit 0").columns
    con.close()
    from models.publication.disclosure import SUPPRESSED

    for row in (dict(zip(names, one, strict=True)) for one in seen):
        assert row["is_suppressed"] and row["state"] == "suppressed"
        assert [name for name in SUPPRESSED if row.get(name) is not None] == []
