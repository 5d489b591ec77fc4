"""What is read of customers: their profile, card, history, and lists of them."""
