// A connection to sgetd.
#define _GNU_SOURCE // struct ucred
#include "connection.h"
#include "attestation.h"
#include "stream.h"
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

struct connection the_daemon = {.socket = -1};

/** Its buffers: beside it, since what is not all zero is copied from the file, page by page, at each start. */
static uint8_t sent[OUTBOX_BYTES_MAX];
static uint8_t received[PLAIN_FRAME_BYTES_MAX];

/** What the kernel, or a sandbox in its place, answers on the way to a daemon, as failures that say different things. */
static enum failure failure_of_errno(int error)
{
  switch (error) {
  case ENOENT:
  case ENOTDIR: return NO_DAEMON;
  case ECONNREFUSED: return DAEMON_GONE;
  case EACCES: return SOCKET_FORBIDDEN;
  case EPERM:
  case EAFNOSUPPORT: return SANDBOXED;
  case EAGAIN: return BUSY;
  default: return CONNECTION_LOST;
  }
}

static enum failure dial(int socket, const char *path)
{
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  struct timeval wait = {.tv_sec = REPLY_WAIT_SECONDS};
  memcpy(address.sun_path, path, strlen(path) + 1);
  if (setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof wait) < 0) return failure_of_errno(errno);
  if (setsockopt(socket, SOL_SOCKET, SO_SNDTIMEO, &wait, sizeof wait) < 0) return failure_of_errno(errno);
  attestation_raise();
  int error;
  do error = connect(socket, (struct sockaddr *)&address, sizeof address) < 0 ? errno : 0;
  while (error == EINTR);
  attestation_lower();
  return error ? failure_of_errno(error) : OK;
}

/** SO_PEERCRED names who called listen(2) (unix(7)). */
static enum failure check_server(int socket, const char *path)
{
  struct ucred server;
  socklen_t length = sizeof server;
  if (getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &server, &length) < 0) return failure_of_errno(errno);
  return server.uid == geteuid() ? OK : refuse(FOREIGN_DAEMON, path);
}

static void write_hello(struct writer *outbox)
{
  size_t start = frame_begin(outbox, MESSAGE_HELLO, 0);
  writer_number(outbox, 2, PROTOCOL_VERSION);
  writer_number(outbox, 1, ROLE_PLAIN);
  writer_text(outbox, "sget " SGET_VERSION);
  frame_end(outbox, start, 0);
}

enum failure connection_open(struct connection *daemon, const char *path)
{
  if (strlen(path) > SOCKET_PATH_BYTES_MAX) return refuse(SOCKET_PATH_TOO_LONG, path);
  daemon->greeted = false;
  daemon->last_id = 0;
  daemon->outbox = (struct writer){sent, sizeof sent, 0, false};
  daemon->socket = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (daemon->socket < 0) return failure_of_errno(errno);
  enum failure failure = dial(daemon->socket, path);
  if (!failure) failure = check_server(daemon->socket, path);
  if (failure) connection_close(daemon);
  if (failure) return failure;
  write_hello(&daemon->outbox);
  if (attestation_is_claimed()) attestation_write(&daemon->outbox);
  return OK;
}

void connection_adopt(struct connection *daemon, int socket)
{
  daemon->socket = socket;
  daemon->greeted = true;
  daemon->last_id = 0;
  daemon->outbox = (struct writer){sent, sizeof sent, 0, false};
}

enum failure connection_send(struct connection *daemon, const struct secret *secret)
{
  struct slice frames = {daemon->outbox.bytes, daemon->outbox.length};
  struct slice tail = {NULL, 0};
  if (secret) tail = (struct slice){secret->bytes, secret->length};
  if (daemon->outbox.full) return refuse(USAGE, "an argument is too long");
  daemon->outbox.length = 0;
  return stream_send(daemon->socket, frames, tail);
}

/** Where the body of a frame goes; a secret that nobody waits for has no place. */
static enum failure place_for(struct connection *daemon, const struct head *head, uint8_t **place)
{
  *place = received;
  if (!message_carries_secret(head->message)) return OK;
  if (!daemon->room || head->message->type != MESSAGE_VALUE) return BAD_MESSAGE;
  enum failure failure = secret_reserve(daemon->room, head->body_bytes);
  if (failure) return failure;
  *place = daemon->room->bytes;
  daemon->room->length = head->body_bytes;
  return OK;
}

static enum failure receive_frame(struct connection *daemon, struct frame *frame)
{
  uint8_t first[FRAME_HEAD_BYTES];
  struct head head;
  uint8_t *place;
  enum failure failure = stream_receive(daemon->socket, first, sizeof first);
  if (failure) return failure;
  if (frame_head(first, &head) != WELL_FORMED) return BAD_MESSAGE;
  failure = place_for(daemon, &head, &place);
  if (!failure) failure = stream_receive(daemon->socket, place, head.body_bytes);
  if (failure) return failure;
  *frame = (struct frame){head.message->type, head.id, {place, head.body_bytes}};
  return decode_fields(head.message->fields, frame->body, NULL) == WELL_FORMED ? OK : BAD_MESSAGE;
}

/** Another version says so here: hello, welcome and failure keep their shape in all of them. */
static enum failure check_welcome(struct frame *frame)
{
  uint64_t version = 0;
  struct slice program = {NULL, 0};
  reader_number(&frame->body, 2, &version);
  reader_counted(&frame->body, 2, &program);
  return version == PROTOCOL_VERSION ? OK : refuse_with(VERSION_MISMATCH, program);
}

/** What a daemon that does not know `attest` yet makes of it. */
static bool is_stranger_to_attest(const struct frame *frame)
{
  uint64_t number = 0;
  struct reader body = frame->body;
  return attestation_is_claimed() && frame->type == MESSAGE_FAILURE && frame->id == 0 &&
         reader_number(&body, 2, &number) && number == BAD_MESSAGE;
}

enum failure connection_receive(struct connection *daemon, struct frame *frame)
{
  enum failure failure = receive_frame(daemon, frame);
  if (failure || daemon->greeted || frame->type == MESSAGE_FAILURE) return failure;
  if (frame->type != MESSAGE_WELCOME) return BAD_MESSAGE;
  failure = check_welcome(frame);
  daemon->greeted = true;
  if (!failure) failure = receive_frame(daemon, frame);
  if (failure) return failure;
  return is_stranger_to_attest(frame) ? refuse(VERSION_MISMATCH, "sgetd knows no attested sget") : OK;
}

void connection_be_patient(const struct connection *daemon, uint64_t seconds)
{
  struct timeval wait = {.tv_sec = (time_t)seconds + REPLY_WAIT_SECONDS};
  // Where it fails we give up earlier, and the daemon is told by the end of the connection.
  (void)setsockopt(daemon->socket, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof wait);
}

void connection_close(struct connection *daemon)
{
  if (daemon->socket >= 0) close(daemon->socket);
  daemon->socket = -1;
}
