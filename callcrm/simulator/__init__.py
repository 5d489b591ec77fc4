"""The carrier, simulated: it reaches the app by HTTP alone and knows the truth about every call."""
