# doors.py PID FOLDER: tries every way that we know of into another process's memory and descriptors, and prints those that
# were open, a word each. What must hold a process still to look at it lets it go again.
import ctypes
import os
import subprocess
import sys

ATTACH, DETACH, SEIZE, PIDFD_GETFD = 16, 17, 0x4206, 438
libc = ctypes.CDLL(None, use_errno=True)
libc.ptrace.argtypes = [ctypes.c_long, ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p]
pid, folder = int(sys.argv[1]), sys.argv[2]


class Vector(ctypes.Structure):
    _fields_ = [("base", ctypes.c_void_p), ("length", ctypes.c_size_t)]


def file(name):
    with open(f"/proc/{pid}/{name}", "rb") as opened:
        return name == "mem" or opened.read(1) != b""


def copies():
    """process_vm_readv(2): an address that is not there is another error than a door that is shut."""
    buffer = ctypes.create_string_buffer(8)
    mine, theirs = Vector(ctypes.addressof(buffer), 8), Vector(1, 8)
    got = libc.process_vm_readv(pid, ctypes.byref(mine), 1, ctypes.byref(theirs), 1, 0)
    return got >= 0 or ctypes.get_errno() == 14


def traces(request):
    if libc.ptrace(request, pid, None, None) != 0:
        return False
    if request == SEIZE:
        libc.ptrace(0x4207, pid, None, None)
    os.waitpid(pid, 0x40000000)
    return libc.ptrace(DETACH, pid, None, None) == 0


def takes():
    return libc.syscall(PIDFD_GETFD, os.pidfd_open(pid), 0, 0) >= 0


def dumps():
    core = os.path.join(folder, "core")
    subprocess.run(["/usr/bin/gcore", "-o", core, str(pid)], capture_output=True, check=False)
    return os.path.exists(f"{core}.{pid}")


doors = {name: (lambda name=name: file(name)) for name in ["mem", "environ", "maps", "auxv"]}
doors |= {link: (lambda link=link: os.readlink(f"/proc/{pid}/{link}") != "") for link in ["cwd", "root", "fd/0"]}
doors |= {"process_vm_readv": copies, "attach": lambda: traces(ATTACH), "seize": lambda: traces(SEIZE)}
doors |= {"pidfd_getfd": takes, "gcore": dumps}
for name, opens in doors.items():
    try:
        if opens():
            print(name)
    except OSError:
        pass
