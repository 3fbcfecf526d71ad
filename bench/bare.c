/* The least that a relay can do: reads from one connection, writes the same bytes to the other of its pair.
   It knows no WebSocket and keeps nothing. Connections are paired as they come.

   cc -O2 bare.c -o bare; ./bare PORT */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum { MOST = 65536, AT_ONCE = 256, BUFFER = 8192 };
static int partner[MOST];

static void end(int fd) {
  if (partner[fd] > 0) partner[partner[fd]] = 0;
  partner[fd] = 0;
  close(fd);
}

int main(int argc, char **argv) {
  int one = 1, waiting = 0, listening = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0), watch = epoll_create1(0);
  struct sockaddr_in here = {.sin_family = AF_INET, .sin_port = htons(atoi(argv[argc - 1]))};
  inet_pton(AF_INET, "127.0.0.1", &here.sin_addr);
  setsockopt(listening, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
  struct epoll_event event = {.events = EPOLLIN, .data.fd = listening}, events[AT_ONCE];
  if (bind(listening, (struct sockaddr *)&here, sizeof here) || listen(listening, 4096) ||
      epoll_ctl(watch, EPOLL_CTL_ADD, listening, &event)) {
    perror("bare");
    return 1;
  }
  char buffer[BUFFER];
  for (;;) {
    int ready = epoll_wait(watch, events, AT_ONCE, -1);
    for (int i = 0; i < ready; i++) {
      int fd = events[i].data.fd;
      if (fd == listening) {
        fd = accept4(listening, NULL, NULL, SOCK_NONBLOCK);
        if (fd < 0 || fd >= MOST) continue;
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
        event = (struct epoll_event){.events = EPOLLIN, .data.fd = fd};
        epoll_ctl(watch, EPOLL_CTL_ADD, fd, &event);
        if (waiting) {
          partner[fd] = waiting;
          partner[waiting] = fd;
          waiting = 0;
        } else {
          waiting = fd;
        }
        continue;
      }
      ssize_t size = read(fd, buffer, BUFFER);
      if (size <= 0) {
        if (waiting == fd) waiting = 0;
        end(fd);
      } else if (partner[fd] > 0 && write(partner[fd], buffer, size) != size) {
        end(fd);
      }
    }
  }
}
