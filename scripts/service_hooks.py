"""What schemathesis has to be told to send a piece of an upload: any bytes are one."""
from hypothesis import strategies
import schemathesis

schemathesis.openapi.media_type("application/offset+octet-stream", strategies.binary(max_size=100_000))
