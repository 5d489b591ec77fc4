"""Documents for the carrier (TwiML): a flow's steps, the Dial verb, what rings the operators without us."""
