"""The stand-in for Meta's Graph API and the webhooks of a Page's Messenger."""
