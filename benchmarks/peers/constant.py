"""The floor: a bare ASGI application on uvicorn that always gives the same answer."""

import sys

import uvicorn

ANSWER = b'{"predictions":[1],"probabilities":[[0.25,0.75]]}'
HEADERS = [(b"content-type", b"application/json"), (b"content-length", str(len(ANSWER)).encode())]


async def app(scope, receive, send):
    if scope["type"] != "http":
        return
    while (await receive()).get("more_body"):
        pass
    await send({"type": "http.response.start", "status": 200, "headers": HEADERS})
    await send({"type": "http.response.body", "body": ANSWER})


uvicorn.run(app, port=int(sys.argv[1]), log_level="critical", access_log=False, lifespan="off")
