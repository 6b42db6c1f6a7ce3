# journal.py PATH: stands at a datagram socket as the system's journal does. Prints what came as lines, and reads only
# from the first line of its own standard input on: until then what is sent piles up, as in front of a busy journal.
import os, socket, sys

journal = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
journal.bind(sys.argv[1])
os.chmod(sys.argv[1], 0o666)
print("bound", flush=True)
sys.stdin.readline()
while True:
    sys.stdout.write(journal.recv(65536).decode("utf-8", "backslashreplace") + "\n")
    sys.stdout.flush()
