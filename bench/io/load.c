// The clients, the same for all servers: `load <port> <connections>`, built by io.js. When all are connected it says so; then, for each line
// `<ms> <requests>` on stdin, every connection asks as soon as it is answered, for so long or as often all in all, and when the last answer is
// there it tells how many there were and how long it took. Each byte that comes back is compared with what was sent. In C, as clients in
// JavaScript need as much time for a request as a server does: they would be what is measured.

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define SIZE 128
#define TEXT 4096
#define EVENTS 1024

struct client {
  int socket;
  int at;  // where the request stands in the text
  int got; // how much of the answer has come
};

static unsigned char text[TEXT];
static struct client *clients;
static long requests, most, waiting;
static double until;

static void fail(const char *what) {
  fprintf(stderr, "load: %s: %s\n", what, strerror(errno));
  exit(1);
}

static double now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec * 1e3 + time.tv_nsec / 1e6;
}

// 128 bytes always find room: there is never more than one request on its way.
static void ask(struct client *client) {
  client->at = (client->at + 61) % (TEXT - SIZE);
  client->got = 0;
  if (write(client->socket, text + client->at, SIZE) != SIZE) fail("write");
}

static void answered(struct client *client) {
  unsigned char buffer[2 * SIZE];
  ssize_t length = read(client->socket, buffer, sizeof buffer);
  if (length <= 0) fail("a connection was closed");
  if (client->got + length > SIZE || memcmp(buffer, text + client->at + client->got, length) != 0) fail("another echo");
  client->got += length;
  if (client->got < SIZE) return;
  requests++;
  if (requests < most && now() < until) ask(client);
  else waiting--;
}

int main(int count, char **arguments) {
  if (count != 3) return 2;
  int connections = atoi(arguments[2]);
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(atoi(arguments[1]))};
  inet_pton(AF_INET, "127.0.0.1", &address.sin_addr);
  for (int n = 0; n < TEXT; n++) text[n] = (n * n * 31 + (n >> 3)) & 0xff;

  int poll = epoll_create1(0);
  clients = calloc(connections, sizeof *clients);
  for (int n = 0; n < connections; n++) {
    struct client *client = &clients[n];
    client->at = n * 127 % (TEXT - SIZE);
    client->socket = socket(AF_INET, SOCK_STREAM, 0);
    if (connect(client->socket, (struct sockaddr *)&address, sizeof address) != 0) fail("connect");
    int on = 1;
    setsockopt(client->socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = client};
    if (epoll_ctl(poll, EPOLL_CTL_ADD, client->socket, &event) != 0) fail("epoll_ctl");
  }
  puts("true");
  fflush(stdout);

  char line[100], limit[50];
  double ms;
  while (fgets(line, sizeof line, stdin) != NULL && sscanf(line, "%lf %49s", &ms, limit) == 2) {
    double begun = now();
    until = begun + ms;
    most = strcmp(limit, "Infinity") == 0 ? __LONG_MAX__ : atol(limit);
    requests = 0;
    waiting = connections;
    for (int n = 0; n < connections; n++) ask(&clients[n]);
    while (waiting > 0) {
      struct epoll_event events[EVENTS];
      int ready = epoll_wait(poll, events, EVENTS, -1);
      if (ready < 0) fail("epoll_wait");
      for (int n = 0; n < ready; n++) answered(events[n].data.ptr);
    }
    printf("{\"requests\":%ld,\"ms\":%f}\n", requests, now() - begun);
    fflush(stdout);
  }
  return 0;
}
