// What a human types, on its way.
#define _GNU_SOURCE // TIOCGPTPEER
#include "typing.h"
#include "descriptors.h"
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

void typing_begin(struct typing *typing, int terminal, int master)
{
  *typing = (struct typing){.keyboard = {.terminal = terminal}, .input = descriptors_own(terminal, O_RDWR)};
  if (typing->input < 0) typing->input = terminal;
  typing->master = fcntl(master, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
}

bool typing_take(struct typing *typing)
{
  if (!keyboard_take(&typing->keyboard)) return false;
  if (!typing->was_taken) tcsetattr(typing->master, TCSANOW, &typing->keyboard.before);
  typing->was_taken = true;
  return true;
}

void typing_watch(const struct typing *typing, struct pollfd watched[static 2])
{
  bool is_full = typing->begin < typing->end, is_listening = typing->keyboard.is_taken && !typing->is_over;
  watched[0] = (struct pollfd){.fd = is_listening && !is_full ? typing->input : -1, .events = POLLIN};
  watched[1] = (struct pollfd){.fd = is_full ? typing->master : -1, .events = POLLOUT};
}

static void read_keys(struct typing *typing)
{
  ssize_t count = read(typing->input, typing->typed, sizeof typing->typed);
  if (count < 0 && (errno == EAGAIN || errno == EINTR)) return;
  typing->begin = 0;
  typing->end = count > 0 ? (size_t)count : 0;
  if (count <= 0) typing_end(typing);
}

static void write_keys(struct typing *typing)
{
  ssize_t count = write(typing->master, typing->typed + typing->begin, typing->end - typing->begin);
  if (count > 0) typing->begin += (size_t)count;
  if (typing->begin == typing->end) explicit_bzero(typing->typed, sizeof typing->typed);
}

void typing_pass(struct typing *typing, const struct pollfd watched[static 2])
{
  if (watched[0].revents) read_keys(typing);
  if (watched[1].revents || typing->begin < typing->end) write_keys(typing);
}

void typing_end(struct typing *typing)
{
  struct termios settings;
  if (!typing->is_over && tcgetattr(typing->master, &settings) == 0) {
    ssize_t told = write(typing->master, &settings.c_cc[VEOF], 1);
    (void)told;
  }
  typing->is_over = true;
}

/** Read as it was typed, whether a line was finished or not. */
static size_t read_ahead(const struct typing *typing, char into[static TYPED_BYTES_MAX])
{
  struct termios settings;
  ssize_t count = -1;
  int slave = ioctl(typing->master, TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC | O_NONBLOCK);
  if (slave < 0) return 0;
  if (tcgetattr(slave, &settings) == 0) {
    cfmakeraw(&settings);
    tcsetattr(slave, TCSANOW, &settings);
    count = read(slave, into, TYPED_BYTES_MAX);
  }
  close(slave);
  return count < 0 ? 0 : (size_t)count;
}

static void type(const struct typing *typing, const char *keys, size_t count)
{
  for (size_t i = 0; i < count; i++)
    if (ioctl(typing->keyboard.terminal, TIOCSTI, &keys[i]) < 0) return;
}

void typing_return(struct typing *typing)
{
  char ahead[TYPED_BYTES_MAX];
  bool was_taken = typing->keyboard.is_taken;
  keyboard_give_back(&typing->keyboard);
  size_t count = was_taken ? read_ahead(typing, ahead) : 0;
  if (was_taken) {
    type(typing, ahead, count);
    type(typing, typing->typed + typing->begin, typing->end - typing->begin);
  }
  explicit_bzero(ahead, sizeof ahead);
  explicit_bzero(typing->typed, sizeof typing->typed);
  close(typing->master);
  if (typing->input != typing->keyboard.terminal) close(typing->input);
}
