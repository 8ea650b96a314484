/* path - times what a packet meets on its way: new connections, and round trips on open ones, through several hosts in
 * turn, so that what disturbs the machine disturbs all of them alike.
 *
 *   path ROUNDS <PLAN    a line a measurement: NAME/connect or NAME/roundtrip, round, microseconds; separated by tabs
 *
 * A line of the plan is a way; its fields are separated by blanks:
 *
 *   NAME     what it is called in the output
 *   CLIENT   the file of the client's network namespace
 *   GUEST    that of the guest's
 *   ADDRESS  what the client connects to
 *   PORT     and its port
 *   LISTEN   the port on which the guest listens
 *
 * Client and guest are this process: between virtual interfaces the kernel carries a packet to the other end within the
 * call that sends it, so that no scheduler is in what is measured.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { MaxWays = 32 };

struct way {
    char name[128];
    int client, listener, open_end, open_guest;
    struct sockaddr_in to;
};

static struct way ways[MaxWays];

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec + t.tv_nsec / 1e9;
}

static void die(const char *what)
{
    fprintf(stderr, "path: %s: ", what);
    perror("");
    exit(1);
}

/* A socket of the namespace. */
static int stream(int network)
{
    /* Nobody waits: an answer that does not come is an error. */
    struct timeval patience = {.tv_sec = 2};
    int one = 1;

    if (setns(network, CLONE_NEWNET)) die("setns");
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0) die("socket");
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    return fd;
}

static int network(const char *file)
{
    int fd = open(file, O_RDONLY | O_CLOEXEC);
    if (fd < 0) die(file);
    return fd;
}

/* Returns the seconds that the connect took, and both ends. */
static double connected(struct way *way, int *client, int *guest)
{
    *client = stream(way->client);
    double from = now();
    if (connect(*client, (void *)&way->to, sizeof way->to)) die(way->name);
    double took = now() - from;
    if ((*guest = accept(way->listener, NULL, NULL)) < 0) die(way->name);
    int one = 1;
    setsockopt(*guest, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    return took;
}

/* By a reset, which leaves no port in TIME_WAIT. */
static void reset(int fd)
{
    struct linger at_once = {.l_onoff = 1};
    setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    close(fd);
}

static double round_trip(const struct way *way)
{
    char byte = 1;
    double from = now();

    if (send(way->open_end, &byte, 1, 0) != 1 || recv(way->open_guest, &byte, 1, 0) != 1) die(way->name);
    if (send(way->open_guest, &byte, 1, 0) != 1 || recv(way->open_end, &byte, 1, 0) != 1) die(way->name);
    return now() - from;
}

static void listen_on(struct way *way, int guest, int port)
{
    struct sockaddr_in any = {.sin_family = AF_INET, .sin_port = htons(port)};

    way->listener = stream(guest);
    if (bind(way->listener, (void *)&any, sizeof any) || listen(way->listener, 16)) die(way->name);
}

int main(int count, char **args)
{
    char client[256], guest[256], address[64];
    int used = 0, port, listened, order[MaxWays];

    if (count != 2) return fprintf(stderr, "path: see the head of path.c\n"), 2;
    for (;; used++) {
        struct way *way = &ways[used];
        if (used == MaxWays) errno = E2BIG, die("the plan");
        int fields = scanf("%127s %255s %255s %63s %d %d", way->name, client, guest, address, &port, &listened);
        if (fields == EOF) break;
        way->to = (struct sockaddr_in){.sin_family = AF_INET, .sin_port = htons(port)};
        if (fields != 6 || inet_pton(AF_INET, address, &way->to.sin_addr) != 1) errno = EINVAL, die(way->name);
        way->client = network(client);
        listen_on(way, network(guest), listened);
        connected(way, &way->open_end, &way->open_guest);
        order[used] = used;
    }

    srandom((unsigned)time(NULL));
    for (int round = 0; round < atoi(args[1]); round++) {
        for (int i = used - 1; i > 0; i--) {
            int other = (int)(random() % (i + 1)), kept = order[i];
            order[i] = order[other];
            order[other] = kept;
        }
        for (int i = 0; i < used; i++) {
            struct way *way = &ways[order[i]];
            int near, far;
            double took = connected(way, &near, &far);
            reset(near);
            close(far);
            printf("%s/connect\t%d\t%.3f\n", way->name, round, took * 1e6);
            printf("%s/roundtrip\t%d\t%.3f\n", way->name, round, round_trip(way) * 1e6);
        }
    }
    return 0;
}
