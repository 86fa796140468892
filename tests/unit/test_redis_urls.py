"""One Redis under the URL forms of its clients."""

import pytest

from metricsproj import redis_urls


@pytest.mark.parametrize(
    ("ours", "celerys"),
    [
        ("redis://cache:6379/1", "redis://cache:6379/1"),
        ("rediss://:secret@cache/0", "rediss://:secret@cache/0"),
        ("unix:///run/redis.sock", "redis+socket:///run/redis.sock"),
        ("unix:///a%20b/redis.sock?db=3", "redis+socket:///a%20b/redis.sock?virtual_host=3"),
        ("unix://me:secret@/run/redis.sock?db=3", "redis+socket://me:secret@/run/redis.sock?virtual_host=3"),
    ],
)
def test_celery_gets_the_url_in_its_own_form(ours: str, celerys: str) -> None:
    assert redis_urls.broker_url(ours) == celerys


def test_tls_to_the_broker_checks_certificates_unless_the_url_says_otherwise() -> None:
    assert redis_urls.broker_ssl("rediss://cache/0") == {"ssl_cert_reqs": "required"}
    assert redis_urls.broker_ssl("rediss://cache/0?ssl_cert_reqs=none") is None
    assert redis_urls.broker_ssl("redis://cache/0") is None


def test_a_frozen_store_holds_a_client_for_half_a_second_and_is_not_asked_again() -> None:
    options = redis_urls.client_options()

    assert options["socket_timeout"] == options["socket_connect_timeout"] == 0.5
    assert options["retry"].get_retries() == 0
