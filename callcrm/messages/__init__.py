"""SMS and WhatsApp: taken into the customer's history, and sent once."""
