"""A password, its hash, and a hasher that is quick: to be slow is the real one's purpose, and no test's."""

from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher

HASHER = PasswordHash((Argon2Hasher(time_cost=1, memory_cost=64, parallelism=1),))
PASSWORD = "a long sentence for the tests"
PASSWORD_HASH = HASHER.hash(PASSWORD)
