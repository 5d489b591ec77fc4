"""Views of customers: profile, card, history and lists."""
