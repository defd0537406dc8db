"""Stand-ins on loopback for the providers: the whole product without any account, and the judge in tests.

``with Sandbox() as sandbox:`` is in :mod:`inbox.sandbox.running`; ``python -m inbox.sandbox`` runs it alone.
Nothing in here knows the desk, and nothing reaches further than this machine.
"""
