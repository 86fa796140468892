from tests.few_authorities import few_authorities  # noqa: F401
