# A webhook as somebody would write it instead: check the signature, store the body, answer.
# Run by `make load`, with what requirements.txt names.

import hashlib
import hmac
import json
import socket
import sqlite3
import sys

import uvicorn
from fastapi import FastAPI, Request, Response

SECRET = b"demo-app-secret"

table = sqlite3.connect(sys.argv[1], isolation_level=None)
table.execute("PRAGMA journal_mode = WAL")
table.execute("PRAGMA synchronous = NORMAL")
table.execute("CREATE TABLE posts (id TEXT PRIMARY KEY, body BLOB NOT NULL) WITHOUT ROWID")

app = FastAPI()


@app.post("/webhooks/facebook")
async def take(request: Request) -> Response:
    body = await request.body()
    expected = "sha256=" + hmac.new(SECRET, body, hashlib.sha256).hexdigest()
    if not hmac.compare_digest(expected, request.headers.get("x-hub-signature-256", "")):
        return Response("refused", status_code=401)
    for entry in json.loads(body)["entry"]:
        for change in entry["changes"]:
            post = (change["value"]["comment_id"], body)
            table.execute("INSERT OR IGNORE INTO posts VALUES (?, ?)", post)
    return Response("taken")


listener = socket.socket()
listener.bind(("127.0.0.1", 0))
print("http://127.0.0.1:%d/webhooks/facebook" % listener.getsockname()[1], flush=True)
server = uvicorn.Server(uvicorn.Config(app, log_level="warning", access_log=False))
server.run(sockets=[listener])
