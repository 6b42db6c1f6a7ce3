# elsewhere.py PATH=FILE… -- WORD…: makes a mount namespace, as any user can, where FILE lies at each PATH and nothing else
# in that folder; then goes on as the words, in the namespaces that it came from. In each word, @ is the root of that other
# place; the first may be two with a comma between: the program, and the name that it is given.
import ctypes
import os
import sys

NEW_USER_AND_MOUNTS = 0x10000000 | 0x20000
BIND = 4096
libc = ctypes.CDLL(None, use_errno=True)


def check(result, what):
    if result != 0:
        sys.exit(f"elsewhere: cannot {what}: {os.strerror(ctypes.get_errno())}")


def put(path, file):
    open(path, "w").close()
    check(libc.mount(f"/proc/self/fd/{file}".encode(), path.encode(), None, BIND, None), f"mount at {path}")


def make(pairs, tell):
    uid, gid = os.getuid(), os.getgid()
    check(libc.unshare(NEW_USER_AND_MOUNTS), "unshare")
    # Before anything hides them, and after that: what the mount namespace of before holds cannot be bound in this one.
    files = [(path, os.open(file, os.O_PATH)) for path, file in pairs]
    for name, text in [("setgroups", "deny"), ("uid_map", f"0 {uid} 1"), ("gid_map", f"0 {gid} 1")]:
        with open(f"/proc/self/{name}", "w") as map:
            map.write(text)
    for folder in {os.path.dirname(path) for path, _ in pairs}:
        check(libc.mount(b"none", folder.encode(), b"tmpfs", 0, None), f"mount on {folder}")
    for path, file in files:
        put(path, file)
    os.write(tell, b"made")
    os.read(0, 1)
    os._exit(0)


at = sys.argv.index("--")
pairs = [word.split("=", 1) for word in sys.argv[1:at]]
told, tell = os.pipe()
stays, life = os.pipe()
os.set_inheritable(life, True)
holder = os.fork()
if holder == 0:
    os.dup2(stays, 0)
    os.close(life)
    make(pairs, tell)
os.close(tell)
if os.read(told, 4) != b"made":
    sys.exit(1)
words = [word.replace("@", f"/proc/{holder}/root") for word in sys.argv[at + 1 :]]
program, _, name = words[0].partition(",")
os.execv(program, [name or program, *words[1:]])
