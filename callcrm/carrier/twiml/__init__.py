"""Documents for the carrier (TwiML): a flow's steps, the Dial verb, and what rings the operators without us."""
