// Runs a command in a sandbox like those of coding agents: one system call fails with EPERM, whatever it is asked.
// usage: sandbox socket|setsockopt|connect|getsockopt COMMAND ARGS…
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

static unsigned number_of(const char *name)
{
  if (strcmp(name, "socket") == 0) return SYS_socket;
  if (strcmp(name, "setsockopt") == 0) return SYS_setsockopt;
  return strcmp(name, "connect") == 0 ? SYS_connect : SYS_getsockopt;
}

int main(int count, char **arguments)
{
  if (count < 3) return 99;
  struct sock_filter filter[] = {
    BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, number_of(arguments[1]), 0, 1),
    BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
    BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  };
  struct sock_fprog program = {sizeof filter / sizeof *filter, filter};
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0) return 99;
  if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) < 0) return 99;
  execv(arguments[2], arguments + 2);
  return 99;
}
