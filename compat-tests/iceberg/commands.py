"""What the engines share: commands come as JSON, one a line, and so do the answers, until there are no more commands."""

import json
import sys
import traceback


def serve(commands):
    """Answers each `{"do": NAME, …}` with what the function of that name gives for the rest."""
    print(json.dumps({"ok": "ready"}), flush=True)
    for line in sys.stdin:
        request = json.loads(line)
        try:
            answer = {"ok": commands[request.pop("do")](**request)}
        except Exception as error:
            traceback.print_exc()
            answer = {"error": f"{type(error).__name__}: {error}"[:2000]}
        print(json.dumps(answer), flush=True)


def rows_of(triples):
    """Rows as lists of partition, offset and the value's text, in order."""
    return sorted([partition, offset, bytes(value).decode()] for partition, offset, value in triples)
