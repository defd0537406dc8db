"""Connectors against servers on loopback that answer as the providers do."""
