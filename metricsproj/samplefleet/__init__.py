"""The sample fleet of `manage.py up --demo`: services on loopback whose numbers move, some of them in trouble."""
