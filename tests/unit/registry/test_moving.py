"""Whether a service may move to another base URL with the secrets that are stored for it."""

from realtime.registry.moving import ANOTHER_ORIGIN, ANYWHERE, Fate, refused_secrets

HERE, THERE = "https://h:8001", "https://elsewhere:8001"


def refused(*fates: tuple[str, Fate], to: str = THERE, stored: tuple[str, ...] = ("token",)) -> dict[str, str]:
    return refused_secrets(old_base_url=HERE, new_base_url=to, stored=stored, fates=fates)


def test_a_stored_secret_is_not_taken_to_another_origin() -> None:
    assert refused(("token", Fate.KEPT)) == {"token": ANOTHER_ORIGIN}


def test_a_secret_that_is_given_again_may_move() -> None:
    assert refused(("token", Fate.REPLACED)) == {}


def test_a_service_whose_secret_is_removed_may_move() -> None:
    assert refused(("token", Fate.REMOVED)) == {}


def test_each_secret_is_judged_by_itself() -> None:
    fates = (("token", Fate.REPLACED), ("client_certificate", Fate.KEPT))

    assert list(refused(*fates, stored=("token", "client_certificate"))) == ["client_certificate"]


def test_a_secret_that_the_change_does_not_mention_is_kept() -> None:
    assert list(refused()) == ["token"]


def test_a_secret_that_is_mentioned_twice_and_kept_once_is_kept() -> None:
    assert list(refused(("token", Fate.REMOVED), ("token", Fate.KEPT))) == ["token"]


def test_what_is_not_stored_is_not_refused() -> None:
    assert refused(("new", Fate.KEPT), stored=()) == {}


def test_a_new_path_on_the_same_origin_keeps_every_secret() -> None:
    assert refused(to=f"{HERE}/behind/a/path") == {}


def test_a_new_service_has_nothing_to_lose() -> None:
    assert refused_secrets(old_base_url=None, new_base_url=THERE, stored=["token"]) == {}


def test_anywhere_is_another_origin_for_every_url() -> None:
    assert list(refused(to=ANYWHERE)) == ["token"]
