"""The proof of the operator rule: every state, every input, every fault."""
