"""Who may see what: settings of sign-in, claims → permission, the server's own sessions, the gate."""

import asyncio

import pytest

from dashboards import server, signin
from dashboards.access import Scope, connect
from dashboards.permission import Sessions, permit
from dashboards.shell import ShellMiddleware
from dashboards.signin import Access
from models.errors import FengqingError
from models.publication.snapshot import resolve

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
