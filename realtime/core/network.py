"""Tells our own network from the services: a machine that is cut off says nothing about any of them."""

from collections.abc import Iterable

from realtime.core.records import Contact, Fault, FaultCode, Outcome, ProbeResult

# Silence of two could be two outages.
LEAST_SILENT_PLACES = 3


def is_unreachable(outcomes: Iterable[Outcome]) -> bool:
    """Return whether the network of this machine failed in this sweep.

    It did when probes of at least three different remote addresses or names met with silence, and nothing remote
    answered anybody. Loopback, and targets that were not probed, prove nothing either way.
    """
    results = [outcome for outcome in outcomes if isinstance(outcome, ProbeResult)]
    if any(result.contact is Contact.ANSWERED for result in results):
        return False
    silent = {result.place for result in results if result.contact is Contact.SILENT}
    return len(silent) >= LEAST_SILENT_PLACES


def fault() -> Fault:
    """Return what an answer says of it."""
    return Fault(
        code=FaultCode.NETWORK_UNREACHABLE,
        message="this machine reaches no other: what is not on it could not be checked",
    )
