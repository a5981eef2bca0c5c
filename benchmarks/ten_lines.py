"""A script that a user would write instead: a conditional GET, compared with the last one."""

import json
import sys
from pathlib import Path

import httpx

url, state = sys.argv[1], Path(sys.argv[2])
known = json.loads(state.read_text()) if state.exists() else {}
response = httpx.get(url, headers={"If-None-Match": known["etag"]} if known else {})
if response.status_code != httpx.codes.NOT_MODIFIED:
    response.raise_for_status()
    state.write_text(json.dumps({"etag": response.headers["ETag"], "text": response.text}))
    print("changed")
