"""Status words: spelling, compounds, negations, numbers, and a service's own words."""

import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from realtime.core.records import Status
from realtime.core.status_words import BadStatusWords, parse
from realtime.core.words import KNOWN_WORDS, NEGATIONS, Vocabulary, Word, normalised, public_text
from tests.unit.core.making import LONE_SURROGATE, json_texts

H, D, U = Status.HEALTHY, Status.DEGRADED, Status.UNHEALTHY
good_words, bad_words = (
    st.sampled_from(sorted(word for word in KNOWN_WORDS if KNOWN_WORDS[word] is s)) for s in (H, U)
)
# Without letters that a known word could be made of.
fillers = st.text("xyz", min_size=1, max_size=5)


def meaning(text: str, **own: Status) -> Status | None:
    word = Vocabulary(own=own).judged(text)
    return None if word is None else word.status


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        # Spelling
        ("OK", H), (" Ok.\n", H), ("Out Of Service", U), ("out-of-service", U), ("OutOfService", U), ("IN_SERVICE", H),
        ("UnHealthy", U), ("Un-Healthy", U), ("OffLine", U), ("off line", U), ("ShutDown", U), ("InActive", U),
        # Compounds
        ("HEALTH_OK", H), ("HEALTH_WARN", D), ("HEALTH_ERR", U), ("running_with_errors", U), ("up and running", H),
        ("completed with errors", U), ("passed_with_warnings", D), ("partial_outage", U), ("degraded_performance", D),
        ("under_maintenance", D), ("shutting_down", U), ("Server available", H), ("Service Unavailable", U),
        ("healthz check passed", H), ("Prometheus Server is Healthy.", H), ("Up 3 hours", H),
        ("Internal Server Error", U), ("node out of service", U), ("login_service", None),
        ("one two three down", U), ("one two three four down", None), ("OutOfSync", None), ("shipped", None),
        ("", None),
        # Negations
        ("NOT_RUNNING", U), ("NotReady", U), ("not_serving", U), ("not ready yet", U), ("no healthy upstream", U),
        ("never ready", U), ("non-operational", U), ("no_error", None), ("no errors", None), ("not degraded", None),
        ("non_critical", None), ("running without errors", None), ("not_initialized", None),
        # A good part beside a bad one, and a final “up”
        ("ready for shutdown", None), ("db ok cache failed", None), ("ok failed", U), ("active catching up", None),
        ("starting up", D), ("warming up", None), ("backed_up", None), ("all systems up", H), ("server up", H),
        # Nothing of it
        ("0 errors", None), ("zero failures", None), ("up 0", None), ("nginx_up 1", H), ("probe_success 0", None),
        # Punctuation makes nothing good, and hides nothing bad
        ("ok!", None), ("OK (failover)", None), ("0/3 ready", None), ("ERROR: disk full", U), ("DOWN!", U),
        ("Up (unhealthy)", U), ("running (degraded)", D), ("isn't ready", None), ("<h1>ok</h1>", None),
        # A known word in parentheses at the end is a statement of its own, unless it is a good one
        ("Up 3 hours (unhealthy)", U), ("Up About an hour (unhealthy)", U), ("Up 5 seconds (health: starting)", D),
        ("Up 3 hours (healthy)", None), ("Up 3 hours (Paused)", None), ("Exited (0) 3 days ago", None),
        ("all checks passed (0 failed)", None), ("ok since Monday (was: failed)", None),
        ("ready for shutdown (degraded)", D), (")", None), ("()", None), ("(" * 40 + ")" * 40, None),
        (LONE_SURROGATE, None), ("ok" + " " * 100, None), ("down" * 30, None),
    ],
)  # fmt: skip
def test_what_a_word_says(text: str, expected: Status | None) -> None:
    assert meaning(text) is expected


@given(good_words, st.sampled_from(sorted(NEGATIONS)), st.sampled_from("_- "))
def test_a_negated_good_word_is_bad(word: str, negation: str, separator: str) -> None:
    assert meaning(f"{negation}{separator}{word}") is U


@given(bad_words, st.sampled_from(sorted(NEGATIONS)))
def test_a_negated_bad_word_is_no_word(word: str, negation: str) -> None:
    assert meaning(f"{negation}_{word}") is None


@given(st.lists(fillers, max_size=3), bad_words, st.randoms())
def test_a_bad_part_is_found_wherever_it_stands(around: list[str], word: str, random: Any) -> None:
    parts = [*around, word]
    random.shuffle(parts)

    assert meaning("_".join(parts)) is U


@given(json_texts, bad_words)
def test_a_bad_word_beside_any_other_is_never_good(text: str, word: str) -> None:
    assert meaning(f"{text} {word}") is not H
    assert meaning(f"{word} {text}") is not H


@given(st.text(max_size=100))
def test_any_text_has_a_meaning_or_none_and_what_is_shown_of_it_is_safe(text: str) -> None:
    word = Vocabulary().judged(text)

    if word is not None:
        assert public_text(word.text) is not None


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("shipped", "shipped"), (" Read Only. ", "Read Only"), ("a" * 40, "a" * 40), ("a" * 41, None), ("v2", None),
        ("", None), ("_x", None), ("10.0.0.1", None), ("a/b", None), ("é", None), ("a\nb", None),
        (LONE_SURROGATE, None),
    ],
)  # fmt: skip
def test_only_what_can_hardly_be_more_than_a_word_is_shown_to_anyone(text: str, shown: str | None) -> None:
    assert public_text(text) == shown


def test_the_words_of_a_service_take_precedence_everywhere() -> None:
    assert meaning("Quiescing", quiescing=D) is D
    assert meaning("node quiescing", quiescing=D) is D
    assert meaning("error", error=H) is H
    assert meaning("NOT_RUNNING", not_running=H) is H
    assert meaning("notReady", not_ready=D) is D
    assert meaning("not standby", standby=H) is U
    assert meaning("green", green=U) is U


def test_booleans_and_numbers_can_be_words_of_a_service() -> None:
    own = Vocabulary(own={"true": U, "false": H, "0": H, "1.5": D, "200": U})

    assert [own.of_boolean(value).status for value in (True, False)] == [U, H]
    numbers = [own.of_number(number, is_http_status=True) for number in (0, 1.5, 200, 2)]
    assert [word and word.status for word in numbers] == [H, D, U, None]
    assert own.of_number(0.0, is_http_status=False) == Word(status=H, text="0")


@pytest.mark.parametrize(
    ("number", "expected"),
    [(199, None), (200, H), (299, H), (299.0, H), (300, None), (399, None), (400, U), (599, U), (600, None), (0, None),
     (float("inf"), None), (float("nan"), None), (10**300, None), (-200, None)],
)  # fmt: skip
def test_a_number_is_a_word_only_as_an_http_status(number: float, expected: Status | None) -> None:
    word = Vocabulary().of_number(number, is_http_status=True)

    assert (word and word.status) is expected
    assert Vocabulary().of_number(number, is_http_status=False) is None


@pytest.mark.parametrize("word", ["NotReady", "not-ready", "Not Ready.", " not_ready ", "NOTReady", "not__ready"])
def test_every_spelling_of_a_word_is_the_same(word: str) -> None:
    assert normalised(word) == "not_ready"


@given(st.text(max_size=30))
def test_a_normalised_word_stays_as_it_is(text: str) -> None:
    once = normalised(text)

    # A full stop at its end is left out only once.
    assert normalised(once) == once or once.endswith(".")


def test_a_word_under_two_statuses_is_rejected_however_it_is_spelled() -> None:
    with pytest.raises(BadStatusWords, match="has 'read only' under both degraded and unhealthy"):
        parse({"degraded": ["ReadOnly"], "unhealthy": ["read only"]})
    assert parse({"degraded": ["ReadOnly", "read-only"]}) == {"read_only": D}


def test_the_document_lists_all_known_words() -> None:
    document = (Path(__file__).parents[3] / "docs" / "verdicts.md").read_text(encoding="utf-8")
    listed = re.findall(r"^\| (healthy|degraded|unhealthy) \| ([a-z_ ]+) \|$", document, flags=re.MULTILINE)

    assert {word: Status(status) for status, words in listed for word in words.split()} == KNOWN_WORDS
