"""Authentication: Bearer, Basic, ?Auth=, the token service."""

import base64
import time

from .company import guid


class Accounts:
    """The credentials that the sandbox accepts."""

    def __init__(self, user="analyst", password="s3cret", token="sandbox-token",
                 client_id="client", client_secret="client-secret"):
        self.user = user
        self.password = password
        self.token = token
        self.client_id = client_id
        self.client_secret = client_secret

    def basic_token(self):
        return base64.b64encode(("%s:%s" % (self.user, self.password)).encode()).decode()


def _guid(state, what):
    return guid(what, state.serial())


def _known_token(state, token):
    if token == state.accounts.token:
        return True
    return state.tokens.get(token, 0) > time.monotonic()


def scheme(request, params):
    """Which credential counts: bearer, basic, query or none."""
    word = request.headers.get("Authorization", "").split(" ")[0].lower()
    if word in ("bearer", "basic"):
        return word
    return "query" if params is not None and params.given("Auth") else "none"


def accepted(state, request, params):
    """Whether the credential that counts is valid; no other one is tried."""
    used = scheme(request, params)
    credential = request.headers.get("Authorization", "").partition(" ")[2].strip()
    if used == "bearer":
        return _known_token(state, credential)
    if used == "basic":
        return credential == state.accounts.basic_token()
    if used == "query":
        value = params.given("Auth")
        return _known_token(state, value) or value == state.accounts.basic_token()
    return False


def issue(state):
    """A fresh access token."""
    token = _guid(state, "access")
    state.tokens[token] = time.monotonic() + state.settings["expires_in"]
    return token


def token_reply(state, params):
    """(status, document) of POST /v1/oauth2/token."""
    accounts = state.accounts
    if (params.given("client_id") != accounts.client_id
            or params.given("client_secret") != accounts.client_secret):
        return 401, {"error": "invalid_client"}
    grant = params.given("grant_type")
    if grant == "password":
        if (params.given("username") != accounts.user
                or params.given("password") != accounts.password):
            return 400, {"error": "invalid_grant"}
    elif grant == "refresh_token":
        token = params.given("refresh_token")
        if state.settings["refuse_refresh"] or token not in state.refresh_tokens:
            return 400, {"error": "invalid_grant"}
        state.refresh_tokens.remove(token)
    else:
        return 400, {"error": "unsupported_grant_type"}
    refresh = _guid(state, "refresh")
    state.refresh_tokens.add(refresh)
    return 200, {"access_token": issue(state), "token_type": "bearer",
                 "expires_in": state.settings["expires_in"], "refresh_token": refresh}


def session_record(state, params):
    """The record of /session; a request with ?Auth= gets fewer members."""
    record = {"access_token": issue(state), "isValid": True, "ParentEntityId": 21090,
              "RQEmployeeId": 3494}
    if not params.given("Auth"):
        record["basic_token"] = state.accounts.basic_token()
        record["PreferredEndpoint"] = (state.settings["preferred_endpoint"]
                                       or state.base_url)
    return record
