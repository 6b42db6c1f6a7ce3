# A stand-in for an agent that reads what its commands print through real pipes (Node's are sockets). It starts
# sget-mcp, says hello, and runs what it is told: {"id", "argv"} in, {"id", "result"} out, one line each.
import json
import subprocess
import sys

server, home = sys.argv[1:3]
mcp = subprocess.Popen([server, "--home", home], stdin=subprocess.PIPE, stdout=subprocess.PIPE, env={"HOME": "/nonexistent"})


def call(method, params):
    mcp.stdin.write(json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": params}).encode() + b"\n")
    mcp.stdin.flush()
    return json.loads(mcp.stdout.readline())


client = {"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": {"name": "stand-in", "version": "1"}}
call("initialize", client)
call("tools/call", {"name": "secret_status", "arguments": {}})
print('{"id":0}', flush=True)
for line in sys.stdin:
    order = json.loads(line)
    ran = subprocess.run(order["argv"], stdin=subprocess.DEVNULL, capture_output=True)
    result = {"code": ran.returncode, "stdout": ran.stdout.decode(), "stderr": ran.stderr.decode()}
    print(json.dumps({"id": order["id"], "result": result}), flush=True)
mcp.stdin.close()
mcp.wait()
