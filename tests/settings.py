"""The project's settings as a newcomer has them: whatever the shell exports, in a data folder that is thrown away."""

import atexit
import os
import shutil
import tempfile

from metricsproj import env

for name in [name for name in os.environ if name in env.NAMES or name.startswith("REALTIME_")]:
    del os.environ[name]
os.environ["REALTIME_DATA_DIR"] = tempfile.mkdtemp(prefix="realtime-tests-")
if "TESTS_DATABASE_URL" in os.environ:  # see tests/integration/test_postgresql.py
    os.environ["DATABASE_URL"] = os.environ["TESTS_DATABASE_URL"]
atexit.register(shutil.rmtree, os.environ["REALTIME_DATA_DIR"], ignore_errors=True)

from metricsproj.settings import *  # noqa: E402, F403

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]  # logging in is not what is tested
