"""The servers and the browser that tests run against, started when first asked for and ended with the session."""
