"""SMS and WhatsApp messages: received into the customer's history, and sent at most once."""
