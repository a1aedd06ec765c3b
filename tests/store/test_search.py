import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forensics.model import Excerpt, OutcomeKind, Severity, Subject
from forensics.store import reader, runs
from forensics.store.grammar import MAX_LENGTH, QueryError
from forensics.store.search import Bounds, compile_query, statement
from forensics.store.writer import Store
from tests.store.made import NOW, analysis, latest, match, observation, verdict


@pytest.fixture(scope="module")
def connection(tmp_path_factory):
    """Three alerts (1: stick, 2: upload of a zip by User2, 3: a menu in Japanese by mail) and one sighting."""
    folder = tmp_path_factory.mktemp("searched")
    zipped = observation(
        "b",
        channel="http2",
        name="holiday_pictures.zip",
        destination="http://drop.example:8080/in%20box/x.zip",
        subject=Subject(host="WS-2", user="CORP\\User2"),
        time=NOW + 86_400,
    )
    mailed = observation("c", channel="smtp", name="メニュー.docx", time=NOW + 2 * 86_400)
    text = match(
        rule="EW-TXT-1",
        matcher="text",
        item="C-002:candidate-2",
        package="PKG-8",
        title="Registered text",
        programme="Night shift",
        why=(Excerpt(kind="text", text="再生してください play the song u_user1"),),
    )
    with Store.open(folder, actor="tester", clock=lambda: NOW) as store, store.group() as group:
        group.record(analysis(observation("a")), verdict(), grouper=latest)
        inside = {"fr_menu.xliff": OutcomeKind.CLEAN, "locked.zip": OutcomeKind.ENCRYPTED}
        critical = verdict(severity=Severity.CRITICAL, title="Upload", items=("package:PKG-7",))
        group.record(analysis(zipped, inside=inside, media_type="application/zip"), critical, grouper=latest)
        group.record(
            analysis(mailed, [text], media_type="text/plain"),
            verdict(title="Text by mail", reason="text", items=("x",)),
            grouper=latest,
        )
        group.record(analysis(observation("d", is_leaving=False)), verdict(is_alert=False), grouper=latest)
    opened = reader.open_reader(folder)
    yield opened
    opened.close()


@pytest.mark.parametrize(
    ("query", "alerts"),
    [
        ("", [3, 2, 1]),
        ("   ", [3, 2, 1]),
        ("user:user1", [3, 1]),
        ("USER:User1", [3, 1]),
        ("user:user2", [2]),
        ("user:corp\\user2", [2]),
        ("user:*", [3, 2, 1]),
        ("u_user1", [3]),
        ("host:ws-2", [2]),
        ("channel:http OR channel:smtp", [3, 2]),
        ("channel:http2", [2]),
        ("-channel:http", [3, 1]),
        ("NOT channel:http NOT channel:smtp", [1]),
        ("-(channel:http OR channel:smtp)", [1]),
        ("clip:C-001", [2, 1]),
        ("clip:C-002", [3]),
        ("clip:C-002:candidate-2", [3]),
        ("clip:C-00*", [3, 2, 1]),
        ("C-001", [2, 1]),
        ("package:pkg-8", [3]),
        ('programme:"night shift"', [3]),
        ("programme:night*", [3]),
        ("rule:ew-txt*", [3]),
        ("rule:registered-audio", [2, 1]),
        ("rule:registered", []),
        ("severity:critical", [2]),
        ("severity:h", [3, 1]),
        ("state:new", [3, 2, 1]),
        ("state:closed", []),
        ("-state:closed channel:http", [2]),
        ("type:audio", [1]),
        ("type:application/zip", [2]),
        ("type:audio/*", [1]),
        ("outcome:encrypted", [2]),
        ("name:holiday", [2]),
        ("name:pictures.zip", [2]),
        ("name:xliff", [2]),
        ("holiday_pictures.zip", [2]),
        ("to:drop.example", [2]),
        ('to:"in box"', [2]),
        ("to:media", [3, 1]),
        ("after:2023-11-15", [3, 2]),
        ("after:2023-11-15 before:2023-11-16", [2]),
        ("before:2023-11-15T00:00", [1]),
        ("last:2d", []),
        ('"play the song"', [3]),
        ('"the play"', []),
        ('"play the so', [3]),
        ("son*", [3]),
        ("再生", [3]),
        ("メニ", [3]),
        ("(clip:C-001 channel:http) OR name:docx", [3, 2]),
        ("(clip:C-001 (channel:http", [2]),
        ("clip:C-001 OR", [2, 1]),
        ("OR clip:C-001", [2, 1]),
        ("clip:C-001 -", [2, 1]),
        ("clip:C-001 NOT", [2, 1]),
        ("clip:C-001 rule:", [2, 1]),
        ("--", [3, 2, 1]),
        ('""', [3, 2, 1]),
        ("()", [3, 2, 1]),
        ("clip:C-001 (", [2, 1]),
        ("http://drop.example", [2]),
        ("after:2023-11-15 OR user:user1", [3, 2, 1]),
        ("-after:2023-11-15", [1]),
        ("- -channel:http", [3, 1]),
        ("--channel:http", [2]),
        ('user:user2 "', [2]),
        ('user:user2 "hol', [2]),
        ('"user:user2 channel:http', [2]),
        ('user:"user1', [3, 1]),
        ('"fr_menu holiday', [2]),
        ("path:~liday_pic~", [2]),
        ("path:~LIDAY_PIC", [2]),
        ("path:liday_pic", [2]),
        ('path:"in box"', [2]),
        ("path:~in box/x~ channel:http", [2]),
        ("path:~in%20box~", [2]),
        ("path:~ニュ~", [3]),
        ("path:~ュ~", [3]),
        ("path:~ュー.d~", [3]),
        ("path:~再~", []),
        ("path:~u.x~", [2]),
        ("path:~xl~", [2]),
        ("path:~xq~", []),
        ("path:~f~", [3, 2, 1]),
        ("path:~d.z~ OR state:closed", [2]),
        ("path:~ed.z~ OR path:~ニュ~", [3, 2]),
        ("-path:~pictures~", [3, 1]),
        ("name:~media~", []),
        ("name:~pict~", [2]),
        ("to:~a/s~ -name:~メ~", [1]),
        ("path:~", [3, 2, 1]),
        ("path:~~", [3, 2, 1]),
        ("(path:~menu~)", [2]),
        ("path:~zip~ menu", [2]),
        ("clip:C-001 OR state:closed", [2, 1]),
    ],
)
def test_queries_find_what_they_say(connection, query, alerts):
    assert [row.id for row in reader.queue(connection, query=query)] == alerts
    hits = [hit.id for hit in reader.search(connection, query) if hit.kind == "alert"]
    assert hits == alerts


def test_a_digest_is_found_by_its_beginning(connection):
    digest = observation("b").content.sha256
    assert [row.id for row in reader.queue(connection, query=f"sha256:{digest[:9].upper()}")] == [2]
    assert [row.id for row in reader.queue(connection, query=f"sha256:{digest}")] == [2]


def test_sightings_are_found_beside_alerts(connection):
    hits = reader.search(connection, "clip:C-001")
    assert [(hit.kind, hit.id) for hit in hits] == [("sighting", 6), ("alert", 2), ("alert", 1)]
    assert reader.search(connection, "clip:C-001", limit=1) == hits[:1]


def test_a_hit_shows_the_passage_that_was_found(connection):
    assert "play the song" in reader.search(connection, "song")[0].snippet
    assert reader.search(connection, "menu")[0].snippet == "holiday_pictures.zip » fr_menu.xliff"


@pytest.mark.parametrize(
    ("query", "column"),
    [
        ("usr:user1", 1),
        ("user1  nosuch:x", 8),
        ("severity:huge", 1),
        ("a state:open", 3),
        ("after:yesterday", 1),
        ("before:2026-13-01", 1),
        ("last:long", 1),
        ("sha256:xyz", 1),
        ("a) b", 2),
        ("recipient:Vendor", 1),
        ("user:(a OR b)", 1),
        ("x" * (MAX_LENGTH + 1), MAX_LENGTH),
        ("(" * 40 + "a", 32),
    ],
)
def test_errors_say_where(connection, query, column):
    with pytest.raises(QueryError) as caught:
        reader.search(connection, query)
    assert caught.value.column == column
    assert caught.value.exit_code == 2


def test_many_terms_and_deep_nests_are_refused_before_the_database_sees_them(connection):
    with pytest.raises(QueryError):
        reader.search(connection, "a " * 200)
    reader.search(connection, "a " * 100)
    reader.search(connection, "(a OR " * 25 + "b")
    reader.search(connection, "NOT " * 28 + "b")


def test_filters_stand_inside_the_index():
    (compiled,) = compile_query('rule:EW-AUD-1 user:user1 -channel:http "a b" song*').clauses
    assert compiled.is_match_only is False
    assert not compiled.where
    assert compiled.expression() == '(("rule_ew_aud_1") AND ("u_user1") AND ("a b") AND ("song"*)) NOT (("ch_http"))'


WORDS = st.one_of(
    st.text(max_size=8),
    st.sampled_from(
        [
            "(",
            ")",
            '"',
            "-",
            "*",
            " ",
            "OR",
            "NOT",
            "AND",
            ":",
            "user:",
            "after:",
            "sha256:",
            "state:",
            "path:~",
            "~",
            "NEAR(",
            "^",
            "{",
        ]
    ),
    st.sampled_from(
        [
            "name:a",
            "to:x*",
            "path:~z~",
            "name:~メ~",
            "clip:C-1",
            "after:2026",
            "last:1d",
            "a AND b",
            "\x00",
            "\ud800",
            "\U0010f000",
        ]
    ),
)


@settings(max_examples=250, deadline=None)
@given(query=st.lists(WORDS, max_size=12).map("".join))
def test_any_text_is_a_query_that_runs_or_an_error_with_its_column(connection, query):
    try:
        reader.search(connection, query)
        reader.queue(connection, query=query, before_id=3)
    except QueryError as error:
        assert 1 <= error.column <= len(query) + 1  # noqa: PT017 - either ending is right


TYPED = (
    'clip:C-001 channel:http -user:user2 ("play the song" OR name:menu*) after:2023-11-01',
    'path:~in box (1)~ NOT (state:new OR size:1M..2M) "再生 し"* to:"drop.example"',
    "sha256:00ff outcome:encrypted severity:high type:audio/* last:7d rule:ew-* host:ws-2 before:2026-11-22T14:30",
    '"an open quote -user:x (a OR "b c',
)


@pytest.mark.parametrize("query", TYPED)
def test_whatever_of_a_query_is_typed_answers_or_says_where_it_cannot(connection, query):
    for end in range(len(query) + 1):
        try:
            reader.search(connection, query[:end])
        except QueryError as error:
            assert 1 <= error.column <= max(end, 1)  # noqa: PT017 - either ending is right


@pytest.mark.parametrize("query", ["user:user2", "user:user2 channel:http", "user:user2 holiday"])
def test_a_quote_just_opened_hides_nothing(connection, query):
    for place in [0, *(place + 1 for place, char in enumerate(query) if char in " :")]:
        typed = f'{query[:place]}"{query[place:]}'
        assert 2 in [row.id for row in reader.queue(connection, query=typed)], typed


@settings(max_examples=200, deadline=None)
@given(
    left=st.sampled_from("abcde"),
    right=st.sampled_from("abcde"),
    rest=st.text(st.characters(exclude_characters='"'), max_size=5),
)
def test_what_is_typed_never_becomes_sql(left, right, rest):
    bounds = Bounds(limit=5)
    typed = compile_query(f'(name:"{left}{rest}" OR path:~{right}~ OR state:new) {right}').clauses
    plain = compile_query("(name:q OR path:~r~ OR state:new) q").clauses
    for one, other in zip(typed, plain, strict=True):
        sqls = [statement(each, bounds, (0, 9), way="words").sql for each in (one, other)]
        assert sqls[0] == sqls[1]


@pytest.mark.parametrize("query", ["", "user:user1", "path:~clip~", "state:new", "user:user1 state:new", "after:2023"])
def test_what_fits_is_met_newest_first_and_never_sorted(tmp_path, query):
    """Sorting means reading everything that fits; statistics of the planner must not talk it into that."""
    with Store.open(tmp_path, actor="tester", clock=lambda: NOW) as store:
        with store.group() as group:
            for number in range(20):
                group.record(analysis(observation(f"k{number}")), verdict(is_alert=not number % 5), grouper=latest)
        store._pen.connection.execute("ANALYZE")
    connection = reader.open_reader(tmp_path)
    (clause,) = compile_query(query).clauses
    for asked in runs.statements(connection, clause, Bounds(limit=5)):
        plan = connection.execute(f"EXPLAIN QUERY PLAN {asked.sql}", [*asked.parameters, 5]).fetchall()
        assert not [row["detail"] for row in plan if "TEMP B-TREE" in row["detail"]]
    connection.close()
