"""What the server has announced to this process.

Readiness belongs to the whole server. A worker that is only being replaced stays ready:
if it answered 503 meanwhile, a proxy that checks `/ready` would take out the whole server.
"""

from threading import Event

stopping = Event()
