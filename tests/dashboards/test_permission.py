"""Who may see what: settings of sign-in, claims → permission, the server's own sessions, the gate."""

import pytest

from dashboards import server, signin
from dashboards.access import Scope, connect
from dashboards.permission import FRESH_SECONDS, Sessions, permit
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
    idle, long, out = ({"sub": who, "iat": clock.now} for who in ("idle", "long", "out"))
    for one in (idle, long, out):
        assert sessions.admit(one, ACCESS)
    sessions.end(out)
    assert not sessions.admit(out, ACCESS)
    for _ in range(4):
        clock.now += 29 * 60
        assert sessions.admit(long, ACCESS)
    assert not sessions.admit(idle, ACCESS)
    clock.now += 29 * 60
    assert not sessions.admit(long, ACCESS)
    # Ended stays ended: the cookie is still there.
    assert not sessions.admit(long, ACCESS) and not sessions.admit(out, ACCESS)


@pytest.mark.parametrize(
    "issued", [0, Clock.now - FRESH_SECONDS - 1, Clock.now + FRESH_SECONDS + 1, None, "now"]
)
def test_an_old_cookie_that_the_server_does_not_know_is_refused(issued):
    assert not Sessions(Clock()).admit({"sub": "p", "iat": issued}, ACCESS)


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
