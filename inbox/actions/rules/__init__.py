"""Rules: when something happens to a ticket, if it is so, then these steps; over the event log, by the worker."""
