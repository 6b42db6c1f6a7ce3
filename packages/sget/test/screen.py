# A full-screen program: colours, the cursor moved about, keys read one by one, the size asked for again when it changes.
# On r it changes the size of the terminal HERE, as whoever sits there does.
import curses
import os
import subprocess


def play(screen):
    curses.start_color()
    curses.init_pair(1, curses.COLOR_RED, curses.COLOR_BLACK)
    while True:
        rows, columns = screen.getmaxyx()
        screen.erase()
        screen.addstr(2, 5, f"[{os.environ['X']}]", curses.color_pair(1))
        screen.addstr(rows - 1, 0, f"size={rows}x{columns}")
        screen.refresh()
        key = screen.getch()
        if key == ord("r"):
            subprocess.run(["stty", "-F", os.environ["HERE"], "rows", "30", "cols", "70"])
        if key == ord("q"):
            return


curses.wrapper(play)
print("left the screen")
