"""The stand-in for a mail provider: mailboxes of ours, submission, and customers who write and read."""
