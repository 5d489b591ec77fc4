"""Who is watching, and what they are told: announced in a verb, sent to screens once it is durable."""
