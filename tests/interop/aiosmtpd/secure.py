"""A mail server by aiosmtpd that takes mails only over TLS and only from whom it knows.

secure.py PORT starttls|tls CERTIFICATE KEY MECHANISM MAILDIR

It knows ann with the password "sesame", and with the token "token-1" where MECHANISM is XOAUTH2; no other mechanism is offered.
"""

import asyncio
import base64
import ssl
import sys

from aiosmtpd.handlers import Mailbox
from aiosmtpd.smtp import SMTP, AuthResult, LoginPassword

BUILT_IN = {"PLAIN", "LOGIN"}


class Known(Mailbox):
    def __init__(self, maildir, mechanism):
        super().__init__(maildir)
        if mechanism == "XOAUTH2":
            self.auth_XOAUTH2 = self.token

    async def token(self, server, arguments):
        said = base64.b64decode(arguments[1])
        known = said == b"user=ann\x01auth=Bearer token-1\x01\x01"
        print("XOAUTH2", said, flush=True)
        return AuthResult(success=known, handled=False, auth_data=said)


def authenticate(server, session, envelope, mechanism, given):
    print(mechanism, given, flush=True)
    known = isinstance(given, LoginPassword) and given == LoginPassword(b"ann", b"sesame")
    return AuthResult(success=known, handled=False)


async def main(port, mode, certificate, key, mechanism, maildir):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    handler = Known(maildir, mechanism)
    loop = asyncio.get_running_loop()

    def server():
        # Behind TLS from the first octet the class itself sees none.
        settings = {"auth_require_tls": False} if mode == "tls" else {"tls_context": context, "require_starttls": True}
        excluded = BUILT_IN - {mechanism}
        return SMTP(
            handler, loop=loop, auth_required=True, authenticator=authenticate, auth_exclude_mechanism=excluded, **settings
        )

    listening = await loop.create_server(server, "127.0.0.1", int(port), ssl=context if mode == "tls" else None)
    print("ready", flush=True)
    await listening.serve_forever()


asyncio.run(main(*sys.argv[1:]))
