"""The figures as they are kept in the store: roll-ups and the facts that they are brought up to date from."""
