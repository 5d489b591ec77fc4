"""Contacts logged by hand: visits, letters, e-mails, calls on other phones."""
