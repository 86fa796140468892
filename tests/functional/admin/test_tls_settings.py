"""What the admin shows of TLS: verification that is off is a warning wherever the service is looked at."""

import pytest
from django.test import Client

from realtime.models import Service
from tests.functional.admin.conftest import Publish
from tests.functional.registry.rows import saved_service
from tests.integration.probing.conftest import Listen, listen  # noqa: F401 - a fixture
from tests.integration.probing.peers import healthy

LIST = "/admin/realtime/service/"


def probe(client: Client, service: Service) -> str:
    form = {"action": "probe_now", "index": "0", "_selected_action": [service.pk]}
    return client.post(LIST, form).content.decode()


@pytest.mark.parametrize(("verify_tls", "is_warned"), [(True, False), (False, True)])
def test_verification_that_is_off_is_a_warning_in_list_and_page(
    operator: Client, publish: Publish, verify_tls: bool, is_warned: bool
) -> None:
    publish()
    service = saved_service(base_url="https://127.0.0.1:8443", verify_tls=verify_tls)

    in_list = operator.get(LIST).content.decode()
    on_page = operator.get(f"{LIST}{service.pk}/change/").content.decode()

    assert ("TLS not verified" in in_list) is is_warned
    assert ("TLS is not verified for this service" in on_page) is is_warned


def test_probe_now_warns_that_an_unverified_answer_may_be_anybodys(
    operator: Client,
    publish: Publish,
    listen: Listen,  # noqa: F811 - the fixture
) -> None:
    publish()
    peer = listen(healthy, certificate="self_signed")
    service = saved_service(base_url=peer.url, verify_tls=False)

    html = probe(operator, service)

    assert "TLS is not verified for this service" in html
    assert 'rt-healthy">healthy' in html


def test_probe_now_shows_that_a_ca_file_cannot_be_used(operator: Client, publish: Publish) -> None:
    publish()

    html = probe(operator, saved_service(base_url="https://127.0.0.1:8443", ca_file="/no/such/ca.pem"))

    assert (
        "No secure connection: the service&#x27;s CA file cannot be read on the machine that probes (correct ca_file)"
        in html
    )


def test_probe_now_shows_that_an_address_is_blocked_and_what_to_do(operator: Client, publish: Publish) -> None:
    publish()
    service = saved_service()
    # As a row of a registry that is older than the rule.
    Service.objects.update(base_url="http://169.254.169.254")

    html = probe(operator, service)

    assert "Address not allowed: the host is a cloud metadata address, which is never probed" in html


def test_tls_settings_are_edited_on_the_page(operator: Client, publish: Publish) -> None:
    publish()

    html = operator.get(f"{LIST}add/").content.decode()

    assert 'name="ca_file"' in html
    assert 'name="verify_tls"' in html
