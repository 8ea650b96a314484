/* fault - runs a command and lets one of its system calls fail (scripts/torture.sh).
 *
 *   fault [-k K -e WHAT] [-w own|tool|runtime] [-t SECONDS] [-v] -o REPORT COMMAND...
 *
 *   -k  which call, counted from 1 among those that may fail so; 0: none, only count
 *   -e  EIO ENOSPC EMFILE ENOMEM EACCES EINTR EROFS: the call is not done and returns that error;
 *       KILL TERM: its process gets the signal before the call; ALL: every process is killed, as a control group
 *       is, or by a power cut; HANG: the call never returns
 *   -w  own: calls of the command itself, from the first line of its Main on; runtime: those before;
 *       tool: those of every process that it starts, from the fork on
 *   -t  after how long everything is killed, 70 s without
 *   -v  report each call
 *
 * By seccomp's user notification (seccomp_unotify(2)): the kernel asks this program about the calls of the table below,
 * and no others cost anything; with strace a run takes ten times as long. Which error a call may have is in its man
 * page, so that no failure is made up that no kernel reports. close(2) is not among them: Linux closes whatever it
 * returns, and an answer in its place does not.
 *
 * REPORT has a line each: "count WHOSE WHAT N"; "failed WHOSE CALL DETAIL" if something was; "exit N", "signal N";
 * "left" if processes stayed behind though the command ended by itself; "hung" if everything had to be killed.
 * Ends with the command's code, or 128 + its signal, as a shell does.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { Io = 1, Space = 2, Files = 4, Memory = 8, Access = 16, Interrupted = 32, ReadOnly = 64, Always = 128 };
enum { Own, Tool, Runtime, Whose };

static const struct { const char *name; int bit, error, signal; } faults[] = {
    {"EIO", Io, EIO, 0},
    {"ENOSPC", Space, ENOSPC, 0},
    {"EMFILE", Files, EMFILE, 0},
    {"ENOMEM", Memory, ENOMEM, 0},
    {"EACCES", Access, EACCES, 0},
    {"EINTR", Interrupted, EINTR, 0},
    {"EROFS", ReadOnly, EROFS, 0},
    {"KILL", Always, 0, SIGKILL},
    {"TERM", Always, 0, SIGTERM},
    {"ALL", Always, 0, SIGKILL},
    {"HANG", Always, 0, 0},
};
enum { Faults = sizeof faults / sizeof *faults };
static const char *const whose_names[] = {"own", "tool", "runtime"};

/* What a detail of the report is made from. */
enum { None, Path0, Path1, Fd0 };

#define CALL(name, errors, detail) {SYS_##name, #name, errors, detail}
static const struct { int number; const char *name; int errors, detail; } calls[] = {
    CALL(openat, Io | Space | Files | Memory | Access | Interrupted | ReadOnly, Path1),
    CALL(read, Io | Memory | Interrupted, Fd0),
    CALL(pread64, Io | Memory | Interrupted, Fd0),
    CALL(write, Io | Space | Memory | Interrupted, Fd0),
    CALL(pwrite64, Io | Space | Memory | Interrupted, Fd0),
    CALL(fsync, Io | Space, Fd0),
    CALL(fdatasync, Io | Space, Fd0),
    CALL(ftruncate, Io | Interrupted, Fd0),
    CALL(fchmod, Io | Access | ReadOnly, Fd0),
    CALL(fchown, Io | Access | ReadOnly, Fd0),
    CALL(fsetxattr, Io | Space | Access | ReadOnly, Fd0),
    CALL(fgetxattr, Io | Memory, Fd0),
    CALL(flistxattr, Io | Memory, Fd0),
    CALL(renameat, Io | Space | Memory | Access | ReadOnly, Path1),
    CALL(renameat2, Io | Space | Memory | Access | ReadOnly, Path1),
    CALL(linkat, Io | Space | Memory | Access | ReadOnly, Path1),
    CALL(symlinkat, Io | Space | Memory | Access | ReadOnly, Path0),
    CALL(unlinkat, Io | Memory | Access | ReadOnly, Path1),
    CALL(mkdirat, Io | Space | Memory | Access | ReadOnly, Path1),
    CALL(readlinkat, Io | Memory | Access, Path1),
    CALL(newfstatat, Io | Memory | Access, Path1),
    CALL(statx, Io | Memory | Access, Path1),
    CALL(fstat, Io | Memory, Fd0),
    CALL(faccessat, Io | Memory | Access, Path1),
    CALL(faccessat2, Io | Memory | Access, Path1),
    CALL(getdents64, Io | Memory, Fd0),
#ifdef SYS_open
    CALL(open, Io | Space | Files | Memory | Access | Interrupted | ReadOnly, Path0),
    CALL(rename, Io | Space | Memory | Access | ReadOnly, Path0),
    CALL(link, Io | Space | Memory | Access | ReadOnly, Path0),
    CALL(unlink, Io | Memory | Access | ReadOnly, Path0),
    CALL(mkdir, Io | Space | Memory | Access | ReadOnly, Path0),
    CALL(readlink, Io | Memory | Access, Path0),
    CALL(stat, Io | Memory | Access, Path0),
    CALL(lstat, Io | Memory | Access, Path0),
    CALL(access, Io | Memory | Access, Path0),
    CALL(poll, Memory | Interrupted, None),
    CALL(vfork, Memory, None),
    CALL(fork, Memory, None),
    CALL(pipe, Files | Memory, None),
#endif
    CALL(ppoll, Memory | Interrupted, None),
    CALL(pselect6, Memory | Interrupted, None),
    CALL(flock, Memory | Interrupted, Fd0),
    CALL(dup, Files, Fd0),
    CALL(pipe2, Files | Memory, None),
    CALL(memfd_create, Files | Memory, None),
    CALL(pidfd_open, Files | Memory, None),
    CALL(inotify_init1, Files | Memory, None),
    CALL(inotify_add_watch, Space | Memory | Access, Path1),
    CALL(timerfd_create, Files | Memory, None),
    CALL(socket, Files | Memory | Access, None),
    CALL(bind, Memory | Access, Fd0),
    CALL(connect, Memory | Access | Interrupted, Fd0),
    CALL(setsockopt, Memory, Fd0),
    CALL(getsockname, Memory, Fd0),
    CALL(sendto, Memory | Access | Interrupted, Fd0),
    CALL(sendmsg, Memory | Access | Interrupted, Fd0),
    CALL(recvfrom, Memory | Interrupted, Fd0),
    CALL(recvmsg, Memory | Interrupted, Fd0),
    CALL(clone, Memory, None),
    CALL(clone3, Memory, None),
    CALL(execve, Io | Memory | Access, Path0),
    CALL(wait4, Interrupted, None),
    CALL(mmap, Memory, None),
    CALL(mprotect, Memory, None),
    CALL(brk, 0, None),
};
enum { Calls = sizeof calls / sizeof *calls };

static int place, chosen = -1, whose = Own, verbose;   /* -k, -e, -w, -v */
static int counted[Whose][Faults];
static int in_main;
static pid_t tools[512];   /* every process but the command's that was seen */
static int tools_count;
static pid_t root;
static FILE *report;

/* Who ends this program means the command. */
static void pass_on(int signal)
{
    if (root > 0) kill(root, signal);
}

static void die(const char *what)
{
    fprintf(stderr, "fault: %s: %s\n", what, strerror(errno));
    exit(125);
}

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec + t.tv_nsec / 1e9;
}

/* The first line of Main ignores SIGXFSZ (Program.cs), which the runtime never does. */
static int is_first_line(const struct seccomp_data *data)
{
    return data->nr == SYS_rt_sigaction && data->args[0] == SIGXFSZ;
}

static int install_filter(void)
{
    static struct sock_filter code[2 * Calls + 12];
    int n = 0;
#define LOAD(field) \
    (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, field))
#define RETURN(what) (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, what)
#define UNLESS(value, skip) (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, value, 0, skip)
    code[n++] = LOAD(nr);
    for (int i = 0; i < Calls; i++) {
        code[n++] = UNLESS(calls[i].number, 1);
        code[n++] = RETURN(SECCOMP_RET_USER_NOTIF);
    }
    code[n++] = UNLESS(SYS_rt_sigaction, 3);
    code[n++] = LOAD(args[0]);   /* the lower half: x86-64 and arm64 are little-endian */
    code[n++] = UNLESS(SIGXFSZ, 1);
    code[n++] = RETURN(SECCOMP_RET_USER_NOTIF);
    code[n++] = RETURN(SECCOMP_RET_ALLOW);
    struct sock_fprog program = {n, code};
    int flags = SECCOMP_FILTER_FLAG_NEW_LISTENER;
#ifdef SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV
    flags |= SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV;   /* no signal restarts a call that was counted */
#endif
    return syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, &program);
}

static const char *text_at(pid_t pid, unsigned long address)
{
    static char text[256];
    struct iovec to = {text, sizeof text - 1}, from = {(void *)address, sizeof text - 1};

    if (!address) return "-";
    memset(text, 0, sizeof text);
    for (; from.iov_len > 15; from.iov_len /= 2)   /* the text may end just before a page that is not there */
        if (process_vm_readv(pid, &to, 1, &from, 1, 0) > 0) return text[0] ? text : "-";
    return "?";
}

static const char *detail(const struct seccomp_notif *request, int which)
{
    static char link[64], target[256];

    switch (which) {
        case Path0: return text_at(request->pid, request->data.args[0]);
        case Path1: return text_at(request->pid, request->data.args[1]);
        case Fd0:
            snprintf(link, sizeof link, "/proc/%d/fd/%d", request->pid, (int)request->data.args[0]);
            ssize_t n = readlink(link, target, sizeof target - 1);
            target[n < 0 ? 0 : n] = 0;
            return n > 0 ? target : "?";
        default: return "-";
    }
}

/* Which errors this call may have: a file that is only read needs neither room nor a disk that can be written. */
static int errors_of(int call, const struct seccomp_data *data)
{
    int errors = calls[call].errors, flags = -1;

    if (data->nr == SYS_openat) flags = data->args[2];
#ifdef SYS_open
    if (data->nr == SYS_open) flags = data->args[1];
#endif
    if (flags != -1 && !(flags & O_CREAT)) errors &= ~Space;
    if (flags != -1 && (flags & O_ACCMODE) == O_RDONLY && !(flags & O_CREAT)) errors &= ~ReadOnly;
    return errors | Always;
}

static int owner(pid_t thread)
{
    if (syscall(SYS_tgkill, root, thread, 0)) return Tool;
    return in_main ? Own : Runtime;
}

static void remember(pid_t tool)
{
    if (tools_count < (int)(sizeof tools / sizeof *tools) && (!tools_count || tools[tools_count - 1] != tool))
        tools[tools_count++] = tool;
}

static void kill_all(void)
{
    kill(root, SIGKILL);
    while (tools_count) kill(tools[--tools_count], SIGKILL);
}

static void answer(int listener, const struct seccomp_notif *request)
{
    struct seccomp_notif_resp response = {.id = request->id, .flags = SECCOMP_USER_NOTIF_FLAG_CONTINUE};
    int who = owner(request->pid), call = 0, hit = 0;

    if (who == Tool) remember(request->pid);
    if (is_first_line(&request->data)) {
        if (who == Runtime) in_main = 1;
    } else {
        while (calls[call].number != request->data.nr) call++;
        int errors = errors_of(call, &request->data);
        for (int i = 0; i < Faults; i++) {
            if (!(errors & faults[i].bit)) continue;
            /* Who starts it sleeps in vfork until then, and nothing of ours could end that. */
            if (!strcmp(faults[i].name, "HANG") && request->data.nr == SYS_execve) continue;
            counted[who][i]++;
            if (i == chosen && who == whose && counted[who][i] == place) hit = 1;
        }
        if (verbose || hit)
            fprintf(report, "%s %s %s %s\n", hit ? "failed" : "call", whose_names[who], calls[call].name,
                detail(request, calls[call].detail));
    }
    if (hit) {
        if (!strcmp(faults[chosen].name, "HANG")) return;
        if (!strcmp(faults[chosen].name, "ALL")) kill_all();
        else if (faults[chosen].signal) kill(who == Tool ? (pid_t)request->pid : root, faults[chosen].signal);
        if (faults[chosen].error) {
            response.flags = 0;
            response.error = -faults[chosen].error;
        }
    }
    ioctl(listener, SECCOMP_IOCTL_NOTIF_SEND, &response);   /* ENOENT: it was killed meanwhile */
}

/* Starts the command; returns the descriptor on which the kernel asks. */
static int launch(char **command)
{
    volatile int *number = mmap(NULL, sizeof *number, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (number == MAP_FAILED) die("mmap");
    *number = -1;
    root = fork();
    if (root < 0) die("fork");
    if (!root) {
        signal(SIGTERM, SIG_DFL);
        setpgid(0, 0);
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        int listener = install_filter();
        *number = listener < 0 ? -2 - errno : listener;
        execve(command[0], command, environ);
        _exit(127);
    }
    while (*number == -1) usleep(50);
    if (*number < -1) {
        errno = -2 - *number;
        die("seccomp");
    }
    int pidfd = syscall(SYS_pidfd_open, root, 0);
    int listener = syscall(SYS_pidfd_getfd, pidfd, *number, 0);
    if (listener < 0) die("pidfd_getfd");
    close(pidfd);
    return listener;
}

static int number_of(const char *name)
{
    for (int i = 0; i < Faults; i++)
        if (!strcmp(faults[i].name, name)) return i;
    errno = EINVAL;
    die(name);
    return -1;
}

int main(int count, char **args)
{
    double patience = 70;
    int option, status = 0, ended = 0;

    while ((option = getopt(count, args, "+k:e:w:t:o:v")) != -1) {
        switch (option) {
            case 'k': place = atoi(optarg); break;
            case 'e': chosen = number_of(optarg); break;
            case 'w': for (whose = Own; whose < Whose && strcmp(whose_names[whose], optarg);) whose++; break;
            case 't': patience = atof(optarg); break;
            case 'o': report = fopen(optarg, "we"); break;
            case 'v': verbose = 1; break;
            default: return 2;
        }
    }
    if (!report || optind == count || whose == Whose) {
        fprintf(stderr, "fault: see the head of fault.c\n");
        return 2;
    }

    signal(SIGTERM, pass_on);
    int listener = launch(args + optind);
    double end = now() + patience, grace = 0;
    for (;;) {
        struct pollfd asked = {listener, POLLIN, 0};
        int n = poll(&asked, 1, ended ? 20 : 100);
        if (n > 0 && asked.revents & POLLIN) {
            struct seccomp_notif request = {0};
            if (!ioctl(listener, SECCOMP_IOCTL_NOTIF_RECV, &request)) answer(listener, &request);
            continue;
        }
        if (!ended && waitpid(root, &status, WNOHANG) == root) {
            ended = 1;
            grace = now() + (WIFSIGNALED(status) ? 40 : 2);
        }
        if (n > 0 && asked.revents & POLLHUP) break;   /* nobody is left */
        if (now() < end && !(ended && now() > grace)) continue;
        fprintf(report, ended ? "left\n" : "hung\n");
        kill(-root, SIGKILL);
        if (ended) break;
        end += 5;
    }
    if (!ended) waitpid(root, &status, 0);
    for (int who = 0; who < Whose; who++)
        for (int i = 0; i < Faults; i++) fprintf(report, "count %s %s %d\n", whose_names[who], faults[i].name,
            counted[who][i]);
    if (WIFSIGNALED(status)) fprintf(report, "signal %d\n", WTERMSIG(status));
    else fprintf(report, "exit %d\n", WEXITSTATUS(status));
    fclose(report);
    return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}
