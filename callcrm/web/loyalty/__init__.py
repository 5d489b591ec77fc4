"""The pages of loyalty: what is redeemed, and the settings of programmes."""
