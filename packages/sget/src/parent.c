// Whether sgetd started this process.
#define _GNU_SOURCE // struct ucred
#include "parent.h"
#include "paths.h"
#include "report.h"
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

/** Of a socket pair SO_PEERCRED names who made it (unix(7)). */
static bool is_pair_of_parent(int descriptor)
{
  struct ucred maker;
  socklen_t length = sizeof maker;
  if (getsockopt(descriptor, SOL_SOCKET, SO_PEERCRED, &maker, &length) < 0) return false;
  return maker.pid == getppid() && maker.uid == geteuid();
}

/** sgetd does not let its user look; whoever may look all the same sees the Node of this installation. */
static bool is_closed_or_node(const struct installation *here)
{
  char path[PATH_BYTES_MAX], process[64];
  struct stat parent, node;
  snprintf(process, sizeof process, "/proc/%d/exe", (int)getppid());
  if (stat(process, &parent) < 0) return true;
  if (!paths_join(here->lib, "node", path) || stat(path, &node) < 0) return false;
  return parent.st_dev == node.st_dev && parent.st_ino == node.st_ino;
}

bool parent_is_daemon(const struct installation *here, int socket)
{
  return is_pair_of_parent(socket) && is_closed_or_node(here);
}
