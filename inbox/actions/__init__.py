"""What can happen: verbs that guard, change and append their event; they never commit and never emit."""
