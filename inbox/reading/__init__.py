"""What can be seen: queries that fill plain values for the doors."""
