"""A mail server, aiosmtpd, that takes emails inside TLS from who proves who they are.

usage: server.py CERTIFICATE KEY USER PASSWORD

It prints its port, and then a line of JSON for each email: envelope, and the message as it came. It ends with its input.
"""

import json
import ssl
import sys

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, LoginPassword

certificate, key, user, password = sys.argv[1:]


class Handler:
    async def handle_RCPT(self, server, session, envelope, address, options):
        if address == "unknown@example.com":
            return "550 5.1.1 no such user"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        email = {
            "From": envelope.mail_from,
            "To": envelope.rcpt_tos,
            "TLS": session.ssl is not None,
            "Content": envelope.content.decode("utf-8"),
        }
        print(json.dumps(email), flush=True)
        return "250 OK"


def authenticate(server, session, envelope, mechanism, given):
    right = isinstance(given, LoginPassword) and (given.login.decode(), given.password.decode()) == (user, password)
    return AuthResult(success=right, handled=False)


class AnyPort(Controller):
    def _trigger_server(self):  # its own looks for a server at the port that was asked for
        self.port = self.server.sockets[0].getsockname()[1]
        super()._trigger_server()


tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
tls.load_cert_chain(certificate, key)
controller = AnyPort(
    Handler(), hostname="127.0.0.1", port=0, tls_context=tls, require_starttls=True,
    authenticator=authenticate, auth_required=True, enable_SMTPUTF8=True,
)
controller.start()
print(controller.port, flush=True)
sys.stdin.read()
controller.stop()
