"""Views of the inbox: what each holds, in which order, and how many."""
