"""What the carrier says, taken in: a request gets its answer, a callback is kept, both become rows."""
