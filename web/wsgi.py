"""Where a WSGI server finds the console: `gunicorn web.wsgi:app`."""

from . import create_app

app = create_app()
