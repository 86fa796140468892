"""Words for what a snapshot says: there is one for everything that it can say."""

from realtime.core.phrases import EVIDENCE_WORDS, FAILURE_WORDS
from realtime.core.records import Evidence, FailureKind


def test_every_failure_kind_has_words() -> None:
    assert set(FAILURE_WORDS) == set(FailureKind)


def test_everything_that_a_status_rests_on_has_words() -> None:
    assert set(EVIDENCE_WORDS) == set(Evidence)
