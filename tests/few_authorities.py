"""A machine that trusts one authority: a prober reads the list of the machine's, and that takes 60 ms for a real one.

A test folder that probes much takes the fixture by importing it in its conftest.py.
"""

from collections.abc import Iterator

import pytest

from tests.client_certificates import make


@pytest.fixture(scope="session", autouse=True)
def few_authorities(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    file = tmp_path_factory.mktemp("authorities") / "nobody.pem"
    file.write_text(make("nobody").certificate)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SSL_CERT_FILE", str(file))
        patch.setattr("realtime.outbound.tls.DEFAULT_CA_BUNDLE_PATH", str(file))
        yield
