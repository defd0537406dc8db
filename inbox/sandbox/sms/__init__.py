"""The stand-in for Twilio's Messages API and its webhooks."""
