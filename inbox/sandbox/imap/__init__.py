"""A small IMAP4rev1 server over the sandbox's mailboxes, byte-exact and able to misbehave.

Why not pymap, which was measured first: it rewrites line ends (bare CR, LF, control characters), keeps mail in memory
only, and offers no hand on UIDVALIDITY or on when to break the line. What this one does not have: ENVELOPE,
BODYSTRUCTURE, CONDSTORE, and searching within encoded text.
"""
