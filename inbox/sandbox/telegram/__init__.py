"""The stand-in for the Telegram Bot API: methods, updates by polling or webhook, files."""
