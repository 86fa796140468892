"""The sample fleet of `manage.py up --demo`: a dozen services on loopback whose numbers move, some of them in trouble."""
