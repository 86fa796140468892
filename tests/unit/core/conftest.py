"""Properties of the pure core do not depend on how fast the machine is."""

from hypothesis import HealthCheck, settings

settings.register_profile("core", deadline=None, suppress_health_check=[HealthCheck.too_slow], print_blob=True)
settings.load_profile("core")
