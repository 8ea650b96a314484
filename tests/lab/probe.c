/* probe - one static binary for every end of the libvirt lab (libvirt-host.sh).
 *
 *   probe serve NAME tcp:PORT udp:PORT ...   TCP: the banner "tcp NAME PORT peer IP:PORT", then echo;
 *                                            UDP: the same in one answer
 *   probe tcp  IP PORT [SECONDS]             connect, read the banner, echo a word
 *   probe udp  IP PORT [SECONDS]             send a word, print the answer
 *   probe outage IP PORT SECONDS             connect again and again for so long, and print the longest time, in ms, in
 *                                            which nobody came through
 *   probe until IP PORT SECONDS              connect again and again until one comes through
 *   probe http IP PORT PATH [SECONDS] [-]    GET, or POST of stdin, and print the body
 *   probe syslog SOCKET FILE                 append every datagram that arrives at SOCKET to FILE, one a line
 *
 * The clients print "OK ..." and end with 0, or "FAIL what errno" and end with 1. Addresses are of either family; those
 * of IPv6 are printed in brackets. PROBE_FROM binds the clients to a source: IP, IP:PORT, [IPv6] or [IPv6]:PORT.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

enum { MaxPorts = 32, BufferBytes = 1 << 16 };

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec + t.tv_nsec / 1e9;
}

static void die(const char *what)
{
    perror(what);
    exit(2);
}

static int fail(const char *what)
{
    printf("FAIL %s %s\n", what, errno ? strerrorname_np(errno) : "EOF");
    return 1;
}

/* ---- addresses */

union address {
    struct sockaddr any;
    struct sockaddr_in v4;   /* its port is where that of v6 is */
    struct sockaddr_in6 v6;
};

/* 192.0.2.1, also where it came as ::ffff:192.0.2.1, or [2001:db8::1] */
static const char *host(char *out, const union address *address)
{
    const struct in6_addr *six = &address->v6.sin6_addr;

    if (address->any.sa_family == AF_INET) return inet_ntop(AF_INET, &address->v4.sin_addr, out, INET_ADDRSTRLEN);
    if (IN6_IS_ADDR_V4MAPPED(six)) return inet_ntop(AF_INET, &six->s6_addr[12], out, INET_ADDRSTRLEN);
    out[0] = '[';
    inet_ntop(AF_INET6, six, out + 1, INET6_ADDRSTRLEN);
    return strcat(out, "]");
}

/* Returns the length for connect and bind; 0: not an address */
static socklen_t parse(const char *ip, int port, union address *out)
{
    memset(out, 0, sizeof *out);
    if (inet_pton(AF_INET, ip, &out->v4.sin_addr) == 1) {
        out->v4.sin_family = AF_INET;
        out->v4.sin_port = htons(port);
        return sizeof out->v4;
    }
    if (inet_pton(AF_INET6, ip, &out->v6.sin6_addr) == 1) {
        out->v6.sin6_family = AF_INET6;
        out->v6.sin6_port = htons(port);
        return sizeof out->v6;
    }
    return 0;
}

/* IP, IP:PORT, [IPv6] or [IPv6]:PORT */
static socklen_t parse_source(const char *text, union address *out)
{
    char ip[INET6_ADDRSTRLEN + 8], *end;
    int bracket = text[0] == '[', port = 0;

    snprintf(ip, sizeof ip, "%s", text + bracket);
    end = bracket ? strchr(ip, ']') : strchr(ip, ':');
    if (end && !bracket && strchr(end + 1, ':')) end = NULL;   /* IPv6 without brackets */
    if (end) {
        char *colon = bracket && end[1] == ':' ? end + 1 : bracket ? NULL : end;
        if (colon) port = atoi(colon + 1);
        *end = 0;
    }
    return parse(ip, port, out);
}

/* ---- server */

static int bound(int family, int type, int port)
{
    int one = 1, zero = 0;
    struct sockaddr_in6 any6 = {.sin6_family = AF_INET6, .sin6_port = htons(port)};
    struct sockaddr_in any = {.sin_family = AF_INET, .sin_port = htons(port)};
    int six = family == AF_INET6, fd = socket(family, type | SOCK_CLOEXEC, 0);
    if (fd < 0) return -1;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    if (six) setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &zero, sizeof zero);
    if (six) setsockopt(fd, IPPROTO_IPV6, IPV6_RECVPKTINFO, &one, sizeof one);
    if (!bind(fd, six ? (void *)&any6 : (void *)&any, six ? sizeof any6 : sizeof any)) return fd;
    close(fd);
    return -1;
}

/* For both families, or for IPv4 where the kernel has no IPv6. */
static int listener(int type, int port)
{
    int fd = bound(AF_INET6, type, port);
    if (fd < 0) fd = bound(AF_INET, type, port);
    if (fd < 0) die("bind");
    if (type == SOCK_STREAM && listen(fd, 64)) die("listen");
    return fd;
}

static int banner(
    char *out,
    size_t size,
    const char *protocol,
    const char *name,
    int port,
    const union address *peer)
{
    char text[INET6_ADDRSTRLEN + 2];
    int from = ntohs(peer->v4.sin_port);

    return snprintf(out, size, "%s %s %d peer %s:%d\n", protocol, name, port, host(text, peer), from);
}

/* Answers from the address that was asked: a guest has several of IPv6. */
static void answer_datagram(int fd, const char *name, int port)
{
    char word[2048], answer[256], control[128];
    union address peer;
    struct iovec text = {word, sizeof word};
    struct msghdr message = {
        .msg_name = &peer, .msg_namelen = sizeof peer,
        .msg_iov = &text, .msg_iovlen = 1,
        .msg_control = control, .msg_controllen = sizeof control,
    };

    if (recvmsg(fd, &message, 0) < 0) return;
    text.iov_base = answer;
    text.iov_len = banner(answer, sizeof answer, "udp", name, port, &peer) - 1;
    message.msg_flags = 0;
    sendmsg(fd, &message, 0);
}

static int serve(const char *name, int count, char **specs)
{
    struct pollfd fds[MaxPorts];
    int ports[MaxPorts], udp[MaxPorts], used = 0;
    char word[2048], answer[256];

    signal(SIGCHLD, SIG_IGN);
    signal(SIGPIPE, SIG_IGN);
    for (; used < count && used < MaxPorts; used++) {
        udp[used] = !strncmp(specs[used], "udp:", 4);
        ports[used] = atoi(specs[used] + 4);
        fds[used].fd = listener(udp[used] ? SOCK_DGRAM : SOCK_STREAM, ports[used]);
        fds[used].events = POLLIN;
    }
    for (;;) {
        if (poll(fds, used, -1) < 0) continue;
        for (int i = 0; i < used; i++) {
            union address peer;
            socklen_t length = sizeof peer;
            if (!fds[i].revents) continue;
            if (udp[i]) {
                answer_datagram(fds[i].fd, name, ports[i]);
                continue;
            }
            int client = accept(fds[i].fd, (void *)&peer, &length);
            if (client < 0) continue;
            if (!fork()) {
                ssize_t n = banner(answer, sizeof answer, "tcp", name, ports[i], &peer);
                if (write(client, answer, n) == n)
                    while ((n = read(client, word, sizeof word)) > 0 && write(client, word, n) == n) { }
                _exit(0);
            }
            close(client);
        }
    }
}

static int syslogd(const char *path, const char *file)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    char line[BufferBytes];
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0), out = open(file, O_WRONLY | O_CREAT | O_APPEND, 0644);
    ssize_t n;

    strncpy(address.sun_path, path, sizeof address.sun_path - 1);
    unlink(path);
    if (fd < 0 || out < 0 || bind(fd, (void *)&address, sizeof address) || chmod(path, 0666)) die(path);
    while ((n = recv(fd, line, sizeof line - 1, 0)) >= 0) {
        while (n > 0 && (line[n - 1] == '\n' || !line[n - 1])) n--;
        line[n++] = '\n';
        if (write(out, line, n) < 0) die(file);
    }
    return 1;
}

/* ---- clients */

static int ready(int fd, short events, double end)
{
    struct pollfd p = {.fd = fd, .events = events};
    for (;;) {
        double left = end - now();
        if (left <= 0) return errno = ETIMEDOUT, -1;
        int n = poll(&p, 1, (int)(left * 1000) + 1);
        if (n > 0) return 0;
        if (n < 0 && errno != EINTR) return -1;
    }
}

static ssize_t take(int fd, char *out, size_t size, double end)
{
    ssize_t n = ready(fd, POLLIN, end) ? -1 : read(fd, out, size);
    if (n == 0) errno = 0;
    return n;
}

/* Closes what did not get there, and keeps its errno. */
static int given_up(int fd)
{
    int error = errno;
    close(fd);
    errno = error;
    return -1;
}

static int dial(const char *ip, const char *port, int type, double end)
{
    union address to, from;
    socklen_t to_size = parse(ip, atoi(port), &to), from_size, length = sizeof(int);
    int fd, error = 0, one = 1;
    const char *source = getenv("PROBE_FROM");

    if (!to_size) return errno = EINVAL, -1;
    fd = socket(to.any.sa_family, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (source) {
        setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
        if (!(from_size = parse_source(source, &from))) return errno = EINVAL, given_up(fd);
        if (bind(fd, &from.any, from_size)) return given_up(fd);
    }
    if (connect(fd, &to.any, to_size) && errno != EINPROGRESS) return given_up(fd);
    if (type == SOCK_DGRAM) return fd;
    if (ready(fd, POLLOUT, end)) return given_up(fd);
    getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &length);
    return error ? errno = error, given_up(fd) : fd;
}

static int tcp(const char *ip, const char *port, double end)
{
    char line[512];
    int fd = dial(ip, port, SOCK_STREAM, end);
    ssize_t n;

    if (fd < 0) return fail("connect");
    if ((n = take(fd, line, sizeof line - 1, end)) <= 0) return fail("banner");
    line[n] = 0;
    line[strcspn(line, "\n")] = 0;
    char word[8];
    if (write(fd, "ping", 4) != 4 || take(fd, word, sizeof word, end) != 4) return fail("echo");
    printf("OK %s\n", line);
    return 0;
}

static int udp(const char *ip, const char *port, double end)
{
    char line[512];
    int fd = dial(ip, port, SOCK_DGRAM, end);
    ssize_t n;

    if (fd < 0) return fail("connect");
    if (write(fd, "ping", 4) != 4) return fail("send");
    if ((n = take(fd, line, sizeof line - 1, end)) < 0) return fail("receive");
    line[n] = 0;
    printf("OK %s\n", line);
    return 0;
}

static int http(const char *ip, const char *port, const char *path, double end, int post)
{
    static char body[BufferBytes], message[BufferBytes + 512];
    size_t have = 0;
    ssize_t n;
    int fd = dial(ip, port, SOCK_STREAM, end);

    if (fd < 0) return fail("connect");
    while (post && have < sizeof body - 1 && (n = read(0, body + have, sizeof body - 1 - have)) > 0) have += n;
    body[have] = 0;
    n = snprintf(
        message, sizeof message,
        "%s %s HTTP/1.0\r\nHost: %s\r\nContent-Length: %zu\r\n\r\n%s",
        post ? "POST" : "GET", path, ip, have, body);
    if (write(fd, message, n) != n) return fail("send");
    for (have = 0; have < sizeof body - 1 && (n = take(fd, body + have, sizeof body - 1 - have, end)) > 0;) have += n;
    if (n < 0) return fail("receive");
    body[have] = 0;
    char *content = strstr(body, "\r\n\r\n");
    if (!content) return errno = 0, fail("headers");
    fputs(content + 4, stdout);
    return strncmp(body + 9, "200", 3) ? 1 : 0;
}

/* One quick attempt: it is given up after 10 ms, since a second SYN would come only after a second. */
static int comes_through(const char *ip, const char *port)
{
    struct linger reset = {1, 0};   /* no port of ours is left in TIME_WAIT */
    char line[512];
    double end = now() + .01;
    int came, fd = dial(ip, port, SOCK_STREAM, end);

    if (fd < 0) return 0;
    came = take(fd, line, sizeof line, end) > 0;
    setsockopt(fd, SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
    close(fd);
    return came;
}

static void rest(void)
{
    struct timespec pause = {0, 500 * 1000};
    nanosleep(&pause, NULL);
}

static int until(const char *ip, const char *port, double seconds)
{
    for (double end = now() + seconds; now() < end; rest())
        if (comes_through(ip, port)) return puts("OK"), 0;
    return fail("until");
}

/* From one banner to the next is the time without a connection. */
static int outage(const char *ip, const char *port, double seconds)
{
    double end = now() + seconds, last = now(), longest = 0;

    for (; now() < end; rest()) {
        if (!comes_through(ip, port)) continue;
        double at = now();
        if (at - last > longest) longest = at - last;
        last = at;
    }
    if (now() - last > longest) longest = now() - last;
    printf("%.1f\n", longest * 1000);
    return 0;
}

/* When to give up: the seconds of the argument at this place, or else the default, from now on. */
static double patience(int count, char **args, int place, double seconds)
{
    return now() + (count > place ? atof(args[place]) : seconds);
}

int main(int count, char **args)
{
    const char *verb = count > 1 ? args[1] : "";

    setvbuf(stdout, NULL, _IOLBF, 0);
    if (count > 3 && !strcmp(verb, "serve")) return serve(args[2], count - 3, args + 3);
    if (count == 4 && !strcmp(verb, "syslog")) return syslogd(args[2], args[3]);
    if (count > 3 && !strcmp(verb, "tcp")) return tcp(args[2], args[3], patience(count, args, 4, 3));
    if (count > 3 && !strcmp(verb, "udp")) return udp(args[2], args[3], patience(count, args, 4, 2));
    if (count == 5 && !strcmp(verb, "until")) return until(args[2], args[3], atof(args[4]));
    if (count == 5 && !strcmp(verb, "outage")) return outage(args[2], args[3], atof(args[4]));
    if (count > 4 && !strcmp(verb, "http"))
        return http(args[2], args[3], args[4], patience(count, args, 5, 3), count > 6);
    fprintf(stderr, "probe: see the head of probe.c\n");
    return 2;
}
