# Starts a program as a service manager would, or would not: activate.py KIND PATH PROGRAM ARGS…, where KIND says what the
# program finds at descriptor 3 and what it is told of that. PATH is where its socket ought to be.
import os
import socket
import sys

kind, path, *command = sys.argv[1:]
told = {"LISTEN_PID": str(os.getpid()), "LISTEN_FDS": "1", "LISTEN_FDNAMES": "name"}


def bound(at, type=socket.SOCK_STREAM, mode=0o600, listens=True):
    made = socket.socket(socket.AF_UNIX, type)
    made.bind(at)
    if at[0] != "\0":
        os.chmod(at, mode)
    if listens:
        made.listen()
    return made.detach()


def internet():
    made = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    made.bind(("127.0.0.1", 0))
    made.listen()
    return made.detach()


def lost():
    made = bound(path)
    os.unlink(path)
    return made


makers = {
    "tcp": internet,
    "datagram": lambda: bound(path, socket.SOCK_DGRAM, listens=False),
    "seqpacket": lambda: bound(path, socket.SOCK_SEQPACKET),
    "silent": lambda: bound(path, listens=False),
    "pair": lambda: socket.socketpair()[0].detach(),
    "abstract": lambda: bound("\0" + path),
    "elsewhere": lambda: bound(path + ".other"),
    "open": lambda: bound(path, mode=0o666),
    "lost": lost,
    "file": lambda: os.open(path, os.O_CREAT | os.O_RDWR, 0o600),
    "closed": lambda: None,
}
made = makers.get(kind, lambda: bound(path))()
if kind == "two":
    told["LISTEN_FDS"] = "2"
    os.dup2(made, 4)
if kind == "none":
    told["LISTEN_FDS"] = "0"
if kind == "another's":
    told["LISTEN_PID"] = str(os.getppid())
if kind == "words":
    told["LISTEN_PID"] += " "
if made is not None:
    os.dup2(made, 3)
    os.set_inheritable(3, True)
os.execve(command[0], command, {**os.environ, **told})
