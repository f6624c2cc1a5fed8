"""A submission server that takes mail only after STARTTLS and AUTH: folder, port. bounce@ is refused for good, slow@ for now. Each message
becomes a file of JSON in the folder. It ends when its standard input does."""
import json, logging, ssl, sys
from pathlib import Path

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, LoginPassword

# A client that does not trust us is what a test wants to see, and no line in its output.
logging.getLogger("mail.log").setLevel(logging.CRITICAL + 1)
folder, port = Path(sys.argv[1]), int(sys.argv[2])


class Sink:
    async def handle_RCPT(self, server, session, envelope, address, options):
        if address.startswith("bounce@"):
            return "550 5.1.1 No such user"
        if address.startswith("slow@"):
            return "451 4.3.0 Try again later"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        number = len(list(folder.glob("*.json")))
        message = {
            "from": envelope.mail_from, "to": envelope.rcpt_tos, "tls": bool(session.ssl),
            "text": envelope.original_content.decode("ascii"),
        }
        (folder / f"{number}.tmp").write_text(json.dumps(message))
        (folder / f"{number}.tmp").rename(folder / f"{number}.json")
        return "250 2.0.0 queued"


def authenticate(server, session, envelope, mechanism, data):
    fits = isinstance(data, LoginPassword) and data.login == b"vault" and data.password == b"mail-secret"
    return AuthResult(success=fits, handled=False)


context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(folder / "certificate.pem", folder / "key.pem")
controller = Controller(
    Sink(), hostname="127.0.0.1", port=port, tls_context=context, require_starttls=True, authenticator=authenticate,
    auth_required=True, auth_require_tls=True, ready_timeout=120)
controller.start()
print("ready", flush=True)
sys.stdin.read()
controller.stop()
