"""TwiML: read strictly, and done verb by verb."""
