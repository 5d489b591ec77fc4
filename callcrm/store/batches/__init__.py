"""Many rows in few statements: looked for by their keys, inserted and changed, on either engine."""
