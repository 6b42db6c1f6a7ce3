// Terminals: one of our own that stands for the real one, and the real one while somebody else's program has it.
#pragma once
#include <stdbool.h>
#include <termios.h>

/**
 * Makes a terminal with the settings and the size of another. @param is_whole whether what is typed goes through it as well;
 * else line ends are left to the other, which gets them after it. false where the system has none
 */
bool pty_open(int like, bool is_whole, int *master, int *slave);

/** Gives it the size of the other; who is in its foreground is told by the kernel. */
void pty_resize(int master, int like);

/** The real terminal: every key is read as it is typed, and what is written to it has line ends already. */
struct keyboard {
  int terminal;
  struct termios before;
  bool is_taken;
};

/** Takes the terminal if we are in its foreground; returns whether we are. */
bool keyboard_take(struct keyboard *keyboard);

/** Gives it back as it was. Also done when this process meets a fault of its own. */
void keyboard_give_back(struct keyboard *keyboard);
