"""The customer's voice: what people say of products, gathered into themes that somebody follows."""
