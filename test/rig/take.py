# Pids that are used again, in a pid namespace with few of them; for root.
#
# take.py as PID UID WORD…: runs the words as that user in a process that has this pid, and ends as they do.
# take.py heir HOME REF UID: a client of that user connects to sgetd and dies; a child of its has the connection, and an
# ordinary process gets its pid. Then the child asks for REF; the types of the frames that it hears are printed, in hex.
import os
import signal
import socket
import sys

ROUNDS_MAX = 3
SLEEP = ["/bin/sleep", "60"]


def become(uid, words):
    os.setgroups([])
    os.setgid(uid)
    os.setuid(uid)
    if words:
        os.execv(words[0], words)


def take(pid, uid, words):
    """Starts processes until the kernel has gone round and gives one that pid, which goes on as the words."""
    with open("/proc/sys/kernel/pid_max") as file:
        tries = ROUNDS_MAX * int(file.read())
    for _ in range(tries):
        child = os.fork()
        if child == pid:
            return
        if child == 0:
            if os.getpid() == pid:
                become(uid, words)
            os._exit(0)
        os.waitpid(child, 0)
    sys.exit(f"take: nobody got the pid {pid}")


def text(string):
    return len(string).to_bytes(2, "big") + string.encode()


def frame(kind, body):
    return (len(body) + 5).to_bytes(4, "big") + bytes([kind]) + (1).to_bytes(4, "big") + body


def inherit(home, ref, uid, wait, tell):
    """The client, which leaves its connection to a child of its."""
    become(uid, [])
    peer = socket.socket(socket.AF_UNIX)
    peer.connect(f"{home}/state/run/socket")
    if os.fork() > 0:
        os._exit(0)
    os.read(wait, 1)
    wanted = b"\1" + text("") + text("") + b"\0\1" + text("X") + text(ref)
    try:
        peer.sendall(frame(1, b"\0\1\0" + text("heir")) + frame(2, wanted))
        for _ in ["welcome", "answer"]:
            size = int.from_bytes(peer.recv(4, socket.MSG_WAITALL), "big")
            os.write(tell, peer.recv(size, socket.MSG_WAITALL)[:1])
    except OSError:
        pass
    os._exit(0)


def heir(home, ref, uid):
    wait, go = os.pipe()
    told, tell = os.pipe()
    client = os.fork()
    if client == 0:
        os.close(go)
        inherit(home, ref, uid, wait, tell)
    os.close(tell)
    os.waitpid(client, 0)
    take(client, uid, SLEEP)
    os.write(go, b"!")
    heard = b""
    while more := os.read(told, 1000):
        heard += more
    os.kill(client, signal.SIGKILL)
    return heard


if sys.argv[1] == "as":
    pid, uid = int(sys.argv[2]), int(sys.argv[3])
    take(pid, uid, sys.argv[4:])
    sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) & 255)
print(heir(sys.argv[2], sys.argv[3], int(sys.argv[4])).hex())
