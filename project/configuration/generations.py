"""Settings of generations: leases, attempts, and limits of each person. ``project.settings`` takes all of them."""

from project.configuration import env

# Seconds after which a generation's lease expires if its worker does not renew it.
GENERATION_LEASE_SECONDS = env.read_float("GENERATION_LEASE_SECONDS", 10.0)
# Seconds between checkpoints of a running generation's text in Postgres; each renews the lease too.
GENERATION_CHECKPOINT_SECONDS = env.read_float("GENERATION_CHECKPOINT_SECONDS", 1.0)
# Seconds after which a queued generation's task counts as lost and is sent again.
GENERATION_RESEND_SECONDS = env.read_float("GENERATION_RESEND_SECONDS", 5.0)
GENERATION_MAX_ATTEMPTS = env.read_int("GENERATION_MAX_ATTEMPTS", 20)
# Most generations of one person that wait or run at once, in chats and through the API together.
GENERATIONS_PER_PERSON = env.read_int("GENERATIONS_PER_PERSON", 100)
# Limits of each person without limits of their own or their groups'; 0 means no limit.
REQUESTS_PER_MINUTE = env.read_int("REQUESTS_PER_MINUTE", 0, least=0)
TOKENS_PER_DAY = env.read_int("TOKENS_PER_DAY", 0, least=0)
# Most live connections of one person: pages that follow a conversation, and the API's event streams.
STREAMS_PER_PERSON = env.read_int("STREAMS_PER_PERSON", 50)
# Seconds after which a connection that does not read is cut.
SLOW_READER_SECONDS = env.read_float("SLOW_READER_SECONDS", 20.0)
# Most streams that one attempt opens, one after the other, on any endpoints.
GENERATION_MAX_STREAMS = env.read_int("GENERATION_MAX_STREAMS", 4)
# Seconds before the second stream; doubles with every further one.
GENERATION_PAUSE_SECONDS = env.read_float("GENERATION_PAUSE_SECONDS", 0.5)
# Seconds that a generation waits while every endpoint that could run it is down; then it fails.
GENERATION_OUTAGE_SECONDS = env.read_float("GENERATION_OUTAGE_SECONDS", 120.0)
