"""The service; `app.py` puts it together."""
