"""Credentials, the token service, /session, cookies."""

import base64
from urllib.parse import urlencode

from harness import BEARER, SandboxTest

BASIC = {"Authorization": "Basic " + base64.b64encode(b"analyst:s3cret").decode()}
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
CLIENT = {"client_id": "client", "client_secret": "client-secret"}
PASSWORD = {**CLIENT, "grant_type": "password", "username": "analyst", "password": "s3cret"}


def bearer(token):
    return {"Authorization": "Bearer " + token}


class Auth(SandboxTest):
    def status(self, headers, query=""):
        return self.ask("/lists/stores" + query, headers=headers).status

    def token(self, **form):
        reply = self.ask("/v1/oauth2/token", method="POST", headers=FORM,
                         body=urlencode(form))
        return reply.status, reply.json()

    def test_credentials(self):
        self.assertEqual(self.status(BEARER), 200)
        self.assertEqual(self.status(BASIC), 200)
        self.assertEqual(self.status({}, "?Auth=sandbox-token"), 200)
        self.assertEqual(self.status({}), 401)
        self.assertEqual(self.status(bearer("wrong")), 401)
        self.assertEqual(self.status({"Authorization": "Basic d3Jvbmc="}), 401)
        self.assertEqual(self.status({}, "?Auth=wrong"), 401)
        self.assertEqual(self.ask("/lists/stores", headers={}).json()["Error"], True)

    def test_header_before_query(self):
        self.assertEqual(self.status(bearer("wrong"), "?Auth=sandbox-token"), 401)
        self.assertEqual(self.status(BEARER, "?Auth=wrong"), 200)
        self.assertEqual([e["Auth"] for e in self.log()], ["bearer", "bearer"])
        self.assertEqual(self.log()[0]["Params"], "Auth=***")

    def test_session(self):
        record = self.ask("/session", headers=BASIC).json()
        self.assertEqual(record["basic_token"], BASIC["Authorization"].split()[1])
        self.assertEqual(record["PreferredEndpoint"], self.server.base)
        self.assertEqual((record["isValid"], record["ParentEntityId"]), (True, 21090))
        self.assertEqual(self.status(bearer(record["access_token"])), 200)
        self.settings(preferred_endpoint="https://near.example")
        self.assertEqual(self.ask("/Session", headers=BASIC).json()["PreferredEndpoint"],
                         "https://near.example")
        self.assertEqual(list(self.ask("/session?Auth=sandbox-token", headers={}).json()),
                         ["access_token", "isValid", "ParentEntityId", "RQEmployeeId"])
        self.assertEqual(self.ask("/session", headers={}).status, 401)

    def test_password_grant(self):
        status, reply = self.token(**PASSWORD)
        self.assertEqual((status, reply["expires_in"]), (200, 43199))
        self.assertEqual(self.status(bearer(reply["access_token"])), 200)
        self.assertEqual(self.token(**{**PASSWORD, "password": "x"})[0], 400)
        self.assertEqual(self.token(**{**PASSWORD, "client_secret": "x"})[0], 401)
        self.assertEqual(self.token(**{**PASSWORD, "grant_type": "x"})[0], 400)
        self.assertEqual(self.ask("/v1/oauth2/token").status, 405)

    def test_refresh_rotates(self):
        first = self.token(**PASSWORD)[1]
        refresh = {**CLIENT, "grant_type": "refresh_token"}
        status, second = self.token(**refresh, refresh_token=first["refresh_token"])
        self.assertEqual(status, 200)
        self.assertNotEqual(second["refresh_token"], first["refresh_token"])
        self.assertEqual(self.status(bearer(second["access_token"])), 200)
        self.assertEqual(self.token(**refresh, refresh_token=first["refresh_token"])[0], 400)

    def test_refused_refresh(self):
        first = self.token(**PASSWORD)[1]
        refresh = {**CLIENT, "grant_type": "refresh_token",
                   "refresh_token": first["refresh_token"]}
        self.settings(refuse_refresh=True)
        self.assertEqual(self.token(**refresh), (400, {"error": "invalid_grant"}))
        self.assertEqual(self.token(**PASSWORD)[0], 200)
        self.settings(refuse_refresh=False)
        self.assertEqual(self.token(**refresh)[0], 200)

    def test_expiry(self):
        self.settings(expires_in=0)
        status, reply = self.token(**PASSWORD)
        self.assertEqual(reply["expires_in"], 0)
        self.assertEqual(self.status(bearer(reply["access_token"])), 401)
        self.settings(expires_in=1000)
        reply = self.token(**PASSWORD)[1]
        self.assertEqual(self.status(bearer(reply["access_token"])), 200)
        self.control("POST", "expire")
        self.assertEqual(self.status(bearer(reply["access_token"])), 401)
        self.assertEqual(self.status(BEARER), 200)

    def test_cookies(self):
        first = self.ask("/lists/stores")
        cookies = first.headers.get_all("Set-Cookie")
        self.assertEqual([c.split("=")[0] for c in cookies],
                         ["DataConnectState", "ARRAffinity"])
        cookie = "; ".join(c.split(";")[0] for c in cookies)
        self.assertIsNone(self.ask("/lists/stores", headers={**BEARER, "Cookie": cookie})
                          .headers.get("Set-Cookie"))
        self.assertEqual(self.log()[-1]["Cookie"], cookie)
        self.assertIsNotNone(self.ask("/lists/stores", headers={
            **BEARER, "Cookie": "DataConnectState=stale"}).headers.get("Set-Cookie"))
        self.assertIsNone(self.ask("/lists/stores", headers={}).headers.get("Set-Cookie"))

    def test_a_cookie_is_no_credential(self):
        cookie = self.ask("/lists/stores").headers["Set-Cookie"].split(";")[0]
        self.assertEqual(self.status({"Cookie": cookie}), 401)


class OtherAccounts(SandboxTest):
    arguments = ("--user", "eve", "--password", "pa:ss", "--token", "tok")

    def test_flags(self):
        basic = base64.b64encode(b"eve:pa:ss").decode()
        for headers, status in (({"Authorization": "Basic " + basic}, 200), (BASIC, 401),
                                (bearer("tok"), 200), (BEARER, 401)):
            self.assertEqual(self.ask("/lists/stores", headers=headers).status, status)
