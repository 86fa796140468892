"""`manage.py up`: start everything in the foreground, restart what dies, leave nothing behind."""
