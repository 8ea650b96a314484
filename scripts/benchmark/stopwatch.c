/* stopwatch - times commands against each other: in every round each of them runs once, in an order of chance, so that
 * what disturbs the machine disturbs all of them alike.
 *
 *   stopwatch ROUNDS SECONDS PAUSE <PLAN    a line a run: NAME, round, milliseconds, peak kB; separated by tabs
 *
 * A line of the plan is a contender; its fields are separated by tabs:
 *
 *   HOST     a process in whose network and mount namespaces its commands run; 0: in ours
 *   COUNT    N: N of it at once; -N: N one after the other. In a command and its input "{}" stands for 1 to N
 *   NAME     what it is called in the output
 *   INPUT    a file for standard input, or empty
 *   COMMAND  its words, separated by blanks, not read by any shell; words VAR=VALUE in front go into its environment
 *
 * and, where each run needs a state, NAME, INPUT and COMMAND of what makes that state: it runs before each run, and is
 * timed as well; "-" for its NAME prints nothing of it.
 *
 * A contender stops after ROUNDS runs, or after at least three when it has taken SECONDS, or fewer when it has taken
 * four times as long. PAUSE milliseconds lie before each run of one with a state: what the kernel does later for the
 * one is not the other's time. A command that fails is told to standard error with what it said, is printed as
 * "NAME failed", and has no further rounds.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { MaxContenders = 64, MaxWords = 32, MaxCount = 64, FewestRuns = 3 };

struct command {
    char *words[MaxWords + 1];
    char *environment[MaxWords + 1];
    char *input;
};

/* What runs, COUNT times, and how long it took. */
struct task {
    const char *name;
    struct command commands[MaxCount];
};

struct contender {
    int network, mounts, count, in_turn, runs, has_state;
    double seconds;
    struct task run, state;
};

extern char **environ;
static struct contender contenders[MaxContenders];
static int log_file;

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec + t.tv_nsec / 1e9;
}

static void die(const char *what)
{
    fprintf(stderr, "stopwatch: %s: %s\n", what, strerror(errno));
    exit(1);
}

/* ---- the plan */

/* The text with each "{}" replaced by the number. */
static char *numbered(const char *text, int number)
{
    char *out = NULL;
    size_t size;
    FILE *stream = open_memstream(&out, &size);

    for (const char *brace; (brace = strstr(text, "{}")); text = brace + 2)
        fprintf(stream, "%.*s%d", (int)(brace - text), text, number);
    fputs(text, stream);
    fclose(stream);
    return out;
}

static void parse_command(struct command *command, const char *words, const char *input, int number)
{
    char *text = numbered(words, number), *state = NULL;
    int used = 0, variables = 0;

    for (char *word = strtok_r(text, " ", &state); word; word = strtok_r(NULL, " ", &state)) {
        if (used == MaxWords || variables == MaxWords) errno = E2BIG, die(words);
        if (!used && strchr(word, '=') && word[0] != '/') command->environment[variables++] = word;
        else command->words[used++] = word;
    }
    if (!used) errno = EINVAL, die("a command is empty");
    command->input = *input ? numbered(input, number) : "/dev/null";
}

static int namespace_of(int pid, const char *kind)
{
    char path[64];

    if (!pid) return -1;
    snprintf(path, sizeof path, "/proc/%d/ns/%s", pid, kind);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) die(path);
    return fd;
}

static void parse_task(struct task *task, int count, char **fields)
{
    task->name = strdup(fields[0]);
    for (int i = 0; i < count; i++) parse_command(&task->commands[i], fields[2], fields[1], i + 1);
}

static int read_plan(void)
{
    char *line = NULL;
    size_t size = 0;
    ssize_t length;
    int used = 0;

    while ((length = getline(&line, &size, stdin)) > 0) {
        char *fields[8], *rest = line;
        int given = 0;

        if (line[length - 1] == '\n') line[length - 1] = 0;
        while (given < 8 && rest) fields[given++] = strsep(&rest, "\t");
        if (given != 5 && given != 8) errno = EINVAL, die("the plan's fields");
        if (used == MaxContenders) errno = E2BIG, die("the plan");
        struct contender *contender = &contenders[used++];
        contender->network = namespace_of(atoi(fields[0]), "net");
        contender->mounts = namespace_of(atoi(fields[0]), "mnt");
        contender->count = abs(atoi(fields[1]));
        contender->in_turn = atoi(fields[1]) < 0;
        contender->has_state = given == 8;
        if (contender->count < 1 || contender->count > MaxCount) errno = EINVAL, die("COUNT");
        parse_task(&contender->run, contender->count, fields + 2);
        if (contender->has_state) parse_task(&contender->state, contender->count, fields + 5);
    }
    return used;
}

/* ---- running */

static void enter(const struct contender *contender)
{
    if (contender->network < 0) return;
    if (setns(contender->network, CLONE_NEWNET) || setns(contender->mounts, CLONE_NEWNS)) _exit(126);
}

/* Of vfork, so that what a start costs does not depend on us. */
static pid_t start(const struct contender *contender, struct command *command)
{
    char *all[1024];
    int used = 0;

    for (; command->environment[used]; used++) all[used] = command->environment[used];
    for (int i = 0; environ[i] && used < 1023; i++) all[used++] = environ[i];
    all[used] = NULL;

    pid_t child = vfork();
    if (child < 0) die("vfork");
    if (child) return child;
    enter(contender);
    int input = open(command->input, O_RDONLY);
    if (input < 0 || dup2(input, 0) < 0 || dup2(log_file, 1) < 0 || dup2(log_file, 2) < 0) _exit(126);
    if (input > 2) close(input);
    execvpe(command->words[0], command->words, all);
    _exit(127);
}

/* Waits for the child, and returns its peak memory in kB, or -1 if it failed. */
static long ended(const char *name, pid_t child, int silent)
{
    char text[400];
    struct rusage usage;
    int status;

    while (wait4(child, &status, 0, &usage) < 0)
        if (errno != EINTR) die("wait4");
    if (!status) return usage.ru_maxrss;
    ssize_t length = pread(log_file, text, sizeof text, 0);
    if (length < 0) length = 0;
    int code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    if (!silent) fprintf(stderr, "stopwatch: %s ended with %d: %.*s\n", name, code, (int)length, text);
    return -1;
}

/* Runs the task, and prints what it took; 0 if it failed. */
static int timed(const struct contender *contender, struct task *task)
{
    pid_t children[MaxCount];
    long peak = 0, kilobytes[MaxCount];
    int count = contender->count, failures = 0;

    if (ftruncate(log_file, 0) || lseek(log_file, 0, SEEK_SET)) die("log");
    double from = now();
    for (int i = 0; i < count; i++) {
        children[i] = start(contender, &task->commands[i]);
        if (contender->in_turn) failures += (kilobytes[i] = ended(task->name, children[i], failures)) < 0;
    }
    for (int i = 0; i < count && !contender->in_turn; i++)
        failures += (kilobytes[i] = ended(task->name, children[i], failures)) < 0;
    double took = now() - from;
    if (failures) return printf("%s\tfailed\n", contender->run.name), 0;

    for (int i = 0; i < count; i++) {
        if (kilobytes[i] > peak) peak = kilobytes[i];
    }
    if (strcmp(task->name, "-")) printf("%s\t%d\t%.4f\t%ld\n", task->name, contender->runs, took * 1000, peak);
    return 1;
}

static void shuffle(int *order, int count)
{
    for (int i = count - 1; i > 0; i--) {
        int other = (int)(random() % (i + 1)), kept = order[i];
        order[i] = order[other];
        order[other] = kept;
    }
}

int main(int count, char **args)
{
    int order[MaxContenders];

    if (count != 4) return fprintf(stderr, "stopwatch: see the head of stopwatch.c\n"), 2;
    int rounds = atoi(args[1]), used = read_plan(), left = 1;
    double seconds = atof(args[2]);
    struct timespec pause = {.tv_nsec = atol(args[3]) * 1000000};

    log_file = memfd_create("output", MFD_CLOEXEC);
    if (log_file < 0) die("memfd_create");
    srandom((unsigned)time(NULL));
    for (int i = 0; i < used; i++) order[i] = i;

    while (left) {
        left = 0;
        shuffle(order, used);
        for (int i = 0; i < used; i++) {
            struct contender *contender = &contenders[order[i]];
            if (contender->runs >= rounds) continue;
            int enough = contender->runs >= FewestRuns || contender->seconds >= 4 * seconds;
            if (enough && contender->seconds >= seconds) continue;
            double from = now();
            int works = 1;
            if (contender->has_state) {
                nanosleep(&pause, NULL);
                works = timed(contender, &contender->state);
                nanosleep(&pause, NULL);
            }
            works = works && timed(contender, &contender->run);
            contender->runs = works ? contender->runs + 1 : rounds;
            contender->seconds += now() - from;
            left = 1;
        }
    }
    return 0;
}
