# imitation.py EMULATOR SCRIPT: as any user can, becomes a child of pid 1 that closed its memory and calls itself systemd, as the
# session manager of a user looks; below it runs the terminal emulator of the system, which is told what to do by us, and in
# that a shell with a script. Prints what the shell's terminal shows, and ends as the shell does.
import ctypes
import os
import sys
import time

SET_DUMPABLE, SET_NAME = 4, 15
EMULATOR = """import os, pty, sys
sys.exit(os.waitstatus_to_exitcode(pty.spawn(["/bin/bash", "-c", sys.argv[1]])))"""
libc = ctypes.CDLL(None)
told, tell = os.pipe()
if os.fork() == 0:
    middle = os.getpid()
    if os.fork() > 0:
        os._exit(0)
    while os.getppid() == middle:
        time.sleep(0.01)
    libc.prctl(SET_NAME, b"systemd")
    libc.prctl(SET_DUMPABLE, 0)
    emulator = os.fork()
    if emulator == 0:
        os.execv(sys.argv[1], ["/usr/bin/python3", "-c", EMULATOR, sys.argv[2]])
    os.write(tell, bytes([os.waitstatus_to_exitcode(os.waitpid(emulator, 0)[1]) & 255]))
    os._exit(0)
os.close(tell)
os.wait()
sys.exit((os.read(told, 1) or b"\x7f")[0])
