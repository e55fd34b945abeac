"""The server: the application with all that stands around its routes, where it listens, TLS, and how long it takes."""
