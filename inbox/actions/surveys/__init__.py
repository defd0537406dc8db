"""Asking customers how it went: what is asked, when it is sent, what they answer, and who follows up."""
