"""The address policy: what is never probed in whatever form it is written, and what an operator allows and denies."""

import contextlib
from ipaddress import IPv4Address, IPv6Address, ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from realtime.core.addresses import AddressPolicy, OddAddress, canonical_network, literal_address

METADATA, UNSPECIFIED, LINK_LOCAL = "a cloud metadata address", "an unspecified address", "a link-local address"
MULTICAST, BROADCAST, RESERVED = "a multicast address", "the broadcast address", "a reserved address"

NEVER_PROBED = [
    ("169.254.169.254", METADATA),
    ("169.254.170.2", METADATA),
    ("169.254.170.23", METADATA),
    ("100.100.100.200", METADATA),
    ("168.63.129.16", METADATA),
    ("192.0.0.192", METADATA),
    ("fd00:ec2::254", METADATA),
    ("fd00:ec2::23", METADATA),
    ("fd20:ce::254", METADATA),
    ("fd00:c1::a9fe:a9fe", METADATA),
    ("fd00:42::42", METADATA),
    ("0.0.0.0", UNSPECIFIED),
    ("0.0.0.1", UNSPECIFIED),
    ("0.255.255.255", UNSPECIFIED),
    ("::", UNSPECIFIED),
    ("::%1", UNSPECIFIED),
    ("169.254.0.0", LINK_LOCAL),
    ("169.254.255.255", LINK_LOCAL),
    ("fe80::1", LINK_LOCAL),
    ("fe80::1%eth0", LINK_LOCAL),
    ("febf:ffff::1", LINK_LOCAL),
    ("224.0.0.1", MULTICAST),
    ("239.255.255.255", MULTICAST),
    ("ff02::1", MULTICAST),
    ("ff02::1%2", MULTICAST),
    ("ffff::", MULTICAST),
    ("255.255.255.255", BROADCAST),
    ("240.0.0.0", RESERVED),
    ("255.255.255.254", RESERVED),
    # IPv4-mapped
    ("::ffff:169.254.169.254", METADATA),
    ("::ffff:a9fe:a9fe", METADATA),
    ("::FFFF:100.100.100.200", METADATA),
    ("0:0:0:0:0:ffff:a9fe:1", LINK_LOCAL),
    ("::ffff:0.0.0.0", UNSPECIFIED),
    ("::ffff:224.0.0.1", MULTICAST),
    ("::ffff:255.255.255.255", BROADCAST),
    ("::ffff:240.0.0.1%3", RESERVED),
    # IPv4-compatible and IPv4-translated
    ("::169.254.169.254", METADATA),
    ("::a9fe:1", LINK_LOCAL),
    ("::2", UNSPECIFIED),
    ("::224.0.0.1", MULTICAST),
    ("::255.255.255.255", BROADCAST),
    ("::ffff:0:169.254.169.254", METADATA),
    # NAT64, the well-known prefix
    ("64:ff9b::169.254.169.254", METADATA),
    ("64:ff9b::a9fe:1", LINK_LOCAL),
    ("64:ff9b::", UNSPECIFIED),
    ("64:ff9b::e000:1", MULTICAST),
    ("64:ff9b::255.255.255.255", BROADCAST),
    # NAT64, the prefix for local use, in each of its layouts
    ("64:ff9b:1::169.254.169.254", METADATA),
    ("64:ff9b:1:2:3:4:a9fe:a9fe", METADATA),
    ("64:ff9b:1:a9fe:a9:fe00::", METADATA),
    ("64:ff9b:1:a9:fe:a9fe::", METADATA),
    ("64:ff9b:1:0:a9:fea9:fe00:0", METADATA),
    ("64:ff9b:1::", UNSPECIFIED),
    ("64:ff9b:1::240.0.0.1", RESERVED),
    # 6to4
    ("2002:a9fe:a9fe::1", METADATA),
    ("2002:a9fe:1::", LINK_LOCAL),
    ("2002::1", UNSPECIFIED),
    ("2002:e000:1::1", MULTICAST),
    ("2002:ffff:ffff::1", BROADCAST),
    ("2002:f000::1", RESERVED),
    # Teredo: the server in front, the client at the end with its bits turned over
    ("2001:0:a9fe:a9fe::f7f7:f7f7", METADATA),
    ("2001:0:808:808::5601:5601", METADATA),
    ("2001:0:808:808::5601:fffe", LINK_LOCAL),
    ("2001:0:808:808::1fff:fffe", MULTICAST),
    ("2001:0:808:808::ffff:ffff", UNSPECIFIED),
    # ISATAP
    ("2001:db8::5efe:169.254.169.254", METADATA),
    ("2001:db8::200:5efe:169.254.169.254", METADATA),
]
MAY_BE_PROBED = [
    "127.0.0.1",
    "127.255.255.254",
    "::1",
    "10.0.0.1",
    "172.16.0.1",
    "192.168.1.1",
    "100.64.0.1",  # carrier-grade NAT, and what Tailscale gives
    "100.100.100.201",
    "fd00::1",
    "fc00::1",
    "8.8.8.8",
    "168.63.129.17",
    "169.253.255.255",
    "169.255.0.0",
    "223.255.255.255",
    "2606:4700::1111",
    "2001:db8::1",
    "::ffff:127.0.0.1",
    "::ffff:10.0.0.1",
    "64:ff9b::10.0.0.1",
    "64:ff9b:1::10.0.0.1",
    "64:ff9b:1:808:8:800::",
    "2002:a00:1::1",
    "2001:0:808:808::f7f7:f7f7",
]


@pytest.mark.parametrize(("address", "kind"), NEVER_PROBED)
def test_an_address_that_is_never_probed_is_refused_as_what_it_is(address: str, kind: str) -> None:
    refusal = AddressPolicy().refusal(address)

    assert refusal == f"the host is {kind}, which is never probed (register the service's own address)"


@pytest.mark.parametrize("address", MAY_BE_PROBED)
def test_any_other_address_may_be_probed_private_and_loopback_ones_too(address: str) -> None:
    assert AddressPolicy().refusal(address) is None


@pytest.mark.parametrize(("address", "kind"), NEVER_PROBED)
def test_allowing_everything_opens_nothing_that_is_never_probed(address: str, kind: str) -> None:
    policy = AddressPolicy(allow=(ip_network("0.0.0.0/0"), ip_network("::/0")))

    assert policy.refusal(address) == AddressPolicy().refusal(address)


@pytest.mark.parametrize("text", ["", "localhost", "1.2.3", "0x7f000001", "127.0.0.01", "１27.0.0.1", "1.2.3.4 "])
def test_what_is_no_address_is_refused(text: str) -> None:
    assert AddressPolicy().refusal(text) == "what the host stands for is no IP address"


@given(st.ip_addresses(v=4))
def test_every_form_of_a_refused_address_is_refused(address: IPv4Address) -> None:
    if AddressPolicy().refusal(address) is None:
        return
    number = int(address)

    for form in (
        0xFFFF << 32 | number,
        0x64FF9B << 96 | number,
        0x64FF9B0001 << 80 | number,
        0x2002 << 112 | number << 80,
        0x20010000 << 96 | 0x08080808 << 64 | number ^ 0xFFFFFFFF,
    ):
        assert AddressPolicy().refusal(IPv6Address(form)), IPv6Address(form)


@given(st.ip_addresses())
def test_a_refusal_never_names_the_address(address: IPv4Address | IPv6Address) -> None:
    for policy in (AddressPolicy(), AddressPolicy(allow=(ip_network("192.0.2.0/24"),))):
        assert str(address) not in (policy.refusal(address) or "").replace("::", "")


@pytest.mark.parametrize(
    "address", ["10.1.2.3", "::ffff:10.1.2.3", "::10.1.2.3", "64:ff9b::10.1.2.3", "2002:a01:203::"]
)
def test_a_denied_network_is_refused_in_every_form(address: str) -> None:
    policy = AddressPolicy(deny=(ip_network("10.0.0.0/8"),))

    assert "REALTIME_PROBE_DENY" in (policy.refusal(address) or "")
    assert policy.refusal("192.168.1.1") is None


def test_deny_wins_over_allow() -> None:
    policy = AddressPolicy(allow=(ip_network("10.0.0.0/8"),), deny=(ip_network("10.1.0.0/16"),))

    assert policy.refusal("10.2.0.1") is None
    assert "REALTIME_PROBE_DENY" in (policy.refusal("10.1.0.1") or "")


@pytest.mark.parametrize("address", ["127.0.0.1", "::1", "8.8.8.8", "fd00::1", "64:ff9b::10.0.0.1", "2002:a00:1::1"])
def test_everything_outside_a_list_of_allowed_networks_is_refused(address: str) -> None:
    policy = AddressPolicy(allow=(ip_network("10.0.0.0/8"),))

    assert "REALTIME_PROBE_ALLOW" in (policy.refusal(address) or "")


@pytest.mark.parametrize("address", ["10.0.0.1", "::ffff:10.0.0.1", "::ffff:a00:1%2"])
def test_an_allowed_network_holds_its_addresses_in_their_mapped_form(address: str) -> None:
    assert AddressPolicy(allow=(ip_network("10.0.0.0/8"),)).refusal(address) is None


def test_a_network_of_mapped_addresses_is_the_ipv4_network() -> None:
    assert canonical_network(ip_network("::ffff:10.0.0.0/104")) == ip_network("10.0.0.0/8")
    assert canonical_network(ip_network("fd00::/8")) == ip_network("fd00::/8")
    assert canonical_network(ip_network("::/0")) == ip_network("::/0")


@pytest.mark.parametrize(
    ("host", "meant"),
    [
        ("2130706433", "127.0.0.1"),
        ("2852039166", "169.254.169.254"),
        ("0x7f000001", "127.0.0.1"),
        ("0xA9FEA9FE", "169.254.169.254"),
        ("0X7F.1", "127.0.0.1"),
        ("0x7f.0x0.0x0.0x1", "127.0.0.1"),
        ("017700000001", "127.0.0.1"),
        ("0177.0.0.1", "127.0.0.1"),
        ("0251.0376.0251.0376", "169.254.169.254"),
        ("127.0.0.01", "127.0.0.1"),
        ("127.1", "127.0.0.1"),
        ("127.0.1", "127.0.0.1"),
        ("10.65535", "10.0.255.255"),
        ("0", "0.0.0.0"),
        ("0x", "0.0.0.0"),
        ("127.0.0.1.", "127.0.0.1"),
        ("127.1.", "127.0.0.1"),
        ("１６９.254.169.254", "169.254.169.254"),
        ("①②⑦.0.0.1", "127.0.0.1"),
        ("١٢٧.0.0.١", "127.0.0.1"),
        ("127。0。0。1", "127.0.0.1"),
        ("256.1.1.1", None),
        ("1.2.3.4.5", None),
        ("08.1.1.1", None),
        ("4294967296", None),
        ("127..1", None),
        ("a.example.1", None),
        ("9" * 5000, None),
    ],
)
def test_an_address_in_an_unusual_form_is_refused_with_the_usual_one(host: str, meant: str | None) -> None:
    with pytest.raises(OddAddress) as caught:
        literal_address(host)

    said = f"(write {meant})" if meant else "ends in a number but is no address"
    assert said in str(caught.value)
    assert len(str(caught.value)) < 100


@pytest.mark.parametrize(
    "host", ["[fe80::1%25eth0]", "[::1%1]", "fe80::1%eth0", "[::1::2]", "[:::]", "::ffff:1.2.3.256"]
)
def test_an_ipv6_address_with_a_zone_or_a_mistake_is_refused(host: str) -> None:
    with pytest.raises(OddAddress):
        literal_address(host)


@pytest.mark.parametrize(
    ("host", "address"),
    [
        ("127.0.0.1", IPv4Address("127.0.0.1")),
        ("[::1]", IPv6Address("::1")),
        ("::FFFF:10.0.0.1", IPv6Address("::ffff:10.0.0.1")),
        ("localhost", None),
        ("a.example", None),
        ("a.example.", None),
        ("1password.example", None),
        ("10.0.0.1.nip.example", None),
        ("node-7", None),
        ("0x7g", None),
        ("", None),
    ],
)
def test_addresses_and_names_are_told_apart(host: str, address: object) -> None:
    assert literal_address(host) == address


@given(st.text(alphabet="0123456789abcdefx.:%[]１۱。", max_size=40))
def test_no_host_breaks_the_reading_of_addresses(host: str) -> None:
    with contextlib.suppress(OddAddress):
        literal_address(host)
