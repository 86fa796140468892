"""What clients are told apart by."""

import pytest

from realtime.core.client_networks import counted_as


@pytest.mark.parametrize(
    ("told", "counted"),
    [
        (("10.0.0.1",), "10.0.0.1"),
        (("::ffff:10.0.0.1",), "10.0.0.1"),
        (("::1",), "::1"),
        (("2001:DB8::1",), "2001:db8::"),
        (("2001:db8::ffff:ffff:ffff:ffff",), "2001:db8::"),
        (("2001:db8:0:1::1",), "2001:db8:0:1::"),
        (("fe80::1%eth0",), "fe80::"),
        (("unknown", "10.0.0.1"), "10.0.0.1"),
        (("10.0.0.2", "10.0.0.1"), "10.0.0.2"),
        (("", ""), "0.0.0.0"),
        ((), "0.0.0.0"),
    ],
)
def test_a_client_is_its_address_and_of_ipv6_its_network(told: tuple[str, ...], counted: str) -> None:
    assert counted_as(*told) == counted
