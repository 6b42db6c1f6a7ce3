# Plays a dialogue on a real terminal: terminal.py DIALOGUE PROGRAM ARGS…, where DIALOGUE is JSON, a list of pairs of what
# to wait for and what to type then. Prints all that the terminal showed, and ends with the program's own status.
import json
import os
import pty
import select
import sys
import time

WAIT_SECONDS = 60
dialogue = json.loads(sys.argv[1])
pid, terminal = pty.fork()
if pid == 0:
    os.execv(sys.argv[2], sys.argv[2:])
shown, at, deadline = b"", 0, time.monotonic() + WAIT_SECONDS
while time.monotonic() < deadline:
    if dialogue and dialogue[0][0].encode() in shown[at:]:
        at = len(shown)
        os.write(terminal, dialogue.pop(0)[1].encode())
        continue
    if not select.select([terminal], [], [], 1)[0]:
        continue
    try:
        piece = os.read(terminal, 65536)
    except OSError:
        break
    if not piece:
        break
    shown += piece
else:
    os.kill(pid, 9)
sys.stdout.buffer.write(shown)
sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) & 255)
