"""The native REST API, a WSGI application: it reaches the engine through operations only."""
